import { describe, expect, it } from 'vitest';
import type { CrashPoint } from '../../src/domain/crash-point.ts';
import { type Death, liveThrough } from './crash-run.ts';

/** Each of them is passed at least once a message or a group, so that the n-th passing comes within a life. */
const points: readonly CrashPoint[] = [
  'before-write',
  'after-sync',
  'before-answer',
  'after-answer',
  'after-reply',
  'before-post',
  'during-post',
  'after-post',
  'before-finish',
];
const killsAtEach = 13;

describe('a server that is killed at a named point', () => {
  for (const point of points)
    it(`killed-at-${point}-loses-nothing-and-doubles-nothing`, { timeout: 180_000 }, async () => {
      const deaths: Death[] = Array.from({ length: killsAtEach }, (_, index) => ({
        at: point,
        passing: 1 + index * 3,
      }));
      const report = await liveThrough(deaths, Math.random);
      expect(report.complaints).toEqual([]);
      expect(report.kills).toBe(killsAtEach);
      expect(report.answered).toBeGreaterThan(0);
    });
});
