/**
 * Cuts command lines out of the stream. Only CR LF ends a line; a line that ends otherwise is refused as a whole, so that
 * no two servers can ever differ on where a command began (SMTP smuggling).
 */
import type { Fault } from '../../domain/catalogue.ts';

const LF = 10;
const CR = 13;

export interface TakenLine {
  /** Bytes of the input that it took. */
  readonly used: number;
  /** Without its line end. */
  readonly text: string;
  /** What is wrong with it; the text is of no use then. */
  readonly fault?: Fault;
}

export class CommandLines {
  readonly #limitBytes: number;
  /** Bytes of a line that is longer than the limit, which have been thrown away. */
  #dropping = false;

  /** `limitBytes` with the line end. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** The next line, or undefined when its end has not come. `input` holds at least one byte. */
  take(input: Buffer): TakenLine | undefined {
    const end = input.indexOf(LF);
    if (end === -1) return undefined;
    const used = end + 1;
    if (this.#dropping || used > this.#limitBytes) {
      this.#dropping = false;
      return { used, text: '', fault: { code: 'command-too-long' } };
    }
    const endsInCrLf = end > 0 && input[end - 1] === CR;
    const text = input.toString('utf8', 0, endsInCrLf ? end - 1 : end);
    if (endsInCrLf && !text.includes('\r') && !text.includes('\0')) return { used, text };
    return {
      used,
      text: '',
      fault: { code: 'command-unknown', text: 'Lines must end with CR LF and hold no CR, LF or NUL.' },
    };
  }

  /** What has to be kept of an input that holds no line end: nothing once it is too long anyway. */
  keep(input: Buffer): Buffer {
    if (input.length <= this.#limitBytes) return input;
    this.#dropping = true;
    return input.subarray(input.length);
  }
}
