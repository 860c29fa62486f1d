import { describe, expect, test } from 'vitest';
import type { CheckReport } from './run-checks.ts';
import { runUntilSettled } from './settle.ts';

function report(state: CheckReport['state'], mayStillCome: boolean, more: Partial<CheckReport> = {}): CheckReport {
  return {
    id: 'mailbox',
    statement: 'It may send.',
    state,
    evidence: [],
    durationMs: 1,
    ...(mayStillCome ? { mayStillCome: true } : {}),
    ...more,
  };
}

/** Rounds that answer one after the other, the last one for ever; on a clock that only the pauses move. */
async function settle(answers: readonly CheckReport[], waitMs: number) {
  let now = 0;
  let rounds = 0;
  const told: number[] = [];
  const reports = await runUntilSettled(
    () => {
      const answer = answers[Math.min(rounds, answers.length - 1)];
      rounds += 1;
      return Promise.resolve(answer ? [answer] : []);
    },
    {
      waitMs,
      everyMs: 30_000,
      now: () => now,
      pause: (ms) => {
        now += ms;
        return Promise.resolve();
      },
      told: (_open, leftMs) => told.push(leftMs),
    },
  );
  return { state: reports[0]?.state, rounds, told, now };
}

describe('waiting for Graph', () => {
  test('ends as soon as the change has come, and says what it waits for', async () => {
    const refused = report('fail', true);
    expect(await settle([refused, refused, report('pass', false)], 3_600_000)).toEqual({
      state: 'pass',
      rounds: 3,
      told: [3_600_000, 3_570_000],
      now: 60_000,
    });
  });

  test('ends when its time is over, with what is so then', async () => {
    expect(await settle([report('fail', true)], 45_000)).toMatchObject({ state: 'fail', rounds: 3, now: 45_000 });
  });

  test('is not done for what no waiting mends', async () => {
    expect(await settle([report('fail', false)], 3_600_000)).toMatchObject({ rounds: 1, now: 0 });
  });

  test('ends sooner for what comes within minutes or not at all', async () => {
    const refused = report('fail', false, { comesWithinMs: 70_000 });
    expect(await settle([refused], 3_600_000)).toMatchObject({ state: 'fail', rounds: 4, now: 90_000 });
    expect(await settle([refused, report('pass', false)], 3_600_000)).toMatchObject({ state: 'pass', now: 30_000 });
  });

  test('is not done unless it is asked for', async () => {
    expect(await settle([report('fail', true)], 0)).toMatchObject({ rounds: 1, told: [] });
  });
});
