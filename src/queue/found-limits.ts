/**
 * Limits that a lane finds out by being refused: lower than those it was told of, because the tenant has others, or because
 * another program sends as the same mailbox. Two of them, and a refusal is put down to one by its words.
 *
 * **At once.** Refused for too many at once, a lane keeps one less under way than it had. After two hundred answers it
 * tries one more; where that is refused, the next try comes after twice as many.
 *
 * **In a time.** One refusal is no limit: the service was busy, and the lane goes on as before when it has waited. Another
 * one within ten minutes shows a limit, unless refusals are so rare among the answers of that time that they have nothing to
 * do with the pace: to slow down for those would bring the next one no later, and slow it down again. What was answered
 * meanwhile, over the time until the service will take more, is what it bears, and the lane spaces its messages by 90 % of that. After a hundred answers it comes closer, and stays there;
 * after four hundred it begins to look for more, and doubles its step with each hundred answers, until it is back at the
 * pace that it was told, or refused again.
 *
 * So fewer than one in a hundred requests is refused, whatever the limit is, and a limit that was raised is found.
 */

const slotMs = 10_000;
const slots = 60;
const spanMs = slotMs * slots;

/** How many are under way at once. */
export class FoundConcurrency {
  readonly #limit: number;
  #ceiling: number;
  #answers = 0;
  #peace = firstPeace;
  /** It goes one higher than it knows to be allowed. */
  #isTry = false;

  constructor(limit: number) {
    this.#limit = limit;
    this.#ceiling = limit;
  }

  get ceiling(): number {
    return this.#ceiling;
  }

  answered(): void {
    if (this.#ceiling >= this.#limit) return;
    this.#answers += 1;
    if (this.#answers < this.#peace) return;
    if (this.#isTry) this.#peace = firstPeace;
    this.#ceiling += 1;
    this.#isTry = true;
    this.#answers = 0;
  }

  /** Refused for too many at once, with so many under way, itself among them. */
  refused(underWay: number): void {
    if (this.#isTry) this.#peace = Math.min(this.#peace * 2, mostPeace);
    this.#ceiling = Math.max(1, Math.min(this.#ceiling, underWay) - 1);
    this.#isTry = false;
    this.#answers = 0;
  }
}

const firstPeace = 200;
const mostPeace = 3_200;

/** How many go in a time. */
export class FoundPace {
  readonly #mostPerMs: number;
  readonly #counts = new Map<number, number>();
  readonly #refusals = new Map<number, number>();
  #perMs: number | undefined;
  #refusedUntil = Number.NEGATIVE_INFINITY;
  /** Since the last refusal. */
  #answers = 0;

  /** @param mostPerMinute the pace that it was told; Infinity where it was told none */
  constructor(mostPerMinute: number) {
    this.#mostPerMs = mostPerMinute / 60_000;
  }

  /** ms between two messages; 0 where no limit was found. */
  get gapMs(): number {
    return this.#perMs === undefined ? 0 : 1 / this.#perMs;
  }

  /** Whether it was refused so lately that it may well be again: all that is under way then would be. */
  isWary(now: number): boolean {
    return now - this.#refusedUntil <= spanMs;
  }

  answered(now: number): void {
    countIn(this.#counts, now);
    if (this.#counts.size > slots) this.#forget(now);
    if (this.#perMs === undefined) return;
    this.#answers += 1;
    if (this.#answers % peace !== 0) return;
    this.#perMs *= growthAfter(this.#answers / peace);
    if (this.#perMs >= Math.min(this.#mostPerMs, fastest)) this.#perMs = undefined;
  }

  /**
   * Refused for too much in a time, until a time. Returns ms to wait beyond that: there is room for one message then, and
   * the next would be refused again.
   */
  refused(now: number, until: number): number {
    const isOnlyOne = !this.isWary(now);
    this.#refusedUntil = Math.max(this.#refusedUntil, until);
    countIn(this.#refusals, now);
    this.#forget(now);
    const answers = sumOf(this.#counts);
    if (sumOf(this.#refusals) < answers * rare) return 0;
    this.#answers = 0;
    if (isOnlyOne && this.#perMs === undefined) return 0;
    const [oldest] = this.#counts.keys();
    if (oldest === undefined || answers < fewest) return 0;
    const bears = answers / Math.max(slotMs, until - oldest * slotMs);
    this.#perMs = Math.min(bears * share, this.#perMs ?? Number.POSITIVE_INFINITY, this.#mostPerMs);
    return roomFor * this.gapMs;
  }

  #forget(now: number): void {
    const oldest = Math.floor((now - spanMs) / slotMs);
    for (const counts of [this.#counts, this.#refusals])
      for (const slot of counts.keys()) if (slot < oldest) counts.delete(slot);
  }
}

function countIn(counts: Map<number, number>, now: number): void {
  const slot = Math.floor(now / slotMs);
  counts.set(slot, (counts.get(slot) ?? 0) + 1);
}

function sumOf(counts: ReadonlyMap<number, number>): number {
  return counts.values().reduce((sum, each) => sum + each, 0);
}

/** Refusals for each answer below which they are put down to chance: fewer than one in a hundred is what is aimed at anyway. */
const rare = 0.008;

/** Answers below which nothing can be said of a pace. */
const fewest = 10;
const share = 0.9;
/** Messages for which there is to be room when it goes on after a refusal. */
const roomFor = 5;
const peace = 100;

/** By how much it goes faster after so many hundreds of answers. */
function growthAfter(hundreds: number): number {
  if (hundreds === 1) return 1.05;
  return hundreds < 4 ? 1 : 1 + Math.min(1, 0.05 * 2 ** (hundreds - 4));
}

/** Messages a ms beyond which no pace is kept. */
const fastest = 1;
