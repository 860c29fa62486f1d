/**
 * A clock that runs as the machine's does and can be moved on: timers whose time has come by a move fire at once, in their
 * order. So a product and a practice tenant that share it live through years in seconds.
 */
import type { Clock } from '../../src/domain/ports.ts';

interface Timer {
  readonly at: number;
  readonly fire: () => void;
}

export class MovableClock implements Clock {
  #ahead = 0;
  readonly #timers = new Set<Timer>();
  #alarm: NodeJS.Timeout | undefined;

  readonly now = (): number => Date.now() + this.#ahead;

  after(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.now() + delayMs, fire: callback };
    this.#timers.add(timer);
    this.#arm();
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** Moves on by so many ms. Each timer that falls due sees its own time, not the end of the move. */
  move(ms: number): void {
    const end = this.#ahead + ms;
    for (;;) {
      const next = this.#next();
      if (!next || next.at > Date.now() + end) break;
      this.#ahead = Math.max(this.#ahead, next.at - Date.now());
      this.#timers.delete(next);
      next.fire();
    }
    this.#ahead = end;
    this.#arm();
  }

  #next(): Timer | undefined {
    return [...this.#timers].reduce<Timer | undefined>(
      (first, each) => (first && first.at <= each.at ? first : each),
      undefined,
    );
  }

  #arm(): void {
    clearTimeout(this.#alarm);
    const next = this.#next();
    if (!next) return;
    // Longer than setTimeout takes: it arms itself again.
    this.#alarm = setTimeout(() => this.move(0), Math.min(Math.max(0, next.at - this.now()), 2 ** 30));
    this.#alarm.unref();
  }
}
