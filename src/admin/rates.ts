/** Counts a minute, for the console's chart: what came in, what went out, what did not. In memory; a restart begins anew. */

import type { AttemptResult } from '../domain/outcome.ts';
import type { Clock } from '../domain/ports.ts';

const minuteMs = 60_000;
/** A day. */
const mostMinutes = 1_440;

/** One minute; `minute` is its start, ms since the epoch. */
export interface MinuteCounts {
  readonly minute: number;
  readonly accepted: number;
  readonly sent: number;
  readonly deferred: number;
  readonly failed: number;
  readonly uncertain: number;
}

const none = { accepted: 0, sent: 0, deferred: 0, failed: 0, uncertain: 0 };

export class Rates {
  readonly #clock: Clock;
  readonly #minutes = new Map<number, typeof none>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  accepted(): void {
    this.#now().accepted += 1;
  }

  ended(outcome: AttemptResult['outcome']): void {
    this.#now()[outcome] += 1;
  }

  /** The last so many minutes, the oldest first, the one under way included; quiet ones are zeros. */
  last(minutes: number): readonly MinuteCounts[] {
    const current = this.#minuteOf();
    return Array.from({ length: minutes }, (_, index) => {
      const minute = current - (minutes - 1 - index) * minuteMs;
      return { minute, ...(this.#minutes.get(minute) ?? none) };
    });
  }

  #minuteOf(): number {
    return Math.floor(this.#clock.now() / minuteMs) * minuteMs;
  }

  #now(): typeof none {
    const minute = this.#minuteOf();
    let counts = this.#minutes.get(minute);
    if (!counts) {
      counts = { ...none };
      this.#minutes.set(minute, counts);
      const [oldest] = this.#minutes.keys();
      if (oldest !== undefined && this.#minutes.size > mostMinutes) this.#minutes.delete(oldest);
    }
    return counts;
  }
}
