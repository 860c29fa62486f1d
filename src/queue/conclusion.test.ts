/** The table of conclusion.ts, row by row. */
import { describe, expect, test } from 'vitest';
import type { AttemptResult, DeferralScope } from '../domain/outcome.ts';
import { type Circumstances, conclude } from './conclusion.ts';
import { queuedMessage } from './queued-message.sample.ts';
import { defaultRetrySchedule } from './retry-clock.ts';

const now = 1_000_000;
const circumstances = (parts: Partial<Circumstances> = {}): Circumstances => ({
  message: queuedMessage(),
  now,
  schedule: defaultRetrySchedule,
  uncertain: { rule: 'retry', delayMs: 120_000, mostAttempts: 3 },
  uncertainBefore: 0,
  laneBackOffMs: 5_000,
  random: () => 0.5,
  ...parts,
});
const base = { answer: { status: 400 }, durationMs: 1, notes: [] };
const deferral = (scope: DeferralScope, retryAfterMs?: number): AttemptResult => ({
  ...base,
  outcome: 'deferred',
  fault: 'throttled',
  scope,
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});
const uncertain: AttemptResult = { ...base, outcome: 'uncertain', fault: 'no-answer' };

test('sent and failed are final and show that lane and connector work', () => {
  const works = { lane: 'answered', connector: 'works' };
  expect(conclude({ ...base, outcome: 'sent' }, circumstances())).toEqual({ next: { state: 'sent' }, ...works });
  expect(conclude({ ...base, outcome: 'failed', fault: 'too-large' }, circumstances())).toEqual({
    next: { state: 'failed' },
    ...works,
  });
});

test.each<AttemptResult>([
  { ...base, answer: {}, outcome: 'failed', fault: 'too-large' },
  { ...base, answer: {}, outcome: 'deferred', scope: 'message', fault: 'message-unreadable' },
  { ...base, outcome: 'deferred', scope: 'message', fault: 'unlisted-answer' },
])('$outcome by $fault shows nothing about the connector: it must not end a pause', (result) => {
  expect(conclude(result, circumstances())).toMatchObject({ lane: 'unknown', connector: 'unknown' });
});

describe('deferred', () => {
  test('by the message: by the retry clock, and it counts', () => {
    const message = queuedMessage({ countedAttempts: 1, maybeSent: true });
    expect(conclude(deferral('message'), circumstances({ message }))).toEqual({
      next: { state: 'queued', dueAt: now + 60_000, counts: true, maybeSent: true },
      lane: 'answered',
      connector: 'works',
    });
  });

  test('by the message with Retry-After: never earlier than asked', () => {
    const { next } = conclude(deferral('message', 400_000), circumstances());
    expect(next).toMatchObject({ dueAt: now + 400_000 });
  });

  test.each([
    [undefined, 5_000],
    [17_000, 17_000],
    [0, 0],
  ])('by the lane with Retry-After %s: the lane waits, and nothing counts against the message', (asked, waitMs) => {
    expect(conclude(deferral('lane', asked), circumstances())).toEqual({
      next: { state: 'queued', dueAt: now + waitMs, counts: false, maybeSent: false },
      lane: { waitMs, reason: 'throttled' },
      connector: 'unknown',
    });
  });

  test('by the connector: due at once, for the pause holds it, and nothing counts', () => {
    expect(conclude(deferral('connector', 60_000), circumstances())).toEqual({
      next: { state: 'queued', dueAt: now, counts: false, maybeSent: false },
      lane: 'unknown',
      connector: 'at-fault',
    });
  });
});

describe('uncertain', () => {
  test('rule retry: again after the delay, marked as maybe sent', () => {
    expect(conclude(uncertain, circumstances()).next).toEqual({
      state: 'queued',
      dueAt: now + 120_000,
      counts: true,
      maybeSent: true,
    });
  });

  test('rule retry, but for the third time: a person decides, or the copies go on for days', () => {
    expect(conclude(uncertain, circumstances({ uncertainBefore: 2 })).next).toEqual({ state: 'uncertain' });
  });

  test('rule hold: a person decides', () => {
    const rule = { rule: 'hold', delayMs: 0, mostAttempts: 3 } as const;
    expect(conclude(uncertain, circumstances({ uncertain: rule }))).toEqual({
      next: { state: 'uncertain' },
      lane: 'unknown',
      connector: 'unknown',
    });
  });
});
