import { describe, expect, it } from 'vitest';
import { type Death, liveThrough } from './crash-run.ts';

const series = 5;
const killsInEach = 15;

describe('a server that is killed at any moment', () => {
  for (let run = 1; run <= series; run += 1)
    it(`killed-at-random-loses-nothing-and-doubles-nothing-${run}`, { timeout: 180_000 }, async () => {
      const deaths: Death[] = Array.from({ length: killsInEach }, () => ({
        afterAnswers: 1 + Math.floor(Math.random() * 50),
      }));
      const { books, ...report } = await liveThrough(deaths, Math.random);
      expect(report.complaints).toEqual([]);
      expect(report.kills).toBe(killsInEach);
      const { accepted, sent, failed, uncertain, cancelled, held, queued, sending } = books;
      expect(accepted).toBe(sent + failed + uncertain + cancelled + held + queued + sending);
    });
});
