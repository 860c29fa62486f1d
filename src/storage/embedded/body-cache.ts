/**
 * Bodies that were accepted a moment ago, so that sending them reads nothing back.
 *
 * What came first is sent first, so when there is no more room the bodies that are there stay and the next ones are left
 * out: they have to be read from the disk, but a queue that is longer than the cache would otherwise push out each body
 * before its turn came. Bodies that nobody has asked for in a while belong to mail that waits for something else; they make
 * room for others.
 */
import type { MessageId } from '../../domain/message.ts';

/** After so long, ms, a body gives way to another. */
const keptMs = 30_000;

interface CachedBody {
  readonly pieces: readonly Uint8Array[];
  readonly bytes: number;
  readonly at: number;
}

export class BodyCache {
  readonly #bodies = new Map<MessageId, CachedBody>();
  readonly #mostBytes: number;
  #bytes = 0;

  /** @param mostBytes how much it holds, in bytes. */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** @param now ms since the epoch. */
  put(id: MessageId, pieces: readonly Uint8Array[], now: number): void {
    let bytes = 0;
    for (const piece of pieces) bytes += piece.byteLength;
    if (bytes > this.#mostBytes / 4) return;
    this.drop(id);
    for (const [oldest, { at }] of this.#bodies) {
      if (this.#bytes + bytes <= this.#mostBytes) break;
      if (now - at < keptMs) return;
      this.drop(oldest);
    }
    this.#bodies.set(id, { pieces, bytes, at: now });
    this.#bytes += bytes;
  }

  get(id: MessageId): Buffer | undefined {
    const body = this.#bodies.get(id);
    if (!body) return undefined;
    const [only] = body.pieces;
    return only && body.pieces.length === 1
      ? Buffer.from(only.buffer, only.byteOffset, only.byteLength)
      : Buffer.concat(body.pieces, body.bytes);
  }

  drop(id: MessageId): void {
    const body = this.#bodies.get(id);
    if (!body) return;
    this.#bytes -= body.bytes;
    this.#bodies.delete(id);
  }
}
