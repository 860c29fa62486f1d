/** A disk that is full, refuses to sync, or is slow: what the store answers then, and what it has kept afterwards. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openEmbeddedStore } from '../../src/storage/embedded/open.ts';
import type { EmbeddedOptions } from '../../src/storage/embedded/options.ts';
import type { EmbeddedStore } from '../../src/storage/embedded/store.ts';
import { type FaultyFiles, faultyFiles } from './faulty-files.ts';
import {
  attempt,
  begin,
  endOf,
  handIn,
  leaseAll,
  noon,
  nothing,
  sampleMessage,
  sent,
  type TestClock,
  temporaryFolder,
  testClock,
  testLogger,
} from './samples.ts';

let folder: ReturnType<typeof temporaryFolder>;
let files: FaultyFiles;
let clock: TestClock;
let store: EmbeddedStore;

const open = (options: Partial<EmbeddedOptions> = {}) =>
  openEmbeddedStore({
    dir: folder.path,
    clock,
    logger: testLogger(),
    files,
    options: { reserveBytes: 1000, segmentBytes: 1_000_000, ...options },
  });

beforeEach(async () => {
  folder = temporaryFolder();
  files = faultyFiles();
  clock = testClock();
  store = await open();
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

const body = Buffer.alloc(10_000, 65);
const accept = () => handIn(store, sampleMessage(), body);
const refusal = (code: string) => ({ fault: { code } });

/** The ids on record after a restart with a healthy disk. */
async function idsAfterRestart(): Promise<Set<string>> {
  await store.close();
  files.room = Number.POSITIVE_INFINITY;
  store = await open();
  expect(store.recovered.damages).toEqual([]);
  return new Set((await store.list({ limit: 1000 })).map((message) => message.id));
}

/** Asks until acceptance has noticed that there is space: it notices by itself, but not within the same call. */
async function acceptWhenPossible(): Promise<string> {
  for (;;) {
    try {
      return (await accept()).id;
    } catch (error) {
      expect(error).toMatchObject(refusal('storage-full'));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

describe('a full disk', () => {
  test.each([0, 1, 40, 700, 5000])(
    'refuses a message that no longer fits (%i bytes left), keeps nothing of it, and goes on by itself',
    async (room) => {
      const first = await accept();
      files.room = room;
      await expect(accept()).rejects.toMatchObject(refusal('storage-full'));
      files.room = Number.POSITIVE_INFINITY;
      const second = await acceptWhenPossible();
      expect(await store.books()).toMatchObject({ accepted: 2, queued: 2 });
      expect(await idsAfterRestart()).toEqual(new Set([first.id, second]));
    },
  );

  test('does not lose the outcome of a message that has been sent', async () => {
    const { id } = await accept();
    const [message] = await leaseAll(store, noon);
    if (!message) throw new Error('Nothing is ready.');
    await begin(store, message, noon);
    files.room = 0;
    const finished = store.finishAttempt(endOf(id, 1, noon, sent));
    const refused = accept();
    await expect(refused).rejects.toMatchObject(refusal('storage-full'));
    files.room = Number.POSITIVE_INFINITY;
    clock.runAll();
    await acceptWhenPossible();
    await finished;
    expect(await store.books()).toMatchObject({ accepted: 2, sent: 1 });
    await idsAfterRestart();
    expect((await store.trail(id))?.message.state).toBe('sent');
  });

  test('refuses a large body in the middle and removes its file', async () => {
    files.room = 1_500_000;
    await expect(handIn(store, sampleMessage(), Buffer.alloc(4_000_000))).rejects.toMatchObject(
      refusal('storage-full'),
    );
    files.room = Number.POSITIVE_INFINITY;
    const writer = store.newBody.bind(store);
    expect(writer).toThrow(/storage-full/);
    await acceptWhenPossible();
    await idsAfterRestart();
    expect(readdirSync(join(folder.path, 'bodies'))).toEqual([]);
  });

  test('takes no mail below its reserve, still takes outcomes, and takes mail again above it', async () => {
    const { id } = await accept();
    files.free = 999;
    clock.time += 60_000;
    while (
      await accept().then(
        () => true,
        () => false,
      )
    )
      await new Promise((resolve) => setImmediate(resolve));
    expect(() => store.newBody()).toThrow(/storage-full/);
    await attempt(store, id, clock.time, sent);
    files.free = 1_000_000;
    await acceptWhenPossible();
  });
});

describe.each([
  { how: 'with the write', writesSync: true },
  { how: 'after the write', writesSync: false },
])('a disk that refuses to sync $how', ({ writesSync }) => {
  beforeEach(async () => {
    await store.close();
    files = faultyFiles(writesSync);
    store = await open();
  });

  test('for want of room: the file is used on only when its cut is on the disk', async () => {
    const first = await accept();
    const head = () => readdirSync(folder.path).filter((name) => name.startsWith('journal-')).length;
    const segments = head();
    files.room = 0;
    await expect(accept()).rejects.toMatchObject(refusal('storage-full'));
    files.room = Number.POSITIVE_INFINITY;
    const second = await acceptWhenPossible();
    expect(head()).toBe(segments);
    files.room = 0;
    // Not of the write, which does not get that far, but of the cut.
    files.failNext.sync = 1;
    await expect(accept()).rejects.toMatchObject(refusal('storage-full'));
    files.room = Number.POSITIVE_INFINITY;
    const third = await acceptWhenPossible();
    expect(head()).toBe(segments + 1);
    expect(await idsAfterRestart()).toEqual(new Set([first.id, second, third]));
  });

  test('once: the group is refused, nothing of it is kept, and the next one is taken', async () => {
    const first = await accept();
    files.failNext.sync = 1;
    const group = await Promise.allSettled([accept(), accept(), accept()]);
    for (const result of group) expect(result).toMatchObject({ status: 'rejected', reason: refusal('storage-failed') });
    const second = await accept();
    expect(await store.books()).toMatchObject({ accepted: 2, queued: 2 });
    expect((await (await store.openBody(second.id)).bytes()).equals(body)).toBe(true);
    expect(await idsAfterRestart()).toEqual(new Set([first.id, second.id]));
  });

  test('and to make another file: all is refused until it works again', async () => {
    const first = await accept();
    files.failNext.writev = 1;
    files.failNext.open = 2;
    for (let time = 0; time < 3; time += 1) await expect(accept()).rejects.toMatchObject(refusal('storage-failed'));
    const second = await accept();
    expect(await idsAfterRestart()).toEqual(new Set([first.id, second.id]));
  });

  test('an outcome: it waits until the disk works again, and an attempt is refused before its POST', async () => {
    const { id } = await accept();
    const other = await accept();
    const messages = await leaseAll(store, noon);
    for (const message of messages) if (message.id === id) await begin(store, message, noon);
    files.failNext.sync = 1;
    files.failNext.open = 1;
    const finished = store.finishAttempt(endOf(id, 1, noon, sent));
    const waiting = messages.find((message) => message.id === other.id);
    if (!waiting) throw new Error('The other message is not leased.');
    await expect(begin(store, waiting, noon)).rejects.toMatchObject(refusal('storage-failed'));
    clock.runAll();
    await begin(store, waiting, noon);
    await finished;
    await idsAfterRestart();
    expect(await store.books()).toMatchObject({ sent: 1, sending: 1 });
  });

  test('a large body: the message is refused and its file is gone', async () => {
    files.failNext.fsync = 1;
    await expect(handIn(store, sampleMessage(), Buffer.alloc(2_000_000))).rejects.toMatchObject(
      refusal('storage-failed'),
    );
    expect(readdirSync(join(folder.path, 'bodies'))).toEqual([]);
  });
});

describe('many at once', () => {
  test('10,000 messages share a few syncs', async () => {
    const before = files.calls.sync;
    await Promise.all(Array.from({ length: 10_000 }, () => handIn(store, sampleMessage(), Buffer.alloc(100))));
    expect(files.calls.sync - before).toBeLessThan(60);
    expect((await store.books()).queued).toBe(10_000);
  });

  test('more than fits into memory is refused, and what is refused gives its memory back', async () => {
    await store.close();
    store = await open({ receivingBytes: 50_000 });
    const writers = Array.from({ length: 5 }, () => store.newBody());
    for (const writer of writers) expect(writer.write(body)).toBeUndefined();
    expect(() => store.newBody()).toThrow(/memory-limit/);
    await expect(writers[0]?.write(body)).rejects.toMatchObject(refusal('memory-limit'));
    for (const writer of writers.slice(1)) await writer.discard();
    const [first] = writers;
    if (first) await store.accept(sampleMessage(), nothing, await first.finish());
    expect((await (await store.openBody((await store.list({ limit: 1 }))[0]?.id ?? '')).bytes()).length).toBe(10_000);
    for (let time = 0; time < 10; time += 1) await accept();
  });

  test('a sender that is faster than the disk is asked to wait, and memory stays small', async () => {
    await store.close();
    store = await open({ receivingBytes: 4_000_000 });
    const bytes = Buffer.alloc(20_000_000, 1);
    const message = await handIn(store, sampleMessage(), bytes);
    expect((await (await store.openBody(message.id)).bytes()).equals(bytes)).toBe(true);
  });
});
