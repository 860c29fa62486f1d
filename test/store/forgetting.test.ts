/** What goes from the record in its time, what stays, and the bytes that go at once. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEmbeddedStore } from '../../src/storage/embedded/open.ts';
import type { EmbeddedStore } from '../../src/storage/embedded/store.ts';
import { until } from '../harness/until.ts';
import {
  attempt,
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

const day = 24 * hour;
let folder: ReturnType<typeof temporaryFolder>;
let store: EmbeddedStore;
let clock: ReturnType<typeof testClock>;

const open = () =>
  openEmbeddedStore({
    dir: folder.path,
    clock,
    logger: testLogger(),
    options: { segmentBytes: 4_096, keepSentBodiesMs: day, keepFailedBodiesMs: day, keepHistoryMs: 90 * day },
  });

beforeEach(async () => {
  folder = temporaryFolder();
  clock = testClock();
  store = await open();
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

const everything = () =>
  readdirSync(folder.path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name)).toString('latin1'))
    .join('');

test('history-grows-for-ever: what is final and old goes, with all that it was found by; what waits stays', async () => {
  const old = await handIn(
    store,
    sampleMessage({ at: noon, subject: 'An old secret', to: ['gone@contoso.example'], key: 'k1' }),
  );
  const lost = await handIn(store, sampleMessage({ at: noon, subject: 'An old failure' }));
  await attempt(store, old.id, noon, sent);
  await attempt(store, lost.id, noon, failed);
  const held = await handIn(store, sampleMessage({ at: noon, initialState: 'held', subject: 'An old held one' }));
  clock.time = noon + 50 * day;
  for (let count = 0; count < 20; count += 1) {
    const { id } = await handIn(store, sampleMessage({ at: clock.time, subject: 'A young one' }));
    await attempt(store, id, clock.time, sent);
  }
  await store.sweep();
  expect(await store.forget()).toBe(0);
  clock.time = noon + 91 * day;
  // The held one keeps the oldest segment, until it is carried forward.
  await store.sweep();
  await store.sweep();
  expect(await store.forget()).toBe(2);
  expect(await store.trail(old.id)).toBeUndefined();
  expect(await store.list({ limit: 10, subject: 'old' })).toMatchObject([{ id: held.id }]);
  expect(await store.list({ limit: 10, address: 'gone@contoso.example' })).toEqual([]);
  expect(await store.findByIdempotencyKey('payroll', 'k1')).toBeUndefined();
  expect(await store.books()).toMatchObject({ accepted: 21, sent: 20, failed: 0, held: 1 });
  await store.close();
  store = await open();
  expect(await store.books()).toMatchObject({ accepted: 21, sent: 20, held: 1 });
  const fresh = await handIn(store, sampleMessage({ at: clock.time, subject: 'After all that' }));
  expect(await store.list({ limit: 10, subject: 'after all' })).toMatchObject([{ id: fresh.id }]);
});

test('bytes-of-a-payslip-stay-on-the-disk: a rule that deletes takes them as soon as it is sent, and no sooner', async () => {
  const payslip = Buffer.from('Subject: Payslip\r\n\r\nSeventy thousand\r\n');
  const message = { ...sampleMessage({ at: noon }), redaction: { rule: 'payroll', deletes: true } };
  await handIn(store, message, payslip);
  expect((await (await store.openBody(message.id)).bytes()).equals(payslip)).toBe(true);
  expect(everything()).toContain('Seventy thousand');
  await store.close();
  store = await open();
  expect((await (await store.openBody(message.id)).bytes()).equals(payslip)).toBe(true);
  await attempt(store, message.id, noon, sent);
  await until('the bytes are gone', () => !everything().includes('Seventy thousand'));
  await expect(store.openBody(message.id)).rejects.toMatchObject({ fault: { code: 'not-found' } });
  expect(await store.trail(message.id)).toMatchObject({ message: { state: 'sent', redaction: { rule: 'payroll' } } });
  await store.close();
  store = await open();
  expect(await store.books()).toMatchObject({ accepted: 1, sent: 1 });
});

test('a-failed-payslip-can-be-sent-again: its bytes are kept until then', async () => {
  const message = { ...sampleMessage({ at: noon }), redaction: { rule: 'payroll', deletes: true } };
  await handIn(store, message, Buffer.from('Subject: Payslip\r\n\r\nSeventy thousand\r\n'));
  await attempt(store, message.id, noon, failed);
  await store.sweep();
  await store.intervene({ ids: [message.id], kind: 'retry', by: 'ada', at: noon });
  expect((await (await store.openBody(message.id)).bytes()).toString()).toContain('Seventy thousand');
});
