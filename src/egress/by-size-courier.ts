/** Two couriers as one: what does not fit the first goes by the second. Both send as the same mailbox. */
import type { AttemptResult } from '../domain/outcome.ts';
import type { Courier, Delivery } from './courier.ts';

export class BySizeCourier implements Courier {
  readonly #small: Courier;
  readonly #large: Courier;
  readonly #note: string;

  /** @param note what the trail says of a message that went by the second. */
  constructor(small: Courier, large: Courier, note: string) {
    this.#small = small;
    this.#large = large;
    this.#note = note;
  }

  get maxMessageBytes(): number {
    return Math.max(this.#small.maxMessageBytes, this.#large.maxMessageBytes);
  }

  get maxRecipients(): number {
    return Math.min(this.#small.maxRecipients, this.#large.maxRecipients);
  }

  async send(delivery: Delivery): Promise<AttemptResult> {
    if (delivery.message.size <= this.#small.maxMessageBytes) return this.#small.send(delivery);
    const result = await this.#large.send(delivery);
    return { ...result, notes: [this.#note, ...result.notes] };
  }

  async close(): Promise<void> {
    await Promise.all([this.#small.close(), this.#large.close()]);
  }
}
