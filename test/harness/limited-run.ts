/**
 * The product's way out against a practice tenant that enforces limits, in a time of its own: store, dispatcher, couriers,
 * TLS and tenant are the real ones, and an hour of sending takes seconds. The time of the product and of the tenant is one,
 * and goes on to the next thing that is due whenever nothing is under way.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Profile } from '../../practice-tenant/profile.ts';
import { type PracticeTenant, type RoleWish, startPracticeTenant } from '../../practice-tenant/tenant.ts';
import { loadConfig } from '../../src/config/load.ts';
import { type BuiltConnector, buildConnector } from '../../src/connectors.ts';
import type { Priority } from '../../src/domain/message.ts';
import type { AttemptResult } from '../../src/domain/outcome.ts';
import { DraftLedger } from '../../src/egress/graph/draft-ledger.ts';
import { Dispatcher } from '../../src/queue/dispatcher.ts';
import type { LaneStanding } from '../../src/queue/lane.ts';
import { openEmbeddedStore } from '../../src/storage/embedded/open.ts';
import type { EmbeddedStore } from '../../src/storage/embedded/store.ts';
import { SteppedClock } from '../queue/rig.ts';
import { handIn, sampleMessage, testLogger } from '../store/samples.ts';
import { temporaryFolder } from './temporary-folder.ts';

export const systemAccount = 'system@contoso.example';
export const otherAccount = 'billing@contoso.example';
export const reader = 'anna@contoso.example';

/** Connectors by name, with what of their configuration is not the usual. Each has an app registration of its own. */
export type LimitedConnectors = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface LimitedRunOptions {
  /** Where the store is to be; the system's folder for temporary files when not given. */
  readonly parent?: string;
  /** What is otherwise than in the profile `documented`. */
  readonly limits?: Partial<Profile>;
  /** One by Graph, named main, when not given. */
  readonly connectors?: LimitedConnectors;
  /** The priority before which nobody's mail goes. */
  readonly first?: Priority;
}

export interface Backlog {
  readonly count: number;
  readonly sender?: string;
  readonly connector?: string;
  readonly priority?: Priority;
  readonly client?: string;
  /** Of the message; a few lines when not given. */
  readonly bytes?: number;
}

/** What came of the attempts so far. */
export interface Tally {
  readonly attempts: number;
  readonly sent: number;
  /** Refused for being too many, at once or in a time. */
  readonly throttled: number;
}

export interface LimitedRun extends AsyncDisposable {
  readonly clock: SteppedClock;
  readonly tenant: PracticeTenant;
  readonly store: EmbeddedStore;
  readonly tally: Tally;
  lanes(): readonly LaneStanding[];
  backlog(backlog: Backlog): Promise<void>;
  start(): Promise<void>;
  /** Lets time go by until so many are sent. Returns the seconds that it took. @throws Error after `mostSeconds` */
  secondsUntil(sent: number, mostSeconds: number): Promise<number>;
  /** Lets so much time go by. */
  forSeconds(seconds: number): Promise<void>;
}

export async function startLimitedRun(options: LimitedRunOptions = {}): Promise<LimitedRun> {
  const folder = await temporaryFolder(options.parent);
  const clock = new SteppedClock();
  clock.time = Date.now();
  const tenant = await startPracticeTenant({
    users: [systemAccount, otherAccount, reader],
    keepBodies: 'none',
    smtpPort: 0,
    limits: { credentialDelayMs: 0, consentDelayMs: 0, ...options.limits },
    now: () => clock.time,
  });
  const store = await openEmbeddedStore({
    dir: join(folder.path, 'data'),
    clock,
    logger: testLogger(),
    options: { reserveBytes: 1_000 },
  });
  const connectors = connectorsOf(folder.path, tenant, options.connectors ?? { main: {} }, clock);
  const tally = { attempts: 0, sent: 0, throttled: 0 };
  const dispatcher = new Dispatcher({
    store,
    clock,
    logger: testLogger(),
    random: () => 0.5,
    connectors,
    listener: { attemptEnded: ({ end }) => count(tally, end.result) },
    ...(options.first ? { first: () => options.first ?? 'low' } : {}),
  });
  const go = async (until: () => Promise<boolean> | boolean, end: number) => {
    for (;;) {
      await dispatcher.settled();
      if (await until()) return true;
      if (clock.time >= end) return false;
      clock.advance(Math.min(clock.nextAt, end) - clock.time);
    }
  };
  return {
    clock,
    tenant,
    store,
    tally,
    lanes: () => dispatcher.lanes(),
    async backlog({ count: wanted, sender = systemAccount, connector = 'main', priority, client, bytes = 0 }) {
      const header = `From: ${sender}\r\nTo: ${reader}\r\nSubject: Letter\r\n\r\n`;
      const body = Buffer.from(header + 'Text of a letter.\r\n'.repeat(Math.max(1, Math.ceil(bytes / 19))));
      const rest = { ...(priority ? { priority } : {}), ...(client ? { client } : {}) };
      const one = () => {
        const at = clock.time;
        const message = { at, from: sender, to: [reader], sender, connector, size: body.length, ...rest };
        return handIn(store, sampleMessage(message), body);
      };
      // In portions: what is under way at once is in memory.
      const portion = Math.max(1, Math.min(200, Math.floor(50e6 / body.length)));
      for (let left = wanted; left > 0; left -= portion)
        await Promise.all(Array.from({ length: Math.min(left, portion) }, one));
    },
    start: () => dispatcher.start(),
    async secondsUntil(sent, mostSeconds) {
      const startedAt = clock.time;
      if (!(await go(() => tally.sent >= sent, startedAt + mostSeconds * 1_000)))
        throw new Error(`only ${tally.sent} of ${sent} were sent in ${mostSeconds} s`);
      return (clock.time - startedAt) / 1_000;
    },
    async forSeconds(seconds) {
      await go(() => false, clock.time + seconds * 1_000);
    },
    async [Symbol.asyncDispose]() {
      await dispatcher.drain(1_000);
      await Promise.all(connectors.map(({ courier }) => courier.close()));
      await store.close();
      await tenant.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function count(tally: { -readonly [key in keyof Tally]: Tally[key] }, result: AttemptResult): void {
  tally.attempts += 1;
  if (result.outcome === 'sent') tally.sent += 1;
  if (result.outcome === 'deferred' && result.fault === 'throttled') tally.throttled += 1;
}

/** As the product builds them out of its configuration. */
function connectorsOf(
  folder: string,
  tenant: PracticeTenant,
  wanted: LimitedConnectors,
  clock: SteppedClock,
): readonly BuiltConnector[] {
  const [caFile, file] = [join(folder, 'ca.pem'), join(folder, 'mailroom.yaml')];
  writeFileSync(caFile, tenant.caPem);
  const custom = { login: tenant.origin, graph: tenant.origin, smtp: `localhost:${tenant.smtpPort}` };
  const { exchange } = tenant.directory.state;
  exchange.smtpClientAuthenticationDisabled = false;
  const assigned: RoleWish[] = [];
  const connectors = Object.entries(wanted).map(([name, rest]) => {
    const { app: made, secret } = tenant.addApp({ roles: ['Mail.Send'] });
    exchange.servicePrincipals.push({ objectId: made.servicePrincipalId, appId: made.clientId, displayName: name });
    assigned.push({ clientId: made.clientId, role: 'Application SMTP.SendAsApp', mailboxes: undefined });
    const secretFile = join(folder, `${name}.secret`);
    writeFileSync(secretFile, secret, { mode: 0o600 });
    return {
      name,
      cloud: { custom },
      caFile,
      oauthClientId: made.clientId,
      tenantId: tenant.tenantId,
      userName: systemAccount,
      secret: { file: secretFile },
      ...rest,
    };
  });
  tenant.setRoleAssignments(assigned);
  writeFileSync(
    file,
    stringify({ dataDir: join(folder, 'data'), smtp: [{ name: 'in', listen: '127.0.0.1:0' }], connectors }),
    { mode: 0o600 },
  );
  const readFile = (path: string) => readFileSync(path, 'utf8');
  const loaded = loadConfig({ file, env: {}, readFile, hostname: 'localhost', settings: { text: '' } });
  if (!loaded.ok) throw new Error(loaded.problems.map(({ sentence }) => sentence).join('\n'));
  const drafts = DraftLedger.open(join(folder, 'data'), testLogger());
  return loaded.config.connectors.map((each) =>
    buildConnector(each, loaded.config.routes, { clock, probe: undefined, drafts }),
  );
}
