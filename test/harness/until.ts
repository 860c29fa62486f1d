/**
 * Waiting for something to become true, in place of sleeping for as long as it usually takes.
 */
import { setTimeout as pause } from 'node:timers/promises';

export interface UntilOptions {
  /** ms until it is given up; 20,000 when not given, since test machines are busy. */
  readonly deadlineMs?: number;
  /** Longest pause between two looks, in ms; 50 when not given. Less where it is asked a thousand times in one test. */
  readonly mostPauseMs?: number;
}

/**
 * Asks `condition` again and again until it gives something other than `undefined` or `false`, and returns that.
 * An error that it throws counts as "not yet".
 * @throws Error naming `what` and what was seen last, when the deadline has passed.
 */
export async function until<T>(
  what: string,
  condition: () => Promise<T | undefined | false> | T | undefined | false,
  options: UntilOptions = {},
): Promise<T> {
  const deadlineMs = options.deadlineMs ?? 20_000;
  const started = performance.now();
  let pauseMs = 2;
  let lastError: unknown;
  for (;;) {
    try {
      const seen = await condition();
      lastError = undefined;
      if (seen !== undefined && seen !== false) return seen;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() - started > deadlineMs)
      throw new Error(`waited ${deadlineMs} ms in vain: ${what}`, lastError === undefined ? {} : { cause: lastError });
    await pause(pauseMs);
    pauseMs = Math.min(options.mostPauseMs ?? 50, pauseMs * 2);
  }
}
