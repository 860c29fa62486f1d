/** Bodies that were accepted a moment ago, so that sending them reads nothing back. The oldest go when it is full. */
import type { MessageId } from '../../domain/message.ts';

export class BodyCache {
  readonly #bodies = new Map<MessageId, Buffer>();
  readonly #mostBytes: number;
  #bytes = 0;

  /** @param mostBytes how much it holds, in bytes. */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  put(id: MessageId, body: Buffer): void {
    if (body.length > this.#mostBytes / 4) return;
    this.drop(id);
    this.#bodies.set(id, body);
    this.#bytes += body.length;
    for (const oldest of this.#bodies.keys()) {
      if (this.#bytes <= this.#mostBytes) return;
      this.drop(oldest);
    }
  }

  get(id: MessageId): Buffer | undefined {
    return this.#bodies.get(id);
  }

  drop(id: MessageId): void {
    const body = this.#bodies.get(id);
    if (!body) return;
    this.#bytes -= body.length;
    this.#bodies.delete(id);
  }
}
