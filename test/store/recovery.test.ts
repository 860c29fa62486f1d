/** What a crash, a bad disk or a lost file does to the journal and the index, and what must be there afterwards. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { firstRecordOffset, headerBytes } from '../../src/storage/embedded/framing.ts';
import { type InspectedRecord, inspectJournal } from '../../src/storage/embedded/inspect.ts';
import { StoreLockedError } from '../../src/storage/embedded/lock.ts';
import { openEmbeddedStore } from '../../src/storage/embedded/open.ts';
import type { EmbeddedOptions } from '../../src/storage/embedded/options.ts';
import type { EmbeddedStore } from '../../src/storage/embedded/store.ts';
import {
  attempt,
  deferred,
  handIn,
  hour,
  leaseAll,
  noon,
  sampleMessage,
  sent,
  temporaryFolder,
  testClock,
  testLogger,
  uncertain,
} from './samples.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const clock = testClock();
const open = (dir: string, options: Partial<EmbeddedOptions> = {}, logger = testLogger()): Promise<EmbeddedStore> =>
  openEmbeddedStore({ dir, clock, logger, options: { reserveBytes: 0, ...options } });

const data = (name = 'a') => join(folder.path, name);
const segmentPath = (dir: string, number: number) => join(dir, `journal-${String(number).padStart(10, '0')}.log`);

/** A small run with a record of most types; returns what it left, without the index. */
async function smallRun(): Promise<{ dir: string; records: Omit<InspectedRecord, 'body'>[]; bytes: Buffer }> {
  const dir = data('run');
  const store = await open(dir);
  const [a, b, c] = [sampleMessage(), sampleMessage({ at: noon + 1 }), sampleMessage({ at: noon + 2 })];
  await handIn(store, a, Buffer.from('Subject: a\r\n\r\nbytes of a\r\n'));
  await handIn(store, b);
  await attempt(store, a.id, noon + 5, sent);
  await attempt(store, b.id, noon + 5, deferred);
  await store.pauseConnector({ connector: 'main', pausedAt: noon + 6, reason: 'operator', detail: '' });
  await handIn(store, c);
  await store.intervene({ ids: [c.id], kind: 'hold', by: 'anna', at: noon + 7 });
  await store.resumeConnector('main', noon + 8);
  await store.note(c.id, { at: noon + 9, kind: 'notice', by: 'queue' });
  await store.close();
  const records: Omit<InspectedRecord, 'body'>[] = [];
  inspectJournal(dir, ({ body: _, ...record }) => records.push(record));
  return { dir, records, bytes: readFileSync(segmentPath(dir, 1)) };
}

/** A folder with this one segment and nothing else. */
function folderWith(name: string, bytes: Uint8Array): string {
  const dir = data(name);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir);
  writeFileSync(segmentPath(dir, 1), bytes);
  return dir;
}

function readBack(dir: string): { offsets: number[]; end: ReturnType<typeof inspectJournal> } {
  const offsets: number[] = [];
  const end = inspectJournal(dir, ({ offset }) => offsets.push(offset));
  return { offsets, end };
}

describe('a journal that is cut short', () => {
  test('holds exactly the records that were whole, wherever it is cut, with or without reserved space behind', async () => {
    const { records, bytes } = await smallRun();
    expect(records.map(({ content }) => content.type)).toEqual([
      ...['accepted', 'accepted', 'attempt', 'outcome', 'attempt', 'outcome'],
      ...['paused', 'accepted', 'intervened', 'resumed', 'note', 'closed'],
    ]);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const whole = records.filter(({ offset, length }) => offset + length <= cut).map(({ offset }) => offset);
      const end =
        whole.length === 0
          ? firstRecordOffset
          : (records.find(({ offset }) => offset === whole.at(-1))?.length ?? 0) + (whole.at(-1) ?? 0);
      for (const reserved of [0, 4096]) {
        const dir = folderWith('cut', Buffer.concat([bytes.subarray(0, cut), Buffer.alloc(reserved)]));
        const found = readBack(dir);
        expect(found.offsets, `cut at ${cut}`).toEqual(whole);
        expect(found.end.damages).toEqual([]);
        if (!found.end.headless) {
          expect(found.end.lastEnd).toBe(end);
          // A record may end in zeros only by chance; its checksum does not.
          if (cut >= firstRecordOffset) expect(found.end.torn).toBe(cut > end);
        } else expect(cut).toBeLessThan(headerBytes);
      }
    }
  });

  test('opens with what was acknowledged and nothing half, and goes on from there', async () => {
    const { records, bytes } = await smallRun();
    const acceptedBy = (cut: number) =>
      records.filter(({ content, offset, length }) => content.type === 'accepted' && offset + length <= cut).length;
    const cuts = records.flatMap(({ offset, length }) => [offset + 1, offset + length - 1, offset + length]);
    for (const cut of [0, headerBytes - 1, firstRecordOffset, ...cuts]) {
      const dir = folderWith('cut', bytes.subarray(0, cut));
      const logger = testLogger();
      const store = await open(dir, {}, logger);
      const books = await store.books();
      expect(books.accepted, `cut at ${cut}`).toBe(acceptedBy(cut));
      for (const message of await store.list({ limit: 10 }))
        expect((await (await store.openBody(message.id)).bytes()).length).toBeGreaterThan(0);
      for (const orphan of await store.orphanedAttempts())
        await store.finishAttempt({
          id: orphan.id,
          number: 1,
          finishedAt: noon,
          result: uncertain,
          next: { state: 'uncertain' },
        });
      await handIn(store, sampleMessage());
      await store.close();
      const again = await open(dir);
      expect((await again.books()).accepted).toBe(books.accepted + 1);
      expect(again.recovered.damages).toEqual([]);
      expect(again.recovered.torn).toBe(false);
      await again.close();
    }
    // Some eighty stores are opened: half a minute where other work takes the machine.
  }, 240_000);
});

describe('a disk that changes what was written', () => {
  test('a flipped byte costs one record at most, and is reported', async () => {
    const { records, bytes } = await smallRun();
    for (let at = 0; at < bytes.length; at += 1) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 0x55;
      const { offsets, end } = readBack(folderWith('flip', flipped));
      const hit = records.find(({ offset, length }) => at >= offset && at < offset + length);
      expect(offsets, `byte ${at}`).toEqual(records.filter((record) => record !== hit).map(({ offset }) => offset));
      // The last record has none behind it that could prove that it had been synced.
      const last = hit !== undefined && hit === records.at(-1);
      expect(end.damages).toEqual(hit && !last ? [{ segment: 1, from: hit.offset, to: hit.offset + hit.length }] : []);
      expect(end.torn).toBe(last);
    }
  });

  test('zeros in the middle are damage, and not the end', async () => {
    const { records, bytes } = await smallRun();
    const [, second, third] = records;
    if (!second || !third) throw new Error('The run is too short.');
    const holed = Buffer.from(bytes).fill(0, second.offset, third.offset);
    const logger = testLogger();
    const store = await open(folderWith('hole', holed), {}, logger);
    expect((await store.books()).accepted).toBe(2);
    expect(store.recovered.damages).toEqual([{ segment: 1, from: second.offset, to: third.offset }]);
    expect(logger.errors.some((sentence) => sentence.includes('The journal is damaged'))).toBe(true);
    await store.close();
  });

  test('of a group that was never answered nothing is kept behind its first bad page', async () => {
    // Two records of one group: the first did not reach the disk, the second did.
    const dir = data('group');
    const store = await open(dir);
    await handIn(store, sampleMessage());
    await Promise.all([handIn(store, sampleMessage()), handIn(store, sampleMessage())]);
    const copy = data('copy');
    cpSync(dir, copy, { recursive: true, filter: (path) => !path.includes('index') });
    await store.close();
    const { offsets } = readBack(copy);
    const [, second, third] = offsets;
    if (second === undefined || third === undefined) throw new Error('The run is too short.');
    const bytes = readFileSync(segmentPath(copy, 1)).fill(0, second, third);
    const found = readBack(folderWith('torn', bytes));
    expect(found.offsets).toEqual(offsets.slice(0, 1));
    expect(found.end).toMatchObject({ torn: true, damages: [], lastEnd: second });
  });

  test('a mail that holds the bytes of a journal cannot pass for records', async () => {
    const { bytes } = await smallRun();
    const dir = data('forged');
    const store = await open(dir);
    await handIn(store, sampleMessage());
    await handIn(store, sampleMessage(), bytes);
    await handIn(store, sampleMessage());
    await store.close();
    const { offsets } = readBack(dir);
    const damaged = readFileSync(segmentPath(dir, 1));
    const at = (offsets[1] ?? 0) + 10;
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    const found = readBack(folderWith('forged-damaged', damaged));
    expect(found.offsets).toEqual(offsets.filter((_offset, place) => place !== 1));
    expect(found.end.damages).toEqual([{ segment: 1, from: offsets[1], to: offsets[2] }]);
  });

  test('a body that is not what was written is not sent', async () => {
    const dir = data();
    const store = await open(dir, { cacheBytes: 0 });
    const small = await handIn(store, sampleMessage(), Buffer.alloc(5000, 65));
    const large = await handIn(store, sampleMessage(), Buffer.alloc(2_000_000, 66));
    const segment = segmentPath(dir, 1);
    const bytes = readFileSync(segment);
    bytes.write('B', bytes.indexOf('AAAA') + 100);
    writeFileSync(segment, bytes);
    const file = join(dir, 'bodies', readdirSync(join(dir, 'bodies'))[0] ?? '');
    writeFileSync(file, Buffer.alloc(2_000_000, 67));
    const failed = { fault: { code: 'storage-failed' } };
    await expect(store.openBody(small.id)).rejects.toMatchObject(failed);
    const body = await store.openBody(large.id);
    await expect(body.bytes()).rejects.toMatchObject(failed);
    const read = async () => {
      for await (const piece of body.stream()) if (piece.length === 0) throw new Error('An empty piece.');
    };
    await expect(read()).rejects.toMatchObject(failed);
    await store.close();
  });
});

describe('an index that is not what the journal says', () => {
  const trails = async (store: EmbeddedStore) =>
    Promise.all((await store.list({ limit: 1000 })).map(({ id }) => store.trail(id)));

  test.each([
    ['lost', (path: string) => rmSync(path)],
    ['empty', (path: string) => writeFileSync(path, '')],
    ['overwritten with something else', (path: string) => writeFileSync(path, Buffer.alloc(100_000, 77))],
    [
      'damaged in its pages',
      (path: string) => {
        const bytes = readFileSync(path);
        writeFileSync(path, bytes.fill(0xaa, 4096 * 2));
      },
    ],
  ])('%s: it is made anew, loudly, and says the same', async (_what, harm) => {
    const { dir } = await smallRun();
    const first = await open(dir);
    const before = { trails: await trails(first), books: await first.books() };
    await first.close();
    for (const suffix of ['-wal', '-shm']) rmSync(join(dir, `index.db${suffix}`), { force: true });
    harm(join(dir, 'index.db'));
    const logger = testLogger();
    const store = await open(dir, {}, logger);
    expect({ trails: await trails(store), books: await store.books() }).toEqual(before);
    if (_what !== 'empty') expect(logger.errors.join('\n')).toMatch(/made anew/);
    await store.close();
  });

  test('older than the journal: it is brought up to date', async () => {
    const dir = data();
    const first = await open(dir);
    const message = await handIn(first, sampleMessage());
    await first.close();
    cpSync(join(dir, 'index.db'), data('old.db'));
    const second = await open(dir);
    await attempt(second, message.id, noon, sent);
    await handIn(second, sampleMessage());
    const before = { trails: await trails(second), books: await second.books() };
    await second.close();
    cpSync(data('old.db'), join(dir, 'index.db'));
    const third = await open(dir);
    expect(third.recovered.replayed).toBeGreaterThan(0);
    expect({ trails: await trails(third), books: await third.books() }).toEqual(before);
    await third.close();
  });

  test('of a newer version: it is refused in words and left alone', async () => {
    const { dir } = await smallRun();
    const { DatabaseSync } = await import('node:sqlite');
    const database = new DatabaseSync(join(dir, 'index.db'));
    database.exec('PRAGMA user_version = 99');
    database.close();
    await expect(open(dir)).rejects.toThrow(/newer Mailroom \(schema 99/);
    expect(existsSync(join(dir, 'index.db'))).toBe(true);
    // The refused opener has given the folder back.
    await expect(open(dir)).rejects.toThrow(/newer/);
  });
});

describe('the data folder', () => {
  test('belongs to one store at a time, and is free again after it', async () => {
    const store = await open(data());
    const refused = await open(data()).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(StoreLockedError);
    expect(String(refused)).toContain(`process ${process.pid}`);
    await store.close();
    await (await open(data())).close();
  });

  test('can be read by nobody else', async () => {
    const store = await open(data());
    await handIn(store, sampleMessage(), Buffer.alloc(2_000_000));
    const modes = (path: string): string[] =>
      readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
        const inner = join(path, entry.name);
        const mode = (statSync(inner).mode & 0o777).toString(8);
        return entry.isDirectory() ? [`folder ${mode}`, ...modes(inner)] : [`file ${mode}`];
      });
    expect(new Set([`folder ${(statSync(data()).mode & 0o777).toString(8)}`, ...modes(data())])).toEqual(
      new Set(['folder 700', 'file 600']),
    );
    await store.close();
  });

  test('loses a body file whose message was never put on record, and keeps the others', async () => {
    const store = await open(data());
    const { id } = await handIn(store, sampleMessage(), Buffer.alloc(2_000_000));
    writeFileSync(join(data(), 'bodies', 'left-behind.eml'), 'bytes of a client that was never answered');
    await store.close();
    const again = await open(data());
    expect(readdirSync(join(data(), 'bodies')).length).toBe(1);
    expect((await again.openBody(id)).size).toBe(2_000_000);
    await again.close();
  });
});

describe('segments that are no longer needed', () => {
  const options = { segmentBytes: 20_000, keepSentBodiesMs: 0, keepFailedBodiesMs: 0, cacheBytes: 0 };
  const segments = () => readdirSync(data()).filter((name) => name.startsWith('journal-0')).length;

  test('go when their messages are final; history stays, bytes do not, also without the index', async () => {
    const store = await open(data(), options);
    const done: string[] = [];
    for (let round = 0; round < 20; round += 1) {
      const { id } = await handIn(store, sampleMessage(), Buffer.alloc(5000, 65));
      await attempt(store, id, noon, sent);
      done.push(id);
    }
    expect(segments()).toBeGreaterThan(4);
    const removed = await store.sweep();
    expect(removed.length).toBeGreaterThan(3);
    expect(segments()).toBe(1);
    const [first = ''] = done;
    expect((await store.trail(first))?.message.state).toBe('sent');
    await expect(store.openBody(first)).rejects.toMatchObject({ fault: { code: 'not-found' } });
    expect((await store.books()).sent).toBe(20);
    await store.close();
    const again = await open(data(), options);
    expect((await again.books()).sent).toBe(20);
    await again.close();
    rmSync(join(data(), 'index.db'));
    const rebuilt = await open(data(), options);
    expect((await rebuilt.books()).queued).toBe(0);
    await rebuilt.close();
  });

  test('stay while bytes are to be kept, and body files as long', async () => {
    const keep = { ...options, keepSentBodiesMs: 24 * hour };
    const store = await open(data(), keep);
    const { id } = await handIn(store, sampleMessage(), Buffer.alloc(2_000_000, 66));
    await attempt(store, id, noon, sent);
    for (let round = 0; round < 9; round += 1) {
      const next = await handIn(store, sampleMessage(), Buffer.alloc(5000));
      await attempt(store, next.id, noon, sent);
    }
    expect(await store.sweep()).toEqual([]);
    expect((await store.openBody(id)).size).toBe(2_000_000);
    clock.time = noon + 25 * hour;
    try {
      expect((await store.sweep()).length).toBeGreaterThan(0);
      expect(readdirSync(join(data(), 'bodies'))).toEqual([]);
      await expect(store.openBody(id)).rejects.toMatchObject({ fault: { code: 'not-found' } });
    } finally {
      clock.time = noon;
    }
    await store.close();
  });

  test('mail-that-comes-due-while-it-is-carried-waits-for-a-minute: it is told of as soon as it can be leased again', async () => {
    const store = await open(data(), options);
    const waiting = await handIn(store, sampleMessage(), Buffer.from('comes due'));
    await attempt(store, waiting.id, noon, deferred);
    for (let round = 0; round < 5; round += 1) {
      const { id } = await handIn(store, sampleMessage(), Buffer.alloc(5000, 65));
      await attempt(store, id, noon, sent);
    }
    const told = Promise.withResolvers<void>();
    const sweeping = store.sweep();
    store.onReady(told.resolve);
    await sweeping;
    await told.promise;
    expect((await leaseAll(store, noon + 2 * hour)).map(({ id }) => id)).toEqual([waiting.id]);
    await store.close();
  });

  test('are carried forward when a few old messages keep them, with trail and bytes, also without the index', async () => {
    const store = await open(data(), options);
    await store.pauseConnector({ connector: 'slow', pausedAt: noon, reason: 'operator', detail: 'x' });
    const old = await handIn(store, sampleMessage({ connector: 'slow' }), Buffer.from('the old message'));
    const tried = await handIn(store, sampleMessage({ client: 'printer' }), Buffer.from('the tried message'));
    await attempt(store, tried.id, noon, deferred);
    await store.note(tried.id, { at: noon, kind: 'notice', by: 'queue', detail: 'noted' });
    for (let round = 0; round < 20; round += 1) {
      const { id } = await handIn(store, sampleMessage(), Buffer.alloc(5000, 65));
      await attempt(store, id, noon, sent);
    }
    const before = await Promise.all([old.id, tried.id].map((id) => store.trail(id)));
    const many = segments();
    expect(await store.sweep()).toEqual([]);
    expect((await store.sweep()).length).toBeGreaterThan(3);
    expect(segments()).toBeLessThan(many);
    const check = async (one: EmbeddedStore) => {
      expect(await Promise.all([old.id, tried.id].map((id) => one.trail(id)))).toEqual(before);
      expect((await (await one.openBody(old.id)).bytes()).toString()).toBe('the old message');
      expect((await (await one.openBody(tried.id)).bytes()).toString()).toBe('the tried message');
      expect(await one.pauses()).toEqual([{ connector: 'slow', pausedAt: noon, reason: 'operator', detail: 'x' }]);
    };
    await check(store);
    await store.close();
    rmSync(join(data(), 'index.db'));
    const rebuilt = await open(data(), options);
    await check(rebuilt);
    expect((await rebuilt.books()).queued).toBe(2);
    await rebuilt.resumeConnector('slow', noon + hour);
    expect((await rebuilt.trail(old.id))?.message.expiresAt).toBe(noon + 49 * hour);
    await attempt(rebuilt, tried.id, noon + 2 * hour, sent);
    await rebuilt.close();
  });
});
