/** An HTTP listener with a real gate, intake and store, for tests. */
import { join } from 'node:path';
import type { AcceptedMessage } from '../../src/domain/message.ts';
import type { Clock } from '../../src/domain/ports.ts';
import { type HttpListener, type HttpListenerOptions, startHttpListener } from '../../src/ingress/http/listener.ts';
import type { Intake } from '../../src/ingress/intake.ts';
import { createIntake } from '../../src/ingress/submission.ts';
import { type ClientRule, createGate } from '../../src/policy/policy-gate.ts';
import type { RouteRule } from '../../src/policy/routes.ts';
import type { QueueStore } from '../../src/queue/store.ts';
import { openEmbeddedStore } from '../../src/storage/embedded/open.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';
import { type TestLogger, testLogger } from '../store/samples.ts';

export const account = 'noreply@contoso.example';
export const key = 'test-key-0123456789abcdef';
export const otherKey = 'other-key-0123456789abcdef';

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

export const secretOf = (value: string) => ({ reveal: () => value });

export function client(name: string, more: Partial<ClientRule> = {}): ClientRule {
  return { name, addresses: [], priority: 'normal', quota: {}, ...more };
}

const connector = { name: 'default', userName: account, maxMessageBytes: 3_000_000, maxRecipients: 500 };

export interface RunningListener extends AsyncDisposable {
  readonly listener: HttpListener;
  readonly store: QueueStore;
  readonly accepted: readonly AcceptedMessage[];
  /** Codes of what was refused. */
  readonly refused: readonly string[];
  /** Of each accepted message, ms from the last byte of its request until it was on record. */
  readonly acceptMs: readonly number[];
  readonly logger: TestLogger;
  readonly folder: TemporaryFolder;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** The bytes on record. */
  bytes(id: string): Promise<Buffer>;
}

export interface Change {
  readonly options?: Partial<HttpListenerOptions>;
  readonly clients?: readonly ClientRule[];
  readonly routes?: readonly RouteRule[];
  /** In place of the real one. */
  readonly intake?: Intake;
  /** What the listener takes for the time, ms; the real one when not given. */
  readonly now?: () => number;
}

export async function runListener({
  options,
  clients,
  routes,
  intake: otherIntake,
  now,
}: Change = {}): Promise<RunningListener> {
  const folder = await temporaryFolder();
  const logger = testLogger();
  const store = await openEmbeddedStore({
    dir: join(folder.path, 'data'),
    clock: systemClock,
    logger,
    options: { reserveBytes: 0 },
  });
  const gate = await createGate({
    clients: clients ?? [client('portal', { apiKey: secretOf(key) }), client('other', { apiKey: secretOf(otherKey) })],
    connectors: [connector],
    routes: routes ?? [],
    clock: systemClock,
    acceptedSince: (name, since) => store.acceptedSince(name, since),
  });
  const accepted: AcceptedMessage[] = [];
  const refused: string[] = [];
  const acceptMs: number[] = [];
  const intake = createIntake({
    store,
    gate,
    clock: systemClock,
    logger,
    hostname: 'mail.contoso.example',
    lifetimeMs: 3_600_000,
    holdsRoute: (route) => gate.holds(route),
    onAccepted: (message) => accepted.push(message),
  });
  const listener = await startHttpListener(
    {
      name: 'api',
      listen: { host: '127.0.0.1', port: 0 },
      allowFrom: ['127.0.0.0/8'],
      maxMessageBytes: 5_000_000,
      recipients: 500,
      receivingBytes: 50_000_000,
      spoolFolder: join(folder.path, 'data', 'bodies'),
      limits: { connections: 100, idle: 30_000, header: 10_000, total: 60_000 },
      ...options,
    },
    {
      intake: otherIntake ?? intake,
      gate,
      store,
      logger,
      clock: { ...systemClock, ...(now ? { now } : {}) },
      onAccepted: (_listener, ms) => acceptMs.push(ms),
      onRefused: (_listener, code) => refused.push(code),
    },
  );
  const authorization = `Bearer ${key}`;
  return {
    listener,
    store,
    accepted,
    refused,
    acceptMs,
    logger,
    folder,
    post: (path, body, headers) =>
      fetch(new URL(path, listener.url), {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    get: (path, headers) => fetch(new URL(path, listener.url), { headers: { authorization, ...headers } }),
    bytes: async (id) => (await store.openBody(id)).bytes(),
    async [Symbol.asyncDispose]() {
      await listener.close(0);
      await store.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** The answer's JSON, with the fields that tests look at. */
export async function read(answer: Response): Promise<{
  status: number;
  id: string;
  code: string;
  body: Record<string, unknown>;
}> {
  const body: Record<string, unknown> = JSON.parse(await answer.text());
  return { status: answer.status, id: String(body['id']), code: String(body['code']), body };
}
