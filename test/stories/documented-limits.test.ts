/**
 * A backlog under the limits that Microsoft documents, against a practice tenant that enforces them. The time of the product
 * and of the tenant is one, and moves only when told to: an hour of sending takes seconds.
 */
import { afterEach, describe, expect, test } from 'vitest';
import { documentedLimits } from '../../src/queue/lane-limits.ts';
import {
  type LimitedRun,
  type LimitedRunOptions,
  otherAccount,
  reader,
  startLimitedRun,
  systemAccount,
} from '../harness/limited-run.ts';
import { until } from '../harness/until.ts';

const [first, second] = [systemAccount, otherAccount];
const perMinute = documentedLimits.messagesPerMinute;

let run: LimitedRun;
afterEach(() => run[Symbol.asyncDispose]());

async function open(options: LimitedRunOptions = {}): Promise<void> {
  run = await startLimitedRun(options);
}

const answered = (status: number) =>
  run.tenant.requests('sendMail').filter((request) => request.status === status).length;
/** What the limit allows in so many seconds from a standing start: thirty at once, and thirty with each minute. */
const allowedIn = (seconds: number) => perMinute * (1 + Math.floor(seconds / 60));
const throttledShare = () => run.tally.throttled / run.tally.attempts;
/** None of it was held back for a later minute. */
const allArrived = (count: number) =>
  until('all to have arrived', () => run.tenant.mailbox(reader, 'inbox').length === count);

describe('a backlog under the documented limits', () => {
  test('drains-at-what-the-limits-allow, and is throttled by nobody', async () => {
    await open();
    await run.backlog({ count: 300 });
    await run.start();
    const seconds = await run.secondsUntil(300, 900);
    expect(300 / allowedIn(seconds)).toBeGreaterThanOrEqual(0.98);
    expect(answered(202)).toBe(300);
    expect(answered(429)).toBe(0);
    // Beyond thirty a minute Exchange would have held them back, and each would have arrived later than it was sent.
    await allArrived(300);
    expect(await run.store.books()).toMatchObject({ accepted: 300, sent: 300, failed: 0, uncertain: 0, queued: 0 });
  });

  test('finds-the-limit-again-after-a-429, with Retry-After as a date, as seconds and without', async () => {
    await open();
    await run.backlog({ count: 150 });
    await run.start();
    for (const retryAfter of [{ retryAfterAs: 'date' as const }, { retryAfterAs: 'seconds' as const }])
      run.tenant.enqueueFault({
        endpoint: 'sendMail',
        action: { kind: 'answer', status: 429, retryAfterSeconds: 20, ...retryAfter },
      });
    run.tenant.enqueueFault({ endpoint: 'sendMail', action: { kind: 'answer', status: 429 } });
    const seconds = await run.secondsUntil(150, 900);
    expect(answered(429)).toBe(3);
    // Five minutes' worth, and no more than the waits that were asked for on top of it.
    expect(seconds).toBeLessThanOrEqual(4 * 60 + 3 * 60);
    expect(await run.store.books()).toMatchObject({ accepted: 150, sent: 150 });
  });

  test('of-two-mailboxes-goes-twice-as-fast, by one registration', async () => {
    await open();
    await Promise.all([run.backlog({ count: 150 }), run.backlog({ count: 150, sender: second })]);
    await run.start();
    const seconds = await run.secondsUntil(300, 900);
    expect(300 / (2 * allowedIn(seconds))).toBeGreaterThanOrEqual(0.98);
    expect(answered(429)).toBe(0);
  });

  test('of-two-registrations-goes-twice-as-fast, each for its own mailbox', async () => {
    await open({ connectors: { main: {}, other: { userName: second } } });
    await Promise.all([run.backlog({ count: 150 }), run.backlog({ count: 150, sender: second, connector: 'other' })]);
    await run.start();
    const seconds = await run.secondsUntil(300, 900);
    expect(300 / (2 * allowedIn(seconds))).toBeGreaterThanOrEqual(0.98);
    expect(answered(429)).toBe(0);
  });

  test('of-one-mailbox-by-two-registrations-goes-no-faster-than-the-mailbox-may', async () => {
    await open({ connectors: { main: {}, other: {} } });
    await Promise.all([run.backlog({ count: 150 }), run.backlog({ count: 150, sender: first, connector: 'other' })]);
    await run.start();
    const seconds = await run.secondsUntil(300, 900);
    // Exchange takes no more than thirty a minute of a mailbox, whoever hands them in, and would hold the others back.
    expect(seconds).toBeGreaterThanOrEqual(9 * 60);
    expect(300 / allowedIn(seconds)).toBeGreaterThanOrEqual(0.98);
    await allArrived(300);
  });

  test('by-smtp-with-oauth-drains-at-what-the-limits-allow-too', async () => {
    await open({ connectors: { main: { kind: 'smtp-oauth' } } });
    await run.backlog({ count: 300 });
    await run.start();
    const seconds = await run.secondsUntil(300, 900);
    expect(300 / allowedIn(seconds)).toBeGreaterThanOrEqual(0.98);
    expect(run.tally).toMatchObject({ attempts: 300, throttled: 0 });
    await allArrived(300);
  });

  test('large-mail-of-graph-has-three-connections-of-smtp-and-not-the-four-of-its-lane', async () => {
    await open({ connectors: { main: { largeMessages: 'smtp-oauth', limits: { messagesPerMinute: 1_000 } } } });
    await Promise.all([run.backlog({ count: 12, bytes: 4_000_000 }), run.backlog({ count: 40 })]);
    await run.start();
    await run.secondsUntil(52, 600);
    expect(run.tally).toMatchObject({ attempts: 52, throttled: 0 });
  });

  test('of-mail-that-fills-the-five-minutes-of-bytes-is-not-refused-at-their-edge', async () => {
    // A twentieth of the documented volume, so that forty kilobytes do what a megabyte does there.
    const uploadBytesPer5Minutes = 150 * 1024 * 52;
    await open({ limits: { uploadBytesPer5Minutes }, connectors: { main: { limits: { uploadBytesPer5Minutes } } } });
    const bytes = 90_000;
    await run.backlog({ count: 264, bytes });
    await run.start();
    // Sixty-six of them in five minutes.
    const seconds = await run.secondsUntil(264, 2_400);
    expect(run.tally.throttled).toBe(0);
    expect(seconds).toBeLessThanOrEqual((3 * 300) / 0.98 + 132);
  });
});

describe('four at once, as Microsoft has published it', () => {
  const faster = { messagesPerMinute: 1_000 };
  test.each(['app-and-mailbox', 'mailbox', 'app'] as const)(
    'is-kept-when-it-is-counted-by-%s, with two registrations and two mailboxes',
    async (concurrencyReading) => {
      const limits = { concurrencyReading, messagesPerMinute: null, mailboxAnswerMs: 3 };
      await open({ limits, connectors: { main: { limits: faster }, other: { limits: faster } } });
      await Promise.all(
        ['main', 'other'].flatMap((connector) =>
          [first, second].map((sender) => run.backlog({ count: 60, sender, connector })),
        ),
      );
      await run.start();
      await run.secondsUntil(240, 600);
      expect(run.tally).toMatchObject({ attempts: 240, throttled: 0 });
    },
  );
});

describe('a limit that is lower than the documented one', () => {
  test('of-requests-is-found-by-the-lane, and so is its being raised', async () => {
    await open({ limits: { requestsPer10Minutes: 100 } });
    await run.backlog({ count: 4_000 });
    await run.start();
    const hours = 2.5;
    await run.forSeconds(hours * 3_600);
    // What it took to find it is in it.
    expect(throttledShare()).toBeLessThan(0.01);
    expect(run.tally.sent / (hours * 600)).toBeGreaterThanOrEqual(0.9);
    expect(run.lanes()[0]?.foundPerMinute).toBeLessThanOrEqual(11);
    const { throttled } = run.tally;
    run.tenant.profile.requestsPer10Minutes = null;
    await run.forSeconds(1.5 * 3_600);
    const before = run.tally.sent;
    await run.forSeconds(300);
    expect(run.tally.sent - before).toBe(5 * perMinute);
    expect(run.tally.throttled).toBe(throttled);
    expect(run.lanes()[0]?.foundPerMinute).toBeUndefined();
  });

  test('of-requests-at-once-is-found-by-the-lane', async () => {
    const limits = { concurrency: 2, messagesPerMinute: null, mailboxAnswerMs: 2 };
    await open({ limits, connectors: { main: { limits: { messagesPerMinute: 1_000 } } } });
    await run.backlog({ count: 600 });
    await run.start();
    await run.secondsUntil(600, 3_600);
    expect(run.tally.throttled).toBeGreaterThan(0);
    expect(throttledShare()).toBeLessThan(0.01);
  });
});
