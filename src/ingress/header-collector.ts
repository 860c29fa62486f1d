/**
 * Finds the root header of a message while its bytes arrive, without copying more than it must: as a rule the first piece
 * holds all of it, and then nothing is copied at all.
 */
import { findHeaderEnd } from '../mime/root-header.ts';

export class HeaderCollector {
  readonly #limit: number;
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;
  /** Whether `#bytes` is ours to write into; the first piece belongs to whoever handed it in. */
  #own = false;
  #state: 'open' | 'complete' | 'too-long' = 'open';

  /** @param limit bytes of the longest header taken. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether more bytes are of use. */
  get open(): boolean {
    return this.#state === 'open';
  }

  get tooLong(): boolean {
    return this.#state === 'too-long';
  }

  /** What was collected: the header with its empty line, or, when no empty line came, all there is. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  add(chunk: Uint8Array): void {
    if (this.#state !== 'open') return;
    const from = this.#length;
    if (from === 0) {
      this.#bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      this.#length = chunk.byteLength;
    } else {
      this.#append(chunk);
    }
    const end = findHeaderEnd(this.bytes, from);
    if (end !== -1 && end <= this.#limit) {
      this.#length = end;
      this.#state = 'complete';
    } else if (this.#length > this.#limit) {
      this.#state = 'too-long';
    }
  }

  #append(chunk: Uint8Array): void {
    const room = Math.min(chunk.byteLength, this.#limit + 1 - this.#length);
    const needed = this.#length + room;
    if (!this.#own || this.#bytes.byteLength < needed) {
      // Twice as much each time: a header that comes byte by byte must not be copied once for each byte.
      const larger = Buffer.allocUnsafe(Math.max(4_096, needed * 2));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
      this.#own = true;
    }
    this.#bytes.set(chunk.subarray(0, room), this.#length);
    this.#length = needed;
  }
}
