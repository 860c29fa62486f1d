/**
 * A Mailroom in the test's own process, wired to a practice tenant, on free ports and a folder of its own; always stopped.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { PracticeTenant } from '../../practice-tenant/tenant.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { ConsoleLimits } from '../../src/console.ts';
import type { Clock, Logger } from '../../src/domain/ports.ts';
import { type Mailroom, startMailroom } from '../../src/main.ts';
import { systemClock } from '../../src/observe/system-clock.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { until } from './until.ts';

export interface InProcessOptions {
  readonly tenant: PracticeTenant;
  readonly systemAccount: string;
  /** Senders of the one client, which needs no login from this machine. Default: the system account. */
  readonly senders?: readonly string[];
  /** App roles of the registration: Mail.Send when not given. */
  readonly roles?: readonly string[];
  /** Merged into the connector, such as `{ limits: … }`; unlimited when not given. */
  readonly connector?: Readonly<Record<string, unknown>>;
  /** Makes the list of connectors from the one that is made; for more than one. */
  readonly moreConnectors?: (first: object) => readonly object[];
  /** Files beside the configuration. */
  readonly files?: Readonly<Record<string, string>>;
  /** Merged into the SMTP listener. */
  readonly listener?: Readonly<Record<string, unknown>>;
  /** Merged over the whole configuration. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly consoleLimits?: ConsoleLimits;
}

export interface InProcess {
  readonly mailroom: Mailroom;
  readonly store: Mailroom['store'];
  readonly smtpPort: number;
  readonly folder: string;
  /** Waits until nothing waits and nothing is being sent. */
  settled(deadlineMs?: number): Promise<void>;
}

const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Runs `use` with a Mailroom of its own, and stops it whatever happens. */
export async function withMailroom<T>(options: InProcessOptions, use: (running: InProcess) => Promise<T>): Promise<T> {
  await using folder = await temporaryFolder();
  const { tenant, systemAccount } = options;
  const { app, secret } = tenant.addApp(options.roles ? { roles: options.roles } : {});
  writeFileSync(join(folder.path, 'ca.pem'), tenant.caPem);
  for (const [name, content] of Object.entries(options.files ?? {})) writeFileSync(join(folder.path, name), content);
  const first = {
    cloud: { custom: { login: tenant.origin, graph: tenant.origin } },
    caFile: 'ca.pem',
    oauthClientId: app.clientId,
    tenantId: tenant.tenantId,
    userName: systemAccount,
    secret,
    limits: 'unlimited',
    ...options.connector,
  };
  const config = {
    dataDir: join(folder.path, 'data'),
    hostname: 'localhost',
    smtp: [{ name: 'in', listen: '127.0.0.1:0', auth: 'optional', ...options.listener }],
    clients: [{ name: 'local', addresses: ['127.0.0.0/8'], senders: options.senders ?? [systemAccount] }],
    connectors: options.moreConnectors?.(first) ?? [first],
    queue: { reserve: 0, drain: '5 s' },
    ...options.overrides,
  };
  const file = join(folder.path, 'mailroom.yaml');
  writeFileSync(file, stringify(config), { mode: 0o600 });
  const configuration = {
    file,
    env: options.env ?? {},
    readFile: (path: string) => readFileSync(path, 'utf8'),
    hostname: 'localhost',
    settings: 'of-data-folder',
  } as const;
  const loaded = loadConfig(configuration);
  if (!loaded.ok) throw new Error(loaded.problems.map((problem) => problem.sentence).join('\n'));
  const mailroom = await startMailroom(loaded.config, {
    clock: options.clock ?? systemClock,
    random: Math.random,
    logger: options.logger ?? silent,
    version: 'test',
    configuration,
    standalone: false,
    ...(options.consoleLimits ? { consoleLimits: options.consoleLimits } : {}),
  });
  try {
    const smtp = mailroom.listeners.find((listener) => listener.kind === 'smtp');
    return await use({
      mailroom,
      store: mailroom.store,
      smtpPort: Number(smtp?.address.split(':').at(-1)),
      folder: folder.path,
      settled: async (deadlineMs = 20_000) => {
        await until(
          'nothing waits and nothing is being sent',
          async () => {
            const { queued, sending } = await mailroom.store.books();
            return queued + sending === 0;
          },
          { deadlineMs },
        );
      },
    });
  } finally {
    await mailroom.stop();
  }
}
