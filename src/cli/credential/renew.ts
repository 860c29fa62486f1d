/** `mailroom credential renew`: a new secret or certificate, proven before it takes the place of the old one. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Config, MicrosoftConnectorConfig } from '../../config/schema.ts';
import { credentialOf, keepingOf } from '../../connector-credential.ts';
import { cloudOf, connectionsOf } from '../../connectors.ts';
import { keptCredential, proveCredential } from '../../kept-credentials.ts';
import type { Connections } from '../../microsoft/connections.ts';
import { DirectoryClient, DirectoryError } from '../../microsoft/directory-client.ts';
import { TokenError } from '../../microsoft/token-error.ts';
import { CredentialRecords, fingerprintOf } from '../../setup/renewal/credential-records.ts';
import { switchedTo } from '../../setup/renewal/record-after-switch.ts';
import {
  type Registration,
  type RenewableCredential,
  RenewalNotAllowed,
  registrationByAdministrator,
} from '../../setup/renewal/registration.ts';
import {
  type NewCertificate,
  RenewalError,
  type RenewalEvent,
  renewCredential,
} from '../../setup/renewal/renew-credential.ts';
import { RenewalHistory } from '../../setup/renewal/renewal-history.ts';
import { administrator } from '../administrator.ts';
import { chosenRegistration } from '../chosen-connector.ts';
import { type CommandContext, type CommonOptions, type Output, readConfig } from '../context.ts';
import { CommandError } from '../exit-codes.ts';

export interface SigningInOptions extends CommonOptions {
  readonly connector?: string;
  readonly overlap: number;
  readonly send?: boolean;
  readonly asApp?: boolean;
  readonly browser?: boolean;
  readonly signInClient: string;
}

export interface RenewOptions extends SigningInOptions {
  readonly days: number;
}

export async function renew(context: CommandContext, options: RenewOptions): Promise<void> {
  const { config } = readConfig(context, options);
  const connector = chosenRegistration(config, options.connector);
  const keeping = keepingOf(connector);
  if ('why' in keeping) throw new CommandError('config', keeping.why);
  const old = credentialOf(connector);
  if (old.kind === 'federated' || old.kind === 'managed-identity')
    throw new CommandError('usage', 'A credential of the platform has no end to renew.');
  await switchCredential(context, options, { config, connector, old, days: options.days, keep: keeping.keep });
}

export interface Switch {
  readonly config: Config;
  readonly connector: MicrosoftConnectorConfig;
  /** Absent where the connector has none that works yet. */
  readonly old?: RenewableCredential;
  readonly days: number;
  readonly keep: (made: RenewableCredential) => void;
  /** In place of one that is made. */
  readonly given?: NewCertificate;
}

/** Makes (or takes), proves, switches, waits and removes; and puts each step on record. @throws CommandError */
export async function switchCredential(
  context: CommandContext,
  options: SigningInOptions,
  { config, connector, old, days, keep, given }: Switch,
): Promise<void> {
  const { out } = context;
  const records = new CredentialRecords(config.dataDir);
  const history = new RenewalHistory(config.dataDir);
  const by = options.asApp ? 'itself' : 'administrator';
  const told = (event: RenewalEvent) => {
    tell(out, event);
    if (event.kind === 'policy' || event.kind === 'not-proven-yet') return;
    const { kind: step, ...more } = event;
    history.add({ at: Date.now(), connector: connector.name, step, ...more, by });
  };
  const { inUse, objectId } = records.of(connector.name);
  const isOnRecord = old !== undefined && inUse?.fingerprint === fingerprintOf(old);
  try {
    await withRegistration(context, options, connector, objectId, async (registration) => {
      const result = await renewCredential(
        old,
        { days, name: 'Mailroom', oldKeyId: isOnRecord ? inUse?.keyId : undefined, given },
        {
          registration,
          prove: (credential) => proveCredential(connector, credential, { send: options.send ?? false, now: Date.now }),
          keep,
          making: (making) =>
            records.change(connector.name, ({ making: _before, ...rest }) => (making ? { ...rest, making } : rest)),
          now: Date.now,
          pause: (ms) => pause(ms),
          told,
        },
      );
      const overlapMs = options.overlap * 60_000;
      records.change(connector.name, (record) => switchedTo(result, record, Date.now() + overlapMs, Date.now()));
      if (old) await removeOld(result, registration, overlapMs);
      out.write(`The credential of ${connector.name} is good until ${dateOf(result.endsAt)}.\n`);
    });
  } catch (error) {
    throw explained(error);
  }

  async function removeOld(
    { credential, oldKeyId }: { credential: RenewableCredential; oldKeyId: string | undefined },
    registration: Registration,
    overlapMs: number,
  ): Promise<void> {
    if (oldKeyId === undefined)
      return told({
        kind: 'kept-old',
        why: 'which of the credentials in the registration was the old one is not certain',
      });
    await pause(overlapMs);
    await registration.remove(credential.kind, oldKeyId);
    records.change(connector.name, (record) => ({
      ...record,
      removals: record.removals.filter(({ keyId }) => keyId !== oldKeyId),
    }));
    told({ kind: 'removed' });
  }
}

function tell(out: Output, event: RenewalEvent): void {
  switch (event.kind) {
    case 'policy':
      return out.write(`  policy    ${event.sentence}\n`);
    case 'made':
      return out.write(`  made      good until ${dateOf(event.endsAt)}\n`);
    case 'not-proven-yet':
      return out.write(`  ...       ${event.why} Asked again in ten seconds.\n`);
    case 'kept-old':
      return out.write(`  kept      the old one stays: ${event.why}\n`);
    case 'proven':
    case 'switched':
    case 'taken-back':
    case 'removed':
      return out.write(`  ${event.kind}\n`);
  }
}

export function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function explained(error: unknown): unknown {
  if (error instanceof RenewalError || error instanceof RenewalNotAllowed)
    return new CommandError('unavailable', error.message);
  if (error instanceof TokenError)
    return new CommandError(
      'noPermission',
      `The app itself gets no token any more: ${error.refusal.description} An administrator can renew it: leave --as-app out.`,
    );
  if (!(error instanceof DirectoryError)) return error;
  const who = error.status === 403 ? ' An Application Administrator or an owner of the registration can.' : '';
  return new CommandError('unavailable', `${error.message}${who} Nothing was changed here.`);
}

/** By an administrator who signs in, or by the app itself. */
async function withRegistration(
  context: CommandContext,
  options: SigningInOptions,
  connector: MicrosoftConnectorConfig,
  objectId: string | undefined,
  use: (registration: Registration) => Promise<void>,
): Promise<void> {
  if (options.asApp) return keptCredential(connector, Date.now).asApp(objectId ?? connector.renewal.objectId, use);
  const connections = connectionsOf(connector);
  try {
    const token = await administratorToken(context, options, connector, connections);
    const directory = new DirectoryClient({ graph: cloudOf(connector).graph, token, connections, newId: randomUUID });
    await use(registrationByAdministrator(directory, connector.oauthClientId));
  } finally {
    await connections.close();
  }
}

async function administratorToken(
  context: CommandContext,
  options: SigningInOptions,
  connector: MicrosoftConnectorConfig,
  connections: Connections,
): Promise<string> {
  const { login, graphResource } = cloudOf(connector);
  const signIn = {
    login,
    tenant: connector.tenantId,
    clientId: options.signInClient,
    scopes: ['Application.ReadWrite.All', 'Policy.Read.All'].map((scope) => `${graphResource}/${scope}`),
    connections,
    browser: options.browser,
  };
  return (await administrator(context, signIn)).token;
}
