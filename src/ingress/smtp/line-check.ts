/**
 * Watches the lines of a message while it goes by: a CR or LF that is not part of CR LF, and lines over the limit.
 */

const CR = 13;
const LF = 10;

export class LineCheck {
  /** A CR or LF stood alone. */
  bareNewline = false;
  /** A line was longer than the limit. */
  lineTooLong = false;
  readonly #limitBytes: number;
  #lineLength = 0;
  #endedWithCr = false;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Looks at the next bytes. Costs two searches a line. */
  look(bytes: Buffer): void {
    let start = 0;
    if (this.#endedWithCr) {
      if (bytes[0] !== LF) this.bareNewline = true;
      this.#endedWithCr = false;
      start = bytes[0] === LF ? 1 : 0;
      this.#lineLength = 0;
    }
    for (;;) {
      const lf = bytes.indexOf(LF, start);
      // Not searched for any more once one stood alone: a flood of LFs would search to the end for each of them.
      const cr = this.bareNewline ? lf - 1 : bytes.indexOf(CR, start);
      if (lf === -1) {
        this.#count(bytes.length - start);
        if (this.bareNewline) return;
        if (cr === bytes.length - 1 && cr >= start) this.#endedWithCr = true;
        else if (cr !== -1) this.bareNewline = true;
        return;
      }
      if (cr === -1 || cr !== lf - 1) this.bareNewline = true;
      this.#count(lf + 1 - start);
      this.#lineLength = 0;
      start = lf + 1;
      // Nothing more can be found out, and every further line would cost its searches.
      if (this.bareNewline && this.lineTooLong) return;
    }
  }

  /** The message is over: a CR that still waits for its LF was alone. */
  end(): void {
    if (this.#endedWithCr) this.bareNewline = true;
  }

  #count(bytes: number): void {
    this.#lineLength += bytes;
    if (this.#lineLength > this.#limitBytes) this.lineTooLong = true;
  }
}
