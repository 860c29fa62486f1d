/**
 * What a client may hand in within an hour and a day. Rolling windows, in slices: a window forgets a slice at a time, so
 * that it takes the same little memory whatever goes through it, and is at most one slice stricter than it says.
 */

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const slices = 60;

export interface QuotaLimits {
  readonly messagesPerHour?: number | undefined;
  readonly messagesPerDay?: number | undefined;
  readonly recipientsPerDay?: number | undefined;
}

/** Messages and recipients that a client has handed in since a time, ms since the epoch. */
export type AcceptedSince = (
  client: string,
  since: number,
) => Promise<{ readonly messages: number; readonly recipients: number }>;

class SlicedWindow {
  readonly limit: number;
  readonly #sliceMs: number;
  readonly #counts = new Float64Array(slices + 1);
  #newest = 0;
  #sum = 0;

  constructor(limit: number, spanMs: number) {
    this.limit = limit;
    this.#sliceMs = spanMs / slices;
  }

  add(amount: number, at: number): void {
    this.#moveTo(at);
    const slice = Math.floor(at / this.#sliceMs);
    if (slice <= this.#newest - this.#counts.length) return;
    const index = slice % this.#counts.length;
    this.#counts[index] = (this.#counts[index] ?? 0) + amount;
    this.#sum += amount;
  }

  used(at: number): number {
    this.#moveTo(at);
    return this.#sum;
  }

  #moveTo(at: number): void {
    const slice = Math.floor(at / this.#sliceMs);
    if (slice - this.#newest >= this.#counts.length) {
      this.#counts.fill(0);
      this.#sum = 0;
      this.#newest = slice;
    }
    while (this.#newest < slice) {
      this.#newest += 1;
      const index = this.#newest % this.#counts.length;
      this.#sum -= this.#counts[index] ?? 0;
      this.#counts[index] = 0;
    }
  }
}

/** The quota of one client. */
export class Quota {
  readonly #hourly: SlicedWindow | undefined;
  readonly #daily: SlicedWindow | undefined;
  readonly #recipients: SlicedWindow | undefined;

  constructor(limits: QuotaLimits) {
    const window = (limit: number | undefined, spanMs: number) =>
      limit === undefined ? undefined : new SlicedWindow(limit, spanMs);
    this.#hourly = window(limits.messagesPerHour, hourMs);
    this.#daily = window(limits.messagesPerDay, dayMs);
    this.#recipients = window(limits.recipientsPerDay, dayMs);
  }

  /** Counts one message, or says which limit it would exceed and counts nothing. */
  take(recipients: number, now: number): string | undefined {
    const full =
      exceeded('messagesPerHour', this.#hourly, 1, now) ??
      exceeded('messagesPerDay', this.#daily, 1, now) ??
      exceeded('recipientsPerDay', this.#recipients, recipients, now);
    if (full === undefined) this.#count(1, recipients, now);
    return full;
  }

  /** Fills the windows with what was accepted before a restart, slice by slice. */
  async seed(client: string, acceptedSince: AcceptedSince, now: number): Promise<void> {
    const hours = this.#daily || this.#recipients ? 24 : 1;
    let messages = 0;
    let recipients = 0;
    for (let quarter = 1; quarter <= hours * 4; quarter += 1) {
      const since = now - (quarter * hourMs) / 4;
      const sum = await acceptedSince(client, since);
      // The young end of each quarter: rather a little too strict than too much let through.
      this.#count(sum.messages - messages, sum.recipients - recipients, since + hourMs / 4);
      ({ messages, recipients } = sum);
    }
  }

  #count(messages: number, recipients: number, at: number): void {
    this.#hourly?.add(messages, at);
    this.#daily?.add(messages, at);
    this.#recipients?.add(recipients, at);
  }
}

function exceeded(name: string, window: SlicedWindow | undefined, amount: number, now: number): string | undefined {
  if (!window || window.used(now) + amount <= window.limit) return undefined;
  return `${name} of ${window.limit} is used up`;
}
