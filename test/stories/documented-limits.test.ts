/**
 * A backlog under the limits that Microsoft documents, against a practice tenant that enforces them. The time of the product
 * and of the tenant is one, and moves only when told to: an hour of sending takes seconds.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type PracticeTenant, startPracticeTenant } from '../../practice-tenant/tenant.ts';
import { GraphCourier } from '../../src/egress/graph/graph-courier.ts';
import { type Connections, openConnections } from '../../src/microsoft/connections.ts';
import { TokenSource } from '../../src/microsoft/token-source.ts';
import { defaultUncertainRule, type OutgoingConnector } from '../../src/queue/delivery-port.ts';
import { Dispatcher } from '../../src/queue/dispatcher.ts';
import { documentedLimits } from '../../src/queue/lane-limits.ts';
import { openEmbeddedStore } from '../../src/storage/embedded/open.ts';
import type { EmbeddedStore } from '../../src/storage/embedded/store.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';
import { until } from '../harness/until.ts';
import { SteppedClock } from '../queue/rig.ts';
import { handIn, sampleMessage, testLogger } from '../store/samples.ts';

const [first, second] = ['system@contoso.example', 'billing@contoso.example'];
const recipient = 'anna@contoso.example';
const stepMs = 1_000;
const perMinute = documentedLimits.messagesPerMinute;

let folder: TemporaryFolder;
let tenant: PracticeTenant;
let store: EmbeddedStore;
let clock: SteppedClock;
let connections: Connections[];
let couriers: GraphCourier[];
let dispatcher: Dispatcher;

beforeEach(async () => {
  folder = await temporaryFolder();
  clock = new SteppedClock();
  clock.time = Date.now();
  [connections, couriers] = [[], []];
  tenant = await startPracticeTenant({
    users: [first, second, recipient],
    keepBodies: 'none',
    limits: { credentialDelayMs: 0, consentDelayMs: 0 },
    now: () => clock.time,
  });
  store = await openEmbeddedStore({ dir: folder.path, clock, logger: testLogger(), options: { reserveBytes: 1_000 } });
});
afterEach(async () => {
  await dispatcher.drain(1_000);
  await Promise.all(couriers.map((courier) => courier.close()));
  await Promise.all(connections.map((each) => each.destroy()));
  await store.close();
  await tenant.close();
  await folder[Symbol.asyncDispose]();
});

/** A connector with a registration of its own, as the product would build it. */
function connector(name: string, app = tenant.addApp()): OutgoingConnector {
  const made = openConnections({ ca: tenant.caPem });
  connections.push(made);
  const now = () => clock.now();
  const { clientId } = app.app;
  const tokens = new TokenSource({
    login: tenant.origin,
    tenant: tenant.tenantId,
    clientId,
    credential: { kind: 'secret', secret: app.secret },
    resource: 'https://graph.microsoft.com',
    connections: made,
    now,
  });
  const courier = new GraphCourier({
    graph: tenant.origin,
    tokens,
    connections: made,
    severalSenders: true,
    readSentItems: false,
    now,
  });
  couriers.push(courier);
  return {
    name,
    courier,
    limits: documentedLimits,
    registration: clientId,
    registrationConcurrency: documentedLimits.concurrency,
    uncertain: defaultUncertainRule,
  };
}

async function start(...connectors: readonly OutgoingConnector[]): Promise<void> {
  dispatcher = new Dispatcher({ store, clock, logger: testLogger(), random: () => 0.5, connectors });
  await dispatcher.start();
}

async function backlog(count: number, sender: string, by = 'main'): Promise<void> {
  const body = Buffer.from(`From: ${sender}\r\nTo: ${recipient}\r\nSubject: Letter\r\n\r\nText\r\n`);
  const message = () =>
    sampleMessage({ at: clock.time, from: sender, to: [recipient], sender, connector: by, size: body.length });
  await Promise.all(Array.from({ length: count }, () => handIn(store, message(), body)));
}

/** Lets time go by until so many are sent. Returns the seconds that it took. */
async function secondsUntil(sent: number, mostSeconds: number): Promise<number> {
  const startedAt = clock.time;
  for (;;) {
    await dispatcher.settled();
    if ((await store.books()).sent >= sent) return (clock.time - startedAt) / 1_000;
    if (clock.time - startedAt > mostSeconds * 1_000) throw new Error(`only ${(await store.books()).sent} were sent`);
    clock.advance(stepMs);
  }
}

const answered = (status: number) => tenant.requests('sendMail').filter((request) => request.status === status).length;
/** What the limit allows in so many seconds from a standing start: thirty at once, and thirty with each minute. */
const allowedIn = (seconds: number) => perMinute * (1 + Math.floor(seconds / 60));

describe('a backlog under the documented limits', () => {
  test('drains-at-what-the-limits-allow, and is throttled by nobody', async () => {
    await backlog(300, first);
    await start(connector('main'));
    const seconds = await secondsUntil(300, 900);
    expect(300 / allowedIn(seconds)).toBeGreaterThanOrEqual(0.98);
    expect(answered(202)).toBe(300);
    expect(answered(429)).toBe(0);
    // Beyond thirty a minute Exchange would have held them back, and each would have arrived later than it was sent.
    await until('all to have arrived', () => tenant.mailbox(recipient, 'inbox').length === 300);
    expect(await store.books()).toMatchObject({ accepted: 300, sent: 300, failed: 0, uncertain: 0, queued: 0 });
  });

  test('finds-the-limit-again-after-a-429, with Retry-After as a date, as seconds and without', async () => {
    await backlog(150, first);
    await start(connector('main'));
    for (const retryAfter of [{ retryAfterAs: 'date' as const }, { retryAfterAs: 'seconds' as const }])
      tenant.enqueueFault({
        endpoint: 'sendMail',
        action: { kind: 'answer', status: 429, retryAfterSeconds: 20, ...retryAfter },
      });
    tenant.enqueueFault({ endpoint: 'sendMail', action: { kind: 'answer', status: 429 } });
    const seconds = await secondsUntil(150, 900);
    expect(answered(429)).toBe(3);
    // Five minutes' worth, and no more than the waits that were asked for on top of it.
    expect(seconds).toBeLessThanOrEqual(4 * 60 + 3 * 60);
    expect(await store.books()).toMatchObject({ accepted: 150, sent: 150 });
  });

  test('of-two-mailboxes-goes-twice-as-fast, by one registration', async () => {
    await Promise.all([backlog(150, first), backlog(150, second)]);
    await start(connector('main'));
    const seconds = await secondsUntil(300, 900);
    expect(300 / (2 * allowedIn(seconds))).toBeGreaterThanOrEqual(0.98);
    expect(answered(429)).toBe(0);
  });

  test('of-two-registrations-goes-twice-as-fast, each for its own mailbox', async () => {
    await Promise.all([backlog(150, first, 'main'), backlog(150, second, 'other')]);
    await start(connector('main'), connector('other'));
    const seconds = await secondsUntil(300, 900);
    expect(300 / (2 * allowedIn(seconds))).toBeGreaterThanOrEqual(0.98);
    expect(answered(429)).toBe(0);
  });
  test('of-one-mailbox-by-two-registrations-goes-no-faster-than-the-mailbox-may', async () => {
    await Promise.all([backlog(150, first, 'main'), backlog(150, first, 'other')]);
    const place = { mailboxesOf: tenant.origin };
    await start({ ...connector('main'), ...place }, { ...connector('other'), ...place });
    const seconds = await secondsUntil(300, 900);
    // Exchange takes no more than thirty a minute of a mailbox, whoever hands them in, and would hold the others back.
    expect(seconds).toBeGreaterThanOrEqual(9 * 60);
    expect(300 / allowedIn(seconds)).toBeGreaterThanOrEqual(0.98);
  });
});
