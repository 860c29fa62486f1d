/** What a search finds, held against the simplest program that could find it; and what it costs is measured by `npm run bench -- console`. */
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AcceptedMessage, type MessageState, messageStates } from '../../src/domain/message.ts';
import type { MessageQuery, QueueStore } from '../../src/queue/store.ts';
import { openEmbeddedStore } from '../../src/storage/embedded/open.ts';
import { until } from '../harness/until.ts';
import {
  attempt,
  deferred,
  failed,
  handIn,
  hour,
  noon,
  sampleMessage,
  sent,
  temporaryFolder,
  testClock,
  testLogger,
} from './samples.ts';

let folder: ReturnType<typeof temporaryFolder>;
let store: QueueStore;
const open = () => openEmbeddedStore({ dir: folder.path, clock: testClock(), logger: testLogger() });

beforeEach(async () => {
  folder = temporaryFolder();
  store = await open();
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

const clients = ['payroll', 'printer', 'portal'];
const addresses = ['anna@contoso.example', 'BEN@fabrikam.example', 'céline@contoso.example'];
const subjects = ['Invoice 4711', 'INVOICE 4712 "paid"', 'Straße und Maß', 'a%b_c\\d', 'x'];

/** Messages in every state that a search can ask for. */
async function fill(count: number): Promise<(AcceptedMessage & { state: MessageState })[]> {
  const made: (AcceptedMessage & { state: MessageState })[] = [];
  for (let index = 0; index < count; index += 1) {
    const message = await handIn(
      store,
      sampleMessage({
        at: noon + index * 1_000,
        client: clients[index % 3] ?? '',
        connector: index % 4 === 0 ? 'other' : 'main',
        to: [addresses[index % addresses.length] ?? ''],
        subject: `${subjects[(index * 7) % subjects.length]} ${index % 10}`,
      }),
    );
    const kind = index % 5;
    let state: MessageState = 'queued';
    if (kind === 1 || kind === 2) {
      state = kind === 1 ? 'sent' : 'failed';
      await attempt(store, message.id, noon + index * 1_000, kind === 1 ? sent : failed);
    } else if (kind === 3) {
      state = 'held';
      await store.intervene({ ids: [message.id], kind: 'hold', by: 'ada', at: noon + hour });
    }
    made.push({ ...message, state });
  }
  return made.reverse();
}

const wanted = fc.record(
  {
    states: fc.uniqueArray(fc.constantFrom(...messageStates), { maxLength: 3 }),
    client: fc.constantFrom(...clients),
    connector: fc.constantFrom('main', 'other', 'nowhere'),
    address: fc.constantFrom(...addresses.map((address) => address.toLowerCase()), 'nobody@contoso.example'),
    subject: fc.constantFrom('voice', '471', 'straße', 'a%b_c\\d', '"paid"', 'x', '%', 'not there'),
    acceptedFrom: fc.integer({ min: noon - 1_000, max: noon + 60_000 }),
    acceptedUntil: fc.integer({ min: noon - 1_000, max: noon + 60_000 }),
  },
  { requiredKeys: [] },
);

function simply(all: Awaited<ReturnType<typeof fill>>, query: Partial<MessageQuery>): string[] {
  return all
    .filter(
      (message) =>
        (query.states?.includes(message.state) ?? true) &&
        (query.client ?? message.client) === message.client &&
        (query.connector ?? message.route.connector) === message.route.connector &&
        (query.address === undefined ||
          message.envelope.recipients.some(({ address }) => address.toLowerCase() === query.address)) &&
        message.summary.subject.toLowerCase().includes(query.subject ?? '') &&
        message.acceptedAt >= (query.acceptedFrom ?? 0) &&
        message.acceptedAt <= (query.acceptedUntil ?? Number.MAX_SAFE_INTEGER),
    )
    .map(({ id }) => id);
}

test('a-search-finds-what-a-look-at-every-message-finds, page by page, whether its subject is indexed yet or not', async () => {
  const all = await fill(60);
  const check = async () =>
    fc.assert(
      fc.asyncProperty(wanted, fc.integer({ min: 1, max: 20 }), async (query, limit) => {
        const expected = simply(all, query);
        const found: string[] = [];
        for (;;) {
          const after = found.at(-1);
          const page = await store.listIds({ ...query, limit, ...(after === undefined ? {} : { after }) });
          found.push(...page);
          if (page.length < limit) break;
        }
        expect(found).toEqual(expected);
        expect((await store.list({ ...query, limit: 1_000 })).map(({ id }) => id)).toEqual(expected);
        expect(await store.count({ ...query, limit: 1 }, 1_000)).toBe(expected.length);
      }),
      { numRuns: 150 },
    );
  await check();
  // Opened anew, the index has had its pause.
  await store.close();
  store = await open();
  await until('its subjects are indexed', async () => (await store.list({ limit: 1, subject: 'straße' })).length === 1);
  await check();
});

test('the-chart-forgets-nothing-over-a-restart, and a step that was quiet is a zero', async () => {
  const first = await handIn(store, sampleMessage({ at: noon }));
  await attempt(store, first.id, noon + 30_000, deferred);
  await attempt(store, first.id, noon + 2 * hour, sent);
  const ask = () => store.rates({ since: noon, until: noon + 3 * hour, stepMs: hour });
  const zero = { accepted: 0, sent: 0, deferred: 0, failed: 0, uncertain: 0 };
  const expected = [
    { ...zero, start: noon, accepted: 1, deferred: 1 },
    { ...zero, start: noon + hour },
    { ...zero, start: noon + 2 * hour, sent: 1 },
  ];
  expect(await ask()).toEqual(expected);
  await store.close();
  store = await open();
  expect(await ask()).toEqual(expected);
  expect(await store.rates({ since: noon, until: noon + 120_000, stepMs: 60_000 })).toEqual([
    { ...zero, start: noon, accepted: 1, deferred: 1 },
    { ...zero, start: noon + 60_000 },
  ]);
});
