/** What clocks may differ by. */
const toleratedMs = 300_000;

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

  /**
   * The time by which something is judged that a client has dated (seconds since the epoch): the tenant's own, or the time
   * outside where only that fits. A client goes by its machine's clock, and is not wrong because the tenant's time was moved.
   */
  readonly datedBy = ({ nbf, exp }: { readonly nbf?: number; readonly exp?: number }): number => {
    const fits = (at: number) => (nbf ?? 0) * 1000 <= at + toleratedMs && at - toleratedMs < (exp ?? 0) * 1000;
    return !fits(this.now()) && fits(this.outside()) ? this.outside() : this.now();
  };

  get offsetMs(): number {
    return this.#offsetMs;
  }

  /** Moves the tenant's time on (or back, for a clock that is wrong) by so many ms. */
  advance(ms: number): void {
    this.#offsetMs += ms;
  }
}
