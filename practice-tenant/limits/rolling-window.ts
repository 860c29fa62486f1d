/**
 * How much happened in the last so many minutes, in a fixed number of slots: no timers, and no memory that grows with
 * traffic. What falls out of the window leaves slot by slot, a little late and never early.
 */

const slotCount = 60;

export class RollingWindow {
  readonly #slotMs: number;
  readonly #amounts = new Float64Array(slotCount);
  /** The number of the slot on the time line that each place stands for. */
  readonly #numbers = new Float64Array(slotCount).fill(Number.NEGATIVE_INFINITY);

  constructor(windowMs: number) {
    // One slot more than the window: the newest slot is never a whole one.
    this.#slotMs = windowMs / (slotCount - 1);
  }

  add(now: number, amount: number): void {
    const number = Math.floor(now / this.#slotMs);
    const place = ((number % slotCount) + slotCount) % slotCount;
    if (this.#numbers[place] !== number) this.#amounts[place] = 0;
    this.#numbers[place] = number;
    this.#amounts[place] = (this.#amounts[place] ?? 0) + amount;
  }

  /** What is within the window at that time. */
  total(now: number): number {
    const newest = Math.floor(now / this.#slotMs);
    let sum = 0;
    for (let place = 0; place < slotCount; place += 1) {
      const number = this.#numbers[place] ?? Number.NEGATIVE_INFINITY;
      if (number > newest - slotCount && number <= newest) sum += this.#amounts[place] ?? 0;
    }
    return sum;
  }

  /** ms from now until so much more fits below the limit; the whole window when it never does. */
  msUntilRoom(now: number, amount: number, limit: number): number {
    const newest = Math.floor(now / this.#slotMs);
    for (let step = 0; step <= slotCount; step += 1) {
      const at = step === 0 ? now : (newest + step) * this.#slotMs;
      if (this.total(at) + amount <= limit) return at - now;
    }
    return this.#slotMs * slotCount;
  }
}

/** One window for each name. Windows in which nothing is left are dropped when there are many. */
export class RollingWindows {
  readonly #windowMs: number;
  readonly #windows = new Map<string, RollingWindow>();
  #sweepAt = 1024;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  of(name: string, now: number): RollingWindow {
    const found = this.#windows.get(name);
    if (found) return found;
    if (this.#windows.size >= this.#sweepAt) {
      for (const [each, window] of this.#windows) if (window.total(now) === 0) this.#windows.delete(each);
      this.#sweepAt = Math.max(1024, 2 * this.#windows.size);
    }
    const window = new RollingWindow(this.#windowMs);
    this.#windows.set(name, window);
    return window;
  }
}
