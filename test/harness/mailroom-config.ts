/**
 * Writes a configuration file for a Mailroom under test, with every secret in a file of its own, as an administrator would.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** The Microsoft 365, real enough, that a connector talks to. */
export interface ServiceAccess {
  readonly origin: string;
  /** PEM file of the authority that vouches for `origin`. */
  readonly caFile: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface TestLogin {
  readonly name: string;
  readonly login: string;
  readonly password: string;
  readonly senders: readonly string[];
}

export interface MailroomConfigWishes {
  readonly smtpPort: number;
  /** A second SMTP listener, with implicit TLS; none when absent. */
  readonly smtpsPort?: number;
  readonly httpPort: number;
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly service: ServiceAccess;
  /** The mailbox that sends. */
  readonly userName: string;
  readonly logins: readonly TestLogin[];
  /** A client that needs no login from this machine; without it the SMTP listeners want one. */
  readonly localClient?: { readonly name: string; readonly senders: readonly string[] };
  readonly apiKey?: { readonly name: string; readonly key: string; readonly senders: readonly string[] };
  /** `unlimited` takes the service's limits out of the way. */
  readonly lanes: 'documented' | 'unlimited';
  /** `hold`: what may have been sent waits for a person, so that no second copy hides a first one that was lost. */
  readonly uncertain?: 'hold';
  /** Merged over the rest, for the one thing that a test is about. */
  readonly overrides?: Readonly<Record<string, unknown>>;
}

export interface MailroomFiles {
  readonly configFile: string;
  readonly dataDir: string;
}

/** Writes `mailroom.yaml` and its secrets (0600) below `folder`. */
export async function writeMailroomConfig(folder: string, wishes: MailroomConfigWishes): Promise<MailroomFiles> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const secret = async (name: string, value: string) => {
    const file = join(folder, name);
    await writeFile(file, `${value}\n`, { mode: 0o600 });
    return { file };
  };
  const tls = { certificate: wishes.certificateFile, key: wishes.keyFile };
  const auth = wishes.localClient ? 'optional' : 'required';
  const listeners = [
    { name: 'submission', listen: `127.0.0.1:${wishes.smtpPort}`, tls: { mode: 'offered', ...tls }, auth },
  ];
  if (wishes.smtpsPort !== undefined)
    listeners.push({
      name: 'submissions',
      listen: `127.0.0.1:${wishes.smtpsPort}`,
      tls: { mode: 'implicit', ...tls },
      auth,
    });
  const clients: Record<string, unknown>[] = [];
  for (const { name, login, password, senders } of wishes.logins)
    clients.push({ name, login, password: await secret(`${name}.password`, password), senders });
  if (wishes.localClient) clients.push({ ...wishes.localClient, addresses: ['127.0.0.0/8'] });
  if (wishes.apiKey)
    clients.push({
      name: wishes.apiKey.name,
      apiKey: await secret(`${wishes.apiKey.name}.key`, wishes.apiKey.key),
      senders: wishes.apiKey.senders,
    });
  const dataDir = join(folder, 'data');
  const config = {
    dataDir,
    hostname: 'localhost',
    smtp: listeners,
    http: [{ name: 'api', listen: `127.0.0.1:${wishes.httpPort}`, tls }],
    clients,
    connectors: [
      {
        name: 'default',
        kind: 'graph',
        cloud: { custom: { login: wishes.service.origin, graph: wishes.service.origin } },
        caFile: wishes.service.caFile,
        oauthClientId: wishes.service.clientId,
        tenantId: wishes.service.tenantId,
        userName: wishes.userName,
        secret: await secret('app.secret', wishes.service.clientSecret),
        ...(wishes.lanes === 'unlimited' ? { limits: 'unlimited' } : {}),
        ...(wishes.uncertain ? { uncertain: wishes.uncertain } : {}),
      },
    ],
    observe: { logLevel: 'warn' },
    ...wishes.overrides,
  };
  const configFile = join(folder, 'mailroom.yaml');
  await writeFile(configFile, stringify(config), { mode: 0o600 });
  return { configFile, dataDir };
}
