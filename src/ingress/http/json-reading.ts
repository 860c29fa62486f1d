/**
 * Reads a JSON body while it arrives, without holding the contents of large attachments in memory.
 *
 * A scan over the bytes knows two places, inside a string and outside of one, and the key that stands before a value. When
 * the value of a key `content` gets long, it goes to the disk as it comes, and a token takes its place. What is left is
 * small, and is parsed and judged as any JSON; whether a token stands where a content belongs is looked at after that.
 */
import type { MemoryShare } from './json-memory.ts';
import type { SpooledContent, SpooledContents } from './spooled-content.ts';

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const comma = 0x2c;

/** Shorter contents stay in memory. */
const longContent = 64 * 1024;
/** A longer string is no key that matters. */
const longestKey = 16;
const firstBytes = 4_096;

export class JsonReading {
  readonly #spool: SpooledContents;
  readonly #share: MemoryShare;
  /** What is kept, in one piece that grows: a body of many small values must not become as many objects. */
  #kept: Buffer = Buffer.allocUnsafe(firstBytes);
  #length = 0;
  #inString = false;
  /** Where in what is kept the string begins that is being read. */
  #stringStart = 0;
  #escaped = false;
  #lastString = '';
  #key = '';
  #content: SpooledContent | undefined;

  /** @param share is told how much is held. */
  constructor(spool: SpooledContents, share: MemoryShare) {
    this.#spool = spool;
    this.#share = share;
  }

  /** Takes the next bytes. @throws FaultError `memory-limit`, `storage-full`, or `request-invalid` for what is not base64. */
  async take(chunk: Buffer): Promise<void> {
    let at = 0;
    while (at < chunk.length) at = this.#inString ? await this.#string(chunk, at) : this.#between(chunk, at);
  }

  /** The body, with tokens in place of what went to the disk. */
  get text(): Buffer {
    return this.#kept.subarray(0, this.#length);
  }

  #between(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length && chunk[at] !== quote) {
      if (chunk[at] === colon) this.#key = this.#lastString;
      else if (chunk[at] === comma) this.#key = '';
      at += 1;
    }
    if (at < chunk.length) {
      at += 1;
      this.#inString = true;
    }
    this.#keep(chunk.subarray(from, at));
    this.#stringStart = this.#length;
    return at;
  }

  async #string(chunk: Buffer, from: number): Promise<number> {
    const end = this.#endOfString(chunk, from);
    const piece = chunk.subarray(from, end ?? chunk.length);
    if (this.#content) await this.#content.write(piece);
    else {
      this.#keep(piece);
      if (this.#key === 'content' && this.#length - this.#stringStart >= longContent) await this.#toDisk();
    }
    if (end === undefined) return chunk.length;
    if (this.#content) {
      this.#content.finish();
      this.#keep(Buffer.from(this.#content.token));
      this.#content = undefined;
    }
    const isShort = this.#length - this.#stringStart <= longestKey;
    this.#lastString = isShort ? this.#kept.toString('latin1', this.#stringStart, this.#length) : '';
    this.#keep(chunk.subarray(end, end + 1));
    this.#inString = false;
    return end + 1;
  }

  async #toDisk(): Promise<void> {
    this.#content = await this.#spool.add();
    await this.#content.write(this.#kept.subarray(this.#stringStart, this.#length));
    this.#length = this.#stringStart;
  }

  /** Where the quote stands that ends the string; `undefined` when it is not in this chunk. */
  #endOfString(chunk: Buffer, from: number): number | undefined {
    let at = from;
    if (this.#escaped) at += 1;
    this.#escaped = false;
    for (;;) {
      const found = chunk.indexOf(quote, at);
      const end = found < 0 ? chunk.length : found;
      const slash = chunk.subarray(at, end).indexOf(backslash);
      if (slash < 0) return found < 0 ? undefined : found;
      at += slash + 2;
      if (at > chunk.length) {
        this.#escaped = true;
        return undefined;
      }
    }
  }

  #keep(bytes: Buffer): void {
    const needed = this.#length + bytes.length;
    if (needed > this.#kept.length) {
      const grown = Math.max(needed, 2 * this.#kept.length);
      this.#share(grown);
      const kept = Buffer.allocUnsafe(grown);
      this.#kept.copy(kept, 0, 0, this.#length);
      this.#kept = kept;
    }
    bytes.copy(this.#kept, this.#length);
    this.#length = needed;
  }
}
