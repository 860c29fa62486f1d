/** ms. Who asks may have read the clock a moment before the last entry was made. */
const clockJitterMs = 5_000;

/**
 * Counts what happened in the last so many ms, exactly. A token bucket would let twice the limit through in its first span
 * (what it holds, and what flows in); with a service that punishes the excess by delays, exactness is the faster way.
 */
export class RollingWindow {
  readonly #limit: number;
  readonly #spanMs: number;
  #entries: { readonly at: number; readonly amount: number }[] = [];
  /** Entries before this one have left the window; cut off now and then, since shifting each costs a copy. */
  #first = 0;
  #sum = 0;

  constructor(limit: number, spanMs: number) {
    this.#limit = limit;
    this.#spanMs = spanMs;
  }

  add(amount: number, at: number): void {
    if (this.#limit === Number.POSITIVE_INFINITY || amount === 0) return;
    this.#entries.push({ at, amount });
    this.#sum += amount;
  }

  /** What was counted and has not left yet; 0 where nothing is limited. */
  sum(now: number): number {
    this.#forget(now);
    return this.#sum;
  }

  /** What still fits now. */
  room(now: number): number {
    this.#forget(now);
    return Math.max(0, this.#limit - this.#sum);
  }

  /** When `amount` fits: `now`, or the time at which enough has left. What is larger than the limit goes when it is alone. */
  freeAt(amount: number, now: number): number {
    this.#forget(now);
    let excess = this.#sum + amount - this.#limit;
    if (excess <= 0 || this.#sum === 0) return now;
    let at = now;
    for (let index = this.#first; index < this.#entries.length && excess > 0; index += 1) {
      const entry = this.#entries[index];
      if (!entry) break;
      excess -= entry.amount;
      at = entry.at + this.#spanMs;
    }
    return Math.max(at, now);
  }

  #forget(now: number): void {
    // Nothing was counted in the future: the clock has been set back, and what was counted goes back with it.
    const ahead = (this.#entries.at(-1)?.at ?? now) - now;
    if (ahead > clockJitterMs) this.#entries = this.#entries.map(({ at, amount }) => ({ at: at - ahead, amount }));
    for (;;) {
      const entry = this.#entries[this.#first];
      if (!entry || entry.at + this.#spanMs > now) break;
      this.#sum -= entry.amount;
      this.#first += 1;
    }
    if (this.#first === this.#entries.length) {
      this.#entries = [];
      this.#first = 0;
      this.#sum = 0;
    } else if (this.#first > 1024 && this.#first * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
  }
}
