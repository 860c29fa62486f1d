/**
 * What the parts are given instead of reaching for it: time, chance, and a place to write what happened.
 */

export interface Clock {
  /** ms since the epoch. */
  now(): number;
  /** Calls `callback` once after `delayMs`; the returned function cancels it. The timer does not keep the process alive. */
  after(delayMs: number, callback: () => void): () => void;
}

/** A number in [0, 1), as Math.random gives it: for jitter, never for secrets. */
export type Random = () => number;

/** The part of pino that the product uses. Fields first, sentence second. */
export interface Logger {
  debug(fields: object, sentence: string): void;
  info(fields: object, sentence: string): void;
  warn(fields: object, sentence: string): void;
  error(fields: object, sentence: string): void;
}
