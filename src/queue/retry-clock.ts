/**
 * When to try again. Pure functions of the count of tries and a throw of the dice: the time itself is kept by the store as
 * `dueAt`, so that a restart neither sends everything at once nor forgets.
 */
import type { Random } from '../domain/ports.ts';

export interface RetrySchedule {
  /** Waits after the first tries, ms: a passing fault is over in seconds. */
  readonly quickMs: readonly number[];
  /** The wait after those, ms. */
  readonly firstMs: number;
  readonly factor: number;
  readonly maxMs: number;
  /** Share by which a wait is moved up or down at random, so that what failed together does not come back together. */
  readonly jitter: number;
}

/** For messages: 15 s, 1 min, 2, 4, … up to an hour. */
export const defaultRetrySchedule: RetrySchedule = {
  quickMs: [15_000],
  firstMs: 60_000,
  factor: 2,
  maxMs: 3_600_000,
  jitter: 0.2,
};

/** For a lane that was told to wait without being told how long: 5 s, 10, 20, … up to 5 min. */
export const laneBackOff: RetrySchedule = { quickMs: [], firstMs: 5_000, factor: 2, maxMs: 300_000, jitter: 0.2 };

/** For the probes of a connector at fault: 15 s, 30 s, 1 min, … up to 5 min. Mail goes out this soon after the mend. */
export const probeSchedule: RetrySchedule = { quickMs: [], firstMs: 15_000, factor: 2, maxMs: 300_000, jitter: 0.1 };

/** ms to wait after the `tries`-th try (1 for the first). */
export function waitMs(schedule: RetrySchedule, tries: number, random: Random): number {
  return Math.round(plainWaitMs(schedule, Math.max(1, tries)) * (1 + schedule.jitter * (2 * random() - 1)));
}

function plainWaitMs(schedule: RetrySchedule, tries: number): number {
  const quick = schedule.quickMs[tries - 1];
  if (quick !== undefined) return quick;
  // The exponent is bounded: 2 ** 2000 is Infinity, and Infinity times a jitter of 0 is no number.
  const exponent = Math.min(tries - 1 - schedule.quickMs.length, 60);
  return Math.min(schedule.maxMs, schedule.firstMs * schedule.factor ** exponent);
}
