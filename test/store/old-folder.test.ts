/**
 * A data folder of an earlier Mailroom (index schema 2, journal format 1): the update to this one must find all of its mail.
 * `folder-of-schema-2` was written by that version, with what it said of each message.
 */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEmbeddedStore } from '../../src/storage/embedded/open.ts';
import type { EmbeddedStore } from '../../src/storage/embedded/store.ts';
import { attempt, handIn, hour, noon, sampleMessage, sent, temporaryFolder, testClock, testLogger } from './samples.ts';

const kept = join(import.meta.dirname, 'folder-of-schema-2');
/** What the earlier version said, the newest first. */
const trails: { message: { id: string; summary: { subject: string } } }[] = JSON.parse(
  readFileSync(join(kept, 'trails.json'), 'utf8'),
);

let folder: ReturnType<typeof temporaryFolder>;
let dir: string;
beforeEach(() => {
  folder = temporaryFolder();
  dir = join(folder.path, 'data');
  cpSync(kept, dir, { recursive: true });
  for (const name of ['index.db.gz', 'trails.json']) rmSync(join(dir, name));
  writeFileSync(join(dir, 'index.db'), gunzipSync(readFileSync(join(kept, 'index.db.gz'))));
});
afterEach(() => folder.remove());

const clock = testClock();
const open = (options = {}): Promise<EmbeddedStore> =>
  openEmbeddedStore({ dir, clock, logger: testLogger(), options: { reserveBytes: 0, ...options } });
const trailsOf = async (store: EmbeddedStore) =>
  Promise.all((await store.list({ limit: 100 })).map(({ id }) => store.trail(id)));
const idOf = (subject: string) => trails.find(({ message }) => message.summary.subject === subject)?.message.id ?? '';

async function saysWhatItSaid(store: EmbeddedStore): Promise<void> {
  expect(await trailsOf(store)).toEqual(trails);
  expect(await store.books()).toMatchObject({ accepted: 7, queued: 5, held: 1, sent: 1 });
  expect(await store.pauses()).toMatchObject([{ connector: 'slow' }]);
  for (const [query, subject] of [
    [{ subject: 'everything' }, 'Knows everything'],
    [{ address: 'BERT@contoso.example' }, 'Knows everything'],
    [{ client: 'printer' }, 'Was sent'],
  ] as const)
    expect((await store.list({ ...query, limit: 10 })).map(({ summary }) => summary.subject)).toEqual([subject]);
  expect((await store.findByIdempotencyKey('payroll', 'key-1'))?.id).toBe(idOf('Knows everything'));
  expect((await (await store.openBody(idOf('Waits'))).bytes()).toString()).toContain('Your payslip');
  expect((await store.openBody(idOf('Body in a file'))).size).toBe(1000);
}

test('opens with every message, its trail, its bytes and what it is found by', async () => {
  const store = await open();
  await saysWhatItSaid(store);
  await store.close();
});

test('opens also where its index was lost, from its journal', async () => {
  rmSync(join(dir, 'index.db'));
  const store = await open();
  await saysWhatItSaid(store);
  await store.close();
});

test('goes on: old messages are sent, rerouted, carried forward and forgotten beside new ones', async () => {
  const options = { segmentBytes: 20_000, keepSentBodiesMs: 0, keepHistoryMs: 0, carryBelow: 1 };
  const store = await open(options);
  await attempt(store, idOf('Waits'), noon + hour, sent);
  const waysOf = { connector: 'main', sender: 'system@contoso.example', now: noon + hour, limit: 10 };
  expect((await store.rerouteable(waysOf)).map(({ id }) => id)).toEqual([idOf('Knows everything')]);
  const way = { connector: 'second', sender: 'other@contoso.example' };
  await store.intervene({ ids: [idOf('Knows everything')], kind: 'reroute', by: 'queue', at: noon + hour, way });
  const added = await handIn(store, sampleMessage({ at: noon + 1_000 * hour, subject: 'Is new' }));
  expect((await store.trail(idOf('Knows everything')))?.message).toMatchObject({ route: way, priority: 'high' });
  // The journal goes on in a segment of its own; what the old ones hold is carried there, and they go.
  clock.time = noon + 2 * hour;
  await store.sweep();
  expect((await store.sweep()).length).toBeGreaterThan(0);
  expect(await store.forget()).toBe(2);
  const before = await trailsOf(store);
  expect(before.map((trail) => trail?.message.summary.subject)).toEqual([
    'Is new',
    ...['Was put off', 'Hidden', 'Held', 'Body in a file', 'Knows everything'],
  ]);
  await store.close();
  rmSync(join(dir, 'index.db'));
  const rebuilt = await open(options);
  expect(await trailsOf(rebuilt)).toEqual(before);
  expect((await rebuilt.openBody(idOf('Body in a file'))).size).toBe(1000);
  expect((await rebuilt.openBody(added.id)).size).toBeGreaterThan(0);
  await rebuilt.close();
});
