/** Sets Microsoft 365 up by an administrator's sign-in, and saves the connector as the console does. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AutomaticOrder } from '../admin/http/assistant-port.ts';
import type { SettingsDesk } from '../admin/http/settings-port.ts';
import { graphCommandLineTools } from '../microsoft/administrator-sign-in.ts';
import { type Cloud, cloudNames, cloudWith } from '../microsoft/clouds.ts';
import { openConnections } from '../microsoft/connections.ts';
import { DirectoryClient } from '../microsoft/directory-client.ts';
import type { Credential } from '../microsoft/token-source.ts';
import { runSetup } from '../setup/automatic/run-steps.ts';
import { readSetupState, type SetupState } from '../setup/automatic/setup-state.ts';
import { CredentialRecords, fingerprintOf } from '../setup/renewal/credential-records.ts';
import { keyIdOf } from '../setup/renewal/registration.ts';
import type { Vault } from '../vault/vault.ts';
import { administrator } from './administrator.ts';
import type { JobTold } from './jobs.ts';
import type { SignIns } from './sign-ins.ts';

/** What the administrator's token is asked for: the app, its permission, the credential policy, the tenant's name. */
const scopes = ['Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All', 'Policy.Read.All', 'User.Read'];

export interface AutomaticParts {
  readonly desk: SettingsDesk;
  readonly vault: Vault;
  readonly dataDir: string;
  readonly signIns: SignIns;
}

/** @throws Error in one sentence; what is done stays done, and the next run goes on there */
export async function runAutomatic(order: AutomaticOrder, parts: AutomaticParts, told: JobTold): Promise<void> {
  const cloud = cloudOfOrder(order);
  const connections = openConnections(order.caFile ? { ca: readFileSync(order.caFile, 'utf8') } : {});
  const item = parts.desk.items('connectors').find(({ name }) => name === order.connector);
  const wishes = {
    applicationName: order.applicationName,
    signInAudience: 'AzureADMyOrg',
    redirectUri: order.redirectUri,
    credential: order.credential,
    credentialDays: order.days,
    keepsDrafts: (order.largeMessages ?? item?.values['largeMessages']) === 'upload',
  };
  const stateFile = join(parts.dataDir, `setup-${order.connector}.json`);
  const before = readSetupState(stateFile);
  try {
    const { token } = await administrator(
      {
        login: cloud.login,
        tenant: order.tenant,
        clientId: graphCommandLineTools,
        scopes: scopes.map((scope) => `${cloud.graphResource}/${scope}`),
        connections,
      },
      { signIns: parts.signIns, wish: order.signIn, told },
    );
    const directory = new DirectoryClient({ graph: cloud.graph, token, connections, newId: randomUUID });
    const { id: tenantId, displayName } = await directory.tenant();
    if (before && before.tenantId !== tenantId)
      throw new Error(`${stateFile} is the record of a set-up in another tenant. Move it away to begin anew.`);
    told.line('info', `Tenant ${displayName} (${tenantId})`);
    const keep = (_clientId: string, name: string, content: string) => {
      const entry = `setup.${order.connector.slice(0, 24)}.${name}`;
      parts.vault.put(entry, content);
      return { vault: entry };
    };
    const end = await runSetup(
      { wishes, directory, now: Date.now, keep, told: (sentence) => told.line('info', sentence) },
      stateFile,
      before ?? { format: 1, tenantId },
      (event) => {
        if (event.kind === 'done') told.line('yes', event.step.title, { row: event.step.row });
        if (event.kind === 'done-before')
          told.line('yes', `${event.step.title} (done before)`, { row: event.step.row });
      },
    );
    await saveConnector(order, end.state, directory, parts, told);
    if (end.stopped) throw new Error(end.stopped.why);
  } finally {
    await connections.close();
  }
}

/** @throws Error for a name that is none, RangeError for a host that is no https origin */
export function cloudOfOrder({ cloud }: Pick<AutomaticOrder, 'cloud'>): Cloud {
  if (typeof cloud !== 'string') return cloudWith('global', { login: cloud.login, graph: cloud.graph });
  const name = cloudNames.find((each) => each === cloud);
  if (name === undefined) throw new Error(`There is no cloud ${cloud}.`);
  return cloudWith(name);
}

async function saveConnector(
  order: AutomaticOrder,
  { application, credential, tenantId }: SetupState,
  directory: DirectoryClient,
  { desk, vault, dataDir }: AutomaticParts,
  told: JobTold,
): Promise<void> {
  if (!application || !credential) return;
  const texts = credential.kept.map((kept) =>
    'vault' in kept ? vault.get(kept.vault) : readFileSync(kept.file, 'utf8'),
  );
  const [first = '', second = ''] = texts;
  const made: Credential =
    credential.kind === 'secret'
      ? { kind: 'secret', secret: first }
      : { kind: 'certificate', certificatePem: first, privateKeyPem: second };
  const values = {
    oauthClientId: application.appId,
    tenantId,
    userName: order.userName,
    ...(order.cloud === 'global'
      ? {}
      : { cloud: typeof order.cloud === 'string' ? order.cloud : { custom: order.cloud } }),
    ...(order.caFile ? { caFile: order.caFile } : {}),
    ...(order.largeMessages ? { largeMessages: order.largeMessages } : {}),
    ...(credential.kind === 'secret' ? { secret: first } : { certificate: { certificate: first, key: second } }),
  };
  const isNew = !desk.items('connectors').some(({ name }) => name === order.connector);
  const change = { list: 'connectors', name: order.connector, values, make: [], isNew } as const;
  await desk.put(change, desk.version(), order.record);
  told.line('yes', `The connector ${order.connector} is saved and in force.`, { row: 'M4' });
  // What the server needs to renew it by itself: an app may not read its own registration as a rule.
  const keyId = keyIdOf(made, await directory.applicationOf(application.appId));
  new CredentialRecords(dataDir).change(order.connector, (record) => ({
    ...record,
    objectId: application.id,
    inUse: {
      fingerprint: fingerprintOf(made) ?? '',
      endsAt: credential.endsAt,
      from: 'made',
      ...(keyId === undefined ? {} : { keyId }),
    },
  }));
}
