/**
 * Finds the end of DATA and takes the stuffed dots out (RFC 5321 §4.5.2), on bytes, wherever the network cuts them.
 *
 * Only CR LF . CR LF ends the data. Everything that looks like it to somebody more lenient (LF . LF, LF . CR LF,
 * CR . CR LF) is data; taking it for the end is what SMTP smuggling lives on.
 */

const crlf = Buffer.from('\r\n');
const lineWithDot = Buffer.from('\r\n.');
const CR = 13;
const LF = 10;

export interface DecodedChunk {
  /** Message bytes, in order; views of the input where nothing had to be taken out. */
  readonly pieces: readonly Buffer[];
  /** Bytes of the input behind the end of the data; undefined while the end has not come. */
  readonly rest: Buffer | undefined;
}

export class DotDecoder {
  /** Bytes that may yet turn out to be the beginning of the end, or a line end before a dot. Data begins at a line start. */
  #held: Buffer = crlf;
  /** The virtual line end before the first line is no part of the message. */
  #skip = crlf.length;

  decode(chunk: Buffer): DecodedChunk {
    const bytes = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk;
    const pieces: Buffer[] = [];
    let start = 0;
    for (;;) {
      const dot = bytes.indexOf(lineWithDot, start);
      if (dot === -1) {
        this.#hold(bytes, start, heldTail(bytes, start), pieces);
        return { pieces, rest: undefined };
      }
      const next = bytes[dot + 3];
      if (next === undefined || (next === CR && bytes[dot + 4] === undefined)) {
        this.#hold(bytes, start, dot, pieces);
        return { pieces, rest: undefined };
      }
      this.#emit(bytes.subarray(start, dot + 2), pieces);
      if (next === CR && bytes[dot + 4] === LF) {
        this.#held = Buffer.alloc(0);
        return { pieces, rest: bytes.subarray(dot + 5) };
      }
      start = dot + 3;
    }
  }

  #hold(bytes: Buffer, start: number, from: number, pieces: Buffer[]): void {
    this.#emit(bytes.subarray(start, from), pieces);
    this.#held = bytes.subarray(from);
  }

  #emit(piece: Buffer, pieces: Buffer[]): void {
    const kept = this.#skip > 0 ? piece.subarray(this.#skip) : piece;
    this.#skip = Math.max(0, this.#skip - piece.length);
    if (kept.length > 0) pieces.push(kept);
  }
}

/** Where a CR or CR LF at the very end begins; the length when there is none. */
function heldTail(bytes: Buffer, start: number): number {
  const last = bytes.length - 1;
  if (last >= start && bytes[last] === CR) return last;
  if (last - 1 >= start && bytes[last] === LF && bytes[last - 1] === CR) return last - 1;
  return bytes.length;
}
