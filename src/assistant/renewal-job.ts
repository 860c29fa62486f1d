/** A new credential, proven by a token and a send before it is switched to: made by the app, by an administrator, or brought along. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { RenewalOrder } from '../admin/http/assistant-port.ts';
import type { SettingsDesk, SettingsItem } from '../admin/http/settings-port.ts';
import type { MicrosoftConnectorConfig } from '../config/schema.ts';
import { keepingOf } from '../connector-credential.ts';
import { cloudOf, connectionsOf } from '../connectors.ts';
import { proveCredential } from '../kept-credentials.ts';
import { graphCommandLineTools } from '../microsoft/administrator-sign-in.ts';
import { DirectoryClient, DirectoryError } from '../microsoft/directory-client.ts';
import type { CredentialKeeper } from '../setup/renewal/credential-keeper.ts';
import { type Registration, registrationByAdministrator } from '../setup/renewal/registration.ts';
import type { RenewalEvent } from '../setup/renewal/renew-credential.ts';
import { administrator, type SignInParts } from './administrator.ts';
import type { JobTold } from './jobs.ts';
import type { SignIns } from './sign-ins.ts';

export interface RenewalJobParts {
  readonly credentials: Pick<CredentialKeeper, 'renewNow' | 'look'>;
  readonly desk: SettingsDesk | undefined;
  readonly signIns: SignIns;
}

/** A new secret takes Entra some minutes to be known everywhere; asked again so often, ms, until so long has gone by. */
const againMs = 10_000;
const longestMs = 3 * 60_000;

/** @throws Error in one sentence; nothing was changed then */
export async function runRenewal(
  connector: MicrosoftConnectorConfig,
  { by }: RenewalOrder,
  { credentials, desk, signIns }: RenewalJobParts,
  told: JobTold,
): Promise<void> {
  if (by.kind === 'pasted') {
    await takeSecret(connector, by, desk, told);
    return credentials.look(connector.name);
  }
  const asAdministrator =
    by.kind === 'administrator'
      ? <T>(use: (registration: Registration) => Promise<T>) =>
          byAdministrator(connector, { signIns, wish: by.signIn, told }, use)
      : undefined;
  try {
    const { endsAt } = await credentials.renewNow(connector.name, (event) => tell(told, event), asAdministrator);
    told.line('info', `It is good until ${new Date(endsAt).toISOString().slice(0, 10)}.`);
  } catch (error) {
    if (!(error instanceof DirectoryError)) throw error;
    const who = error.status === 403 ? ' An Application Administrator or an owner of the registration can.' : '';
    throw new Error(`${error.message}${who} Nothing was changed.`, { cause: error });
  }
}

async function byAdministrator<T>(
  connector: MicrosoftConnectorConfig,
  parts: SignInParts,
  use: (registration: Registration) => Promise<T>,
): Promise<T> {
  const { login, graph, graphResource } = cloudOf(connector);
  const connections = connectionsOf(connector);
  try {
    const scopes = ['Application.ReadWrite.All', 'Policy.Read.All'].map((scope) => `${graphResource}/${scope}`);
    const signIn = { login, tenant: connector.tenantId, clientId: graphCommandLineTools, scopes, connections };
    const { token } = await administrator(signIn, parts);
    const directory = new DirectoryClient({ graph, token, connections, newId: randomUUID });
    return await use(registrationByAdministrator(directory, connector.oauthClientId));
  } finally {
    await connections.close();
  }
}

/** A secret that somebody has made in the portal. */
async function takeSecret(
  connector: MicrosoftConnectorConfig,
  { secret, endsOn, record }: Extract<RenewalOrder['by'], { kind: 'pasted' }>,
  desk: SettingsDesk | undefined,
  told: JobTold,
): Promise<void> {
  const keep = placeFor(connector, desk, { secret, endsOn, record });
  const until = Date.now() + longestMs;
  for (;;) {
    const why = await proveCredential(connector, { kind: 'secret', secret }, { send: true, now: Date.now });
    if (why === undefined) break;
    if (Date.now() >= until) throw new Error(`The secret is not proven, and nothing was changed: ${why}`);
    told.line('waits', `${why} Asked again in ten seconds.`);
    await pause(againMs, undefined, { signal: told.signal });
  }
  told.line('yes', renewalTexts.proven, { row: 'M6' });
  await keep();
  told.line('yes', renewalTexts.switched, { row: 'M6' });
  told.line('info', 'The old one stands in the registration until somebody removes it there, or it ends.');
}

/** Into the settings where they have it, else where the configuration keeps it. @throws Error where that is a text in a file */
function placeFor(
  connector: MicrosoftConnectorConfig,
  desk: SettingsDesk | undefined,
  { secret, endsOn, record }: Omit<Extract<RenewalOrder['by'], { kind: 'pasted' }>, 'kind'>,
): () => Promise<void> {
  const item = desk?.items('connectors').find(({ name }) => name === connector.name);
  if (desk && item && !['secret', 'certificate'].some((key) => Object.hasOwn(item.fixed, key)))
    return async () => {
      const ends = endsOn === undefined ? {} : { renewal: { ...renewalOf(item), endsOn } };
      const values = { secret, ...ends };
      const change = { list: 'connectors', name: connector.name, values, make: [], isNew: false } as const;
      await desk.put(change, desk.version(), record);
    };
  const keeping = keepingOf(connector);
  if ('why' in keeping) throw new Error(keeping.why);
  if (connector.credential.kind !== 'secret')
    throw new Error('The configuration gives this connector a certificate: a secret has no place there.');
  return async () => {
    keeping.keep({ kind: 'secret', secret });
    record('(secret)', '(secret)');
  };
}

function renewalOf({ values }: SettingsItem): object {
  const { renewal } = values;
  return typeof renewal === 'object' && renewal !== null ? renewal : {};
}

function tell(told: JobTold, event: RenewalEvent): void {
  switch (event.kind) {
    case 'made':
      return told.line('yes', 'A new credential is made.', { row: 'M6' });
    case 'not-proven-yet':
      return told.line('waits', event.why);
    case 'kept-old':
      return told.line('info', `The old one stays: ${event.why}`);
    case 'policy':
      return told.line('info', event.sentence);
    default:
      return told.line('yes', renewalTexts[event.kind], { row: 'M6' });
  }
}

const renewalTexts = {
  proven: 'The new one is proven by a token and a send.',
  switched: 'The server uses the new one.',
  removed: 'The old one is removed.',
  'taken-back': 'The new one is taken back; nothing has changed.',
} as const;
