import { expect, test } from 'vitest';
import { defaultRetrySchedule, probeSchedule, waitMs } from './retry-clock.ts';

const middle = () => 0.5;

test('messages are tried soon at first, then ever more seldom, and once an hour in the end', () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 8, 9, 100].map((tries) => waitMs(defaultRetrySchedule, tries, middle) / 1000);
  expect(waits).toEqual([15, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
});

test('probes come after 15 s, 30 s, 1 min … 5 min', () => {
  const waits = [1, 2, 3, 4, 5, 6, 50].map((tries) => waitMs(probeSchedule, tries, middle) / 1000);
  expect(waits).toEqual([15, 30, 60, 120, 240, 300, 300]);
});

test('jitter spreads what failed together, by no more than its share', () => {
  expect(waitMs(defaultRetrySchedule, 2, () => 0)).toBe(48_000);
  expect(waitMs(defaultRetrySchedule, 2, () => 0.999999)).toBeCloseTo(72_000, -1);
});

test('a thousand tries later the wait is still a number', () => {
  expect(waitMs({ ...defaultRetrySchedule, jitter: 0 }, 100_000, middle)).toBe(3_600_000);
});
