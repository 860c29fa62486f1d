/** The clock of this machine. */
import type { Clock } from '../domain/ports.ts';

/** Longest delay that setTimeout takes, in ms; beyond it, it would fire at once. */
const longestDelayMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(delayMs, longestDelayMs));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
