/** From the store to the mailboxes: dispatcher, courier, tokens and the practice tenant together, over TLS. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type PracticeTenant, startPracticeTenant } from '../../practice-tenant/tenant.ts';
import type { Clock } from '../../src/domain/ports.ts';
import { GraphCourier } from '../../src/egress/graph/graph-courier.ts';
import { openConnections } from '../../src/microsoft/connections.ts';
import { defaultUncertainRule } from '../../src/queue/delivery-port.ts';
import { Dispatcher } from '../../src/queue/dispatcher.ts';
import { unlimited } from '../../src/queue/lane-limits.ts';
import { openEmbeddedStore } from '../../src/storage/embedded/open.ts';
import type { EmbeddedStore } from '../../src/storage/embedded/store.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';
import { tenantTokens } from '../harness/tenant-tokens.ts';
import { until } from '../harness/until.ts';
import { handIn, sampleMessage, testLogger } from '../store/samples.ts';

const sender = 'system@contoso.example';
const clock: Clock = {
  now: Date.now,
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

let folder: TemporaryFolder;
let tenant: PracticeTenant;
let store: EmbeddedStore;
let courier: GraphCourier;
let dispatcher: Dispatcher;

beforeEach(async () => {
  folder = await temporaryFolder();
  tenant = await startPracticeTenant({ profile: 'unlimited', users: [sender], keepBodies: 'hash' });
  const { app, secret } = tenant.addApp({ roles: ['Mail.Send'] });
  const connections = openConnections({ ca: tenant.caPem });
  const tokens = tenantTokens(tenant, app.clientId, secret, connections);
  courier = new GraphCourier({
    graph: tenant.origin,
    tokens,
    connections,
    severalSenders: false,
    readSentItems: false,
    now: Date.now,
  });
  const logger = testLogger();
  store = await openEmbeddedStore({ dir: folder.path, clock, logger, options: { reserveBytes: 1_000 } });
  dispatcher = new Dispatcher({
    store,
    clock,
    logger,
    random: Math.random,
    schedule: { quickMs: [5], firstMs: 5, factor: 1, maxMs: 5, jitter: 0 },
    connectors: [
      {
        name: 'main',
        courier,
        limits: unlimited,
        registration: 'app-1',
        registrationConcurrency: Number.POSITIVE_INFINITY,
        uncertain: { ...defaultUncertainRule, delayMs: 5 },
      },
    ],
  });
});
afterEach(async () => {
  await dispatcher.drain(1_000);
  await courier.close();
  await store.close();
  await tenant.close();
  await folder[Symbol.asyncDispose]();
});

const bytes = (text: string) =>
  Buffer.from(`From: ${sender}\r\nTo: anna@world.example\r\nSubject: Hello\r\n\r\n${text}\r\n`);

async function backlog(count: number, size: number): Promise<void> {
  const body = bytes('x'.repeat(size));
  const accept = () =>
    handIn(store, sampleMessage({ at: Date.now(), to: ['anna@world.example'], size: body.length }), body);
  for (let left = count; left > 0; left -= 500) await Promise.all(Array.from({ length: Math.min(left, 500) }, accept));
}

const sentAll = (count: number) =>
  until(`${count} sent`, async () => (await store.books()).sent === count, { deadlineMs: 40_000 });

test('a backlog arrives whole and once each', async () => {
  const count = 2_000;
  await backlog(count, 10_000);
  await dispatcher.start();
  await until('all to arrive', () => tenant.mailbox('anna@world.example').length === count, { deadlineMs: 40_000 });
  await sentAll(count);
  expect(tenant.requests('sendMail')).toHaveLength(count);
  expect(tenant.requests('token')).toHaveLength(1);
});

test('through answers that go wrong in every way, the books balance and nothing is lost', async () => {
  const answer = (status: number, times: number, probability = 0.3) =>
    tenant.enqueueFault({
      endpoint: 'sendMail',
      action: { kind: 'answer', status, body: { error: { code: 'UnknownError', message: '' } }, retryAfterSeconds: 0 },
      times,
      probability,
    });
  answer(500, 10);
  // After a second one the lane would keep to a pace of so few answers that 200 messages took minutes.
  answer(429, 1);
  answer(503, 5);
  for (const when of ['before-body', 'after-body'] as const)
    tenant.enqueueFault({ endpoint: 'sendMail', action: { kind: 'cut', when }, times: 5, probability: 0.2 });
  tenant.enqueueFault({ endpoint: 'token', action: { kind: 'answer', status: 503, retryAfterSeconds: 0 } });
  await backlog(200, 1_000);
  await dispatcher.start();
  await sentAll(200);
  expect(await store.books()).toMatchObject({ accepted: 200, sent: 200, failed: 0, uncertain: 0, queued: 0 });
  expect(tenant.mailbox('anna@world.example')).toHaveLength(200);
});
