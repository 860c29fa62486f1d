import { mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TemporaryFolder, temporaryFolder } from '../../test/harness/temporary-folder.ts';
import { until } from '../../test/harness/until.ts';
import type { Clock, Logger } from '../domain/ports.ts';
import { queuedMessage } from '../queue/queued-message.sample.ts';
import { type DeliveryLog, openDeliveryLog } from './delivery-log.ts';

let folder: TemporaryFolder;
let file = '';
let now = 0;
let errors: string[] = [];
let log: DeliveryLog;

const clock: Clock = { now: () => now, after: () => () => undefined };
const keep = (_fields: object, sentence: string) => void errors.push(sentence);
const logger: Logger = { debug: () => undefined, info: () => undefined, warn: keep, error: keep };

beforeEach(async () => {
  folder = await temporaryFolder();
  file = join(folder.path, 'delivery.log');
  now = Date.UTC(2026, 10, 24);
  errors = [];
  log = await openDeliveryLog(file, clock, logger);
});
afterEach(async () => {
  await log.close();
  await folder[Symbol.asyncDispose]();
});

function linesOf(path: string): { id: string; event: string }[] {
  const text = readFileSync(path, 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

const written = (id: string) => until(`${id} is in the log`, () => linesOf(file).some((line) => line.id === id));

describe('somebody who looks for one message in the delivery log', () => {
  it('finds each step with what the service answered, a line each, whatever the subject holds', async () => {
    const message = queuedMessage({ id: 'one' });
    const summary = { ...message.summary, subject: 'two\nlines {"event":"sent"}' };
    log.accepted({ ...message, summary });
    log.attempted(
      message,
      { number: 2, clientRequestId: 'c-1' },
      {
        outcome: 'deferred',
        fault: 'throttled',
        scope: 'lane',
        answer: { status: 429, code: 'ApplicationThrottled', requestId: 'r-1' },
        durationMs: 12.6,
        notes: [],
      },
      'queued',
    );
    log.event(message, 'failed', 'expired');
    log.intervened(['one'], 'cancel', 'ada');
    await log.close();
    expect(linesOf(file)).toEqual([
      expect.objectContaining({
        event: 'accepted',
        id: 'one',
        subject: summary.subject,
        recipients: ['b@contoso.example'],
      }),
      expect.objectContaining({
        event: 'attempt',
        attempt: 2,
        fault: 'throttled',
        status: 429,
        requestId: 'r-1',
        ms: 13,
        next: 'queued',
      }),
      expect.objectContaining({ event: 'failed', detail: 'expired' }),
      { time: '2026-11-24T00:00:00.000Z', event: 'cancel', id: 'one', by: 'ada' },
    ]);
    expect(statSync(file).mode & 0o777).toBe(process.platform === 'win32' ? 0o666 : 0o600);
  });
});

// An open file cannot be renamed there.
describe.skipIf(process.platform === 'win32')('a rotation that moves the delivery log away', () => {
  it('has later lines in a new file as soon as it says so', async () => {
    log.intervened(['before'], 'hold', 'ada');
    await written('before');
    renameSync(file, `${file}.1`);
    log.reopen();
    log.intervened(['after'], 'hold', 'ada');
    await written('after');
    expect(linesOf(`${file}.1`).map(({ id }) => id)).toEqual(['before']);
    expect(linesOf(file).map(({ id }) => id)).toEqual(['after']);
  });

  it('is noticed within seconds when it says nothing', async () => {
    log.intervened(['before'], 'hold', 'ada');
    await written('before');
    renameSync(file, `${file}.1`);
    log.intervened(['between'], 'hold', 'ada');
    await until('the old file is still written to', () => linesOf(`${file}.1`).length === 2);
    now += 5_001;
    log.intervened(['after'], 'hold', 'ada');
    await written('after');
  });

  it('loses no line when the new file cannot be made', async () => {
    log.intervened(['before'], 'hold', 'ada');
    await written('before');
    renameSync(file, `${file}.1`);
    // A folder stands where the file would be.
    mkdirSync(file);
    log.reopen();
    log.intervened(['between'], 'hold', 'ada');
    await until('the old file goes on', () => linesOf(`${file}.1`).length === 2);
    expect(errors).toEqual(['The delivery log cannot be opened anew.']);
    rmSync(file, { recursive: true });
    log.intervened(['after'], 'hold', 'ada');
    await written('after');
  });
});

describe('mail, while the delivery log cannot keep up', () => {
  it('goes on: beyond a limit lines are dropped and counted, and the log says so', async () => {
    const ids = Array.from({ length: 400 }, (_, index) => `m${index}`);
    const long = 'x'.repeat(100_000);
    // All in one turn: nothing can be written in between.
    for (const id of ids) log.event(queuedMessage({ id }), 'failed', long);
    await log.close();
    const kept = linesOf(file).length;
    expect(kept).toBeGreaterThan(100);
    expect(kept).toBeLessThan(ids.length);
    expect(errors).toEqual(['Lines of the delivery log were dropped; the trail of each message has them.']);
  });
});
