/** Takes back what the automatic way has made for a connector: app with consent, credential, connector, and the record of it. */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { MadeView, UndoOrder } from '../admin/http/assistant-port.ts';
import type { SettingsDesk } from '../admin/http/settings-port.ts';
import type { MicrosoftConnectorConfig } from '../config/schema.ts';
import { cloudOf, connectionsOf } from '../connectors.ts';
import { FaultError } from '../domain/catalogue.ts';
import { graphCommandLineTools } from '../microsoft/administrator-sign-in.ts';
import { openConnections } from '../microsoft/connections.ts';
import { DirectoryClient, DirectoryError } from '../microsoft/directory-client.ts';
import { readSetupState, type SetupState } from '../setup/automatic/setup-state.ts';
import type { Vault } from '../vault/vault.ts';
import { administrator, type SignInParts } from './administrator.ts';
import { cloudOfOrder } from './automatic-job.ts';

export interface UndoParts {
  readonly dataDir: string;
  readonly desk: SettingsDesk;
  readonly vault: Vault;
  /** As it is used now; absent where the set-up did not get that far. */
  readonly connector: MicrosoftConnectorConfig | undefined;
}

const stateFileOf = (dataDir: string, connector: string) => join(dataDir, `setup-${connector}.json`);
const entriesOf = ({ credential }: SetupState) =>
  credential?.kept.flatMap((kept) => ('vault' in kept ? [kept.vault] : [])) ?? [];

/** What stands of it; asks nobody. @throws FaultError `not-found` where nothing was made */
export function madeView(name: string, { dataDir, desk }: Pick<UndoParts, 'dataDir' | 'desk'>): MadeView {
  const state = readSetupState(stateFileOf(dataDir, name));
  if (!state) throw new FaultError({ code: 'not-found' });
  const { application, credential, tenantId } = state;
  return {
    tenantId,
    ...(application ? { clientId: application.appId } : {}),
    ...(credential ? { credential: credential.kind, endsAt: credential.endsAt } : {}),
    isGranted: state.roleGranted === true,
    entries: entriesOf(state),
    hasConnector: ownConnector(name, state, desk),
  };
}

/** Whether the connector is of this app, and may be removed here. */
function ownConnector(name: string, { application }: SetupState, desk: SettingsDesk): boolean {
  const item = desk.items('connectors').find((each) => each.name === name);
  return item !== undefined && item.fixedBy === undefined && item.values['oauthClientId'] === application?.appId;
}

/** @throws Error in one sentence; what is gone stays gone, and the next run goes on there */
export async function runUndo(order: UndoOrder, parts: UndoParts, signIn: SignInParts): Promise<void> {
  const { dataDir, desk, vault, connector } = parts;
  const { told } = signIn;
  const file = stateFileOf(dataDir, order.connector);
  const state = readSetupState(file);
  if (!state) throw new FaultError({ code: 'not-found' });
  if (state.application) await removeApplication(order, state.application.id, state.tenantId, connector, signIn);
  told.line('yes', 'The app registration is removed, with its credential and its consent.', { row: 'M2' });
  // Only now: without its app the connector cannot send, and its mail would burn no attempt but wait in vain.
  if (ownConnector(order.connector, state, desk)) {
    await desk.remove('connectors', order.connector, desk.version(), order.record);
    told.line('yes', `The connector ${order.connector} is removed. Mail that waits for it stays.`, { row: 'M4' });
  }
  const names = vault.names();
  for (const entry of entriesOf(state)) if (names.includes(entry)) vault.remove(entry);
  for (const gone of [file, join(dataDir, `guided-${order.connector}.json`)])
    if (existsSync(gone)) rmSync(gone, { force: true });
  told.line('info', 'Entra keeps the app for 30 days under Deleted applications.');
}

async function removeApplication(
  order: UndoOrder,
  objectId: string,
  tenant: string,
  connector: MicrosoftConnectorConfig | undefined,
  signIn: SignInParts,
): Promise<void> {
  const { login, graph, graphResource } = connector ? cloudOf(connector) : cloudOfOrder(order);
  const ca = order.caFile === undefined ? {} : { ca: readFileSync(order.caFile, 'utf8') };
  const connections = connector ? connectionsOf(connector) : openConnections(ca);
  try {
    const scopes = [`${graphResource}/Application.ReadWrite.All`];
    const options = { login, tenant, clientId: graphCommandLineTools, scopes, connections };
    const { token } = await administrator(options, signIn);
    await new DirectoryClient({ graph, token, connections, newId: randomUUID }).deleteApplication(objectId);
  } catch (error) {
    if (!(error instanceof DirectoryError)) throw error;
    // Somebody was faster: what was to go has gone.
    if (error.status === 404) return;
    const who = error.status === 403 ? ' An Application Administrator or Cloud Application Administrator can.' : '';
    throw new Error(`${error.message}${who} Nothing was changed.`, { cause: error });
  } finally {
    await connections.close();
  }
}
