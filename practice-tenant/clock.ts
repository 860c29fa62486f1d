/**
 * The tenant's own time. Everything that expires, lags or is limited asks this clock, and nothing waits on a timer: so a
 * secret of two years can run out in a second of a test.
 */
export class VirtualClock {
  readonly #base: () => number;
  #offsetMs = 0;

  /** @param base ms since the epoch, as of the machine or of a test */
  constructor(base: () => number = Date.now) {
    this.#base = base;
  }

  /** ms since the epoch. */
  readonly now = (): number => this.#base() + this.#offsetMs;

  /** The time outside: what a Date header says, however far the tenant's own time was moved. */
  readonly outside = (): number => this.#base();

  get offsetMs(): number {
    return this.#offsetMs;
  }

  /** Moves the tenant's time on (or back, for a clock that is wrong) by so many ms. */
  advance(ms: number): void {
    this.#offsetMs += ms;
  }
}
