/**
 * Work that is under way: what a drain waits for. A promise that it keeps never rejects; what goes wrong is logged, and
 * recovery deals with it at the next start.
 */
import type { Clock, Logger } from '../domain/ports.ts';

export class UnderWay {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #all = new Set<Promise<void>>();

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  get size(): number {
    return this.#all.size;
  }

  track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => {
        this.#logger.error({ err: error }, 'The dispatcher could not finish a step; the next start does.');
      })
      .finally(() => this.#all.delete(tracked));
    this.#all.add(tracked);
  }

  /** Waits for what is under way now. */
  async settled(): Promise<void> {
    await Promise.all(this.#all);
  }

  /** Waits until nothing is under way, or for so long. */
  async settledWithin(ms: number): Promise<void> {
    if (this.#all.size === 0) return;
    const late = Promise.withResolvers<void>();
    const cancel = this.#clock.after(ms, late.resolve);
    await Promise.race([this.settled(), late.promise]);
    cancel();
  }
}
