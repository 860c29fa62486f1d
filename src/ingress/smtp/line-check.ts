/**
 * Watches the lines of a message while it goes by: a CR or LF that is not part of CR LF, and lines over the limit.
 *
 * Each byte of all mail passes here, so four words of four bytes are looked at in one step, and only a word that holds a
 * byte below 14 is looked into: that takes a fifth of the time of two searches a line. Words are read as the machine has them,
 * lowest byte first, as on every processor that the pinned Node.js is packaged for.
 *
 * A CR waits for its LF. An LF that does not stand right behind the waiting CR is bare, and so is a CR that still waits when
 * the next one comes, when the bytes go on without its LF, or at the end.
 */

const CR = 13;
const LF = 10;
const DOT = 46;
/** Place of a waiting CR when none waits; -1 is the last of the bytes before. */
const none = -2;
/** Fewer bytes are looked at one by one. */
const leastForWords = 16;

export class LineCheck {
  /** A CR or LF stood alone. */
  bareNewline = false;
  /** A line was longer than the limit. */
  lineTooLong = false;
  readonly #limitBytes: number;
  /** Where the line begins, from the beginning of the bytes looked at; negative when it began before them. */
  #lineStart = 0;
  /** Where the CR stands that waits for its LF. */
  #waitingCr = none;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Looks at the next bytes. Costs the same whatever they are. */
  look(bytes: Buffer): void {
    this.#look(bytes, 0, false);
  }

  /**
   * Looks at the bytes from `from` on, but no further than a dot at the beginning of a line, behind CR LF: whoever takes dots
   * out need not search for them as well. Returns the place of that dot, or -1 when there is none.
   */
  lookUntilDot(bytes: Buffer, from: number): number {
    return this.#look(bytes, from, true);
  }

  #look(bytes: Buffer, from: number, untilDot: boolean): number {
    this.#lineStart += from;
    if (this.#waitingCr !== none) this.#waitingCr += from;
    const dot = this.#findDot(bytes, from, untilDot);
    const end = dot === -1 ? bytes.length : dot;
    if (this.#waitingCr !== none) {
      if (this.#waitingCr !== end - 1) this.bareNewline = true;
      this.#waitingCr -= end;
    }
    this.#lineStart -= end;
    if (-this.#lineStart > this.#limitBytes) this.lineTooLong = true;
    return dot;
  }

  /** The message is over: a CR that still waits for its LF was alone. */
  end(): void {
    if (this.#waitingCr !== none) this.bareNewline = true;
  }

  #findDot(bytes: Buffer, from: number, untilDot: boolean): number {
    const end = bytes.length;
    let at = from;
    if (end - from >= leastForWords) {
      const aligned = from + ((4 - ((bytes.byteOffset + from) & 3)) & 3);
      for (; at < aligned; at += 1) if (this.#take(bytes, at) && untilDot && bytes[at + 1] === DOT) return at + 1;
      const words = new Int32Array(bytes.buffer, bytes.byteOffset + aligned, (end - aligned) >> 2);
      const dot = this.#lookAtWords(bytes, words, aligned, untilDot);
      if (dot !== -1) return dot;
      at = aligned + (words.length << 2);
    }
    for (; at < end; at += 1) if (this.#take(bytes, at) && untilDot && bytes[at + 1] === DOT) return at + 1;
    return -1;
  }

  /** @param from place of the first word's first byte. */
  #lookAtWords(bytes: Buffer, words: Int32Array, from: number, untilDot: boolean): number {
    const count = words.length;
    let index = 0;
    while (index < count) {
      for (; index + 3 < count; index += 4) {
        const a = words[index] ?? 0;
        const b = words[index + 1] ?? 0;
        const c = words[index + 2] ?? 0;
        const d = words[index + 3] ?? 0;
        // A byte below 14 borrows from its highest bit, which is then set where it was not.
        const low =
          ((a - 0x0e0e0e0e) & ~a) | ((b - 0x0e0e0e0e) & ~b) | ((c - 0x0e0e0e0e) & ~c) | ((d - 0x0e0e0e0e) & ~d);
        if ((low & 0x80808080) !== 0) break;
      }
      const stop = Math.min(index + 4, count);
      for (; index < stop; index += 1) {
        const word = words[index] ?? 0;
        // The highest bit of each byte below 14, and of no other: here nothing is borrowed from the byte above.
        let marks = ~(((word & 0x7f7f7f7f) + 0x72727272) | word) & 0x80808080;
        while (marks !== 0) {
          const bit = 31 - Math.clz32(marks & -marks);
          const place = from + (index << 2) + (bit >> 3);
          if (this.#take(bytes, place) && untilDot && bytes[place + 1] === DOT) return place + 1;
          marks &= marks - 1;
        }
      }
    }
    return -1;
  }

  /** Takes the byte at a place; whether a CR LF ends there. */
  #take(bytes: Buffer, place: number): boolean {
    const byte = bytes[place];
    if (byte === CR) {
      if (this.#waitingCr !== none) this.bareNewline = true;
      this.#waitingCr = place;
      return false;
    }
    if (byte !== LF) return false;
    const whole = this.#waitingCr === place - 1;
    if (!whole) this.bareNewline = true;
    this.#waitingCr = none;
    if (place + 1 - this.#lineStart > this.#limitBytes) this.lineTooLong = true;
    this.#lineStart = place + 1;
    return whole;
  }
}
