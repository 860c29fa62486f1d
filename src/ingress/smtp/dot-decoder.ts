/**
 * Finds the end of DATA and takes the stuffed dots out (RFC 5321 §4.5.2), on bytes, wherever the network cuts them.
 *
 * Only CR LF . CR LF ends the data. Everything that looks like it to somebody more lenient (LF . LF, LF . CR LF,
 * CR . CR LF) is data; taking it for the end is what SMTP smuggling lives on.
 *
 * ## States
 * - `inside` a line. A CR leads to `cr`. Here the check of lines, which sees each line end anyway, skips ahead to the next
 *   CR LF . ; the other states go byte by byte.
 * - `cr`: the last byte was CR. LF leads to `start`, another CR stays, anything else is `inside`.
 * - `start` of a line, and of the data. A dot is held back and leads to `dot`; else as `inside`.
 * - `dot`: a line begins with the dot held back. CR is held back as well and leads to `dotCr`; anything else shows that the
 *   dot was stuffing: it is dropped, and the byte is taken as `inside`.
 * - `dotCr`: LF is the end. Anything else: the dot was stuffing, the CR is data, and the byte is taken as in `cr`.
 */

import type { LineCheck } from './line-check.ts';

/** Where decoded bytes go, once the check of lines has looked at them. */
export interface ByteSink {
  write(bytes: Buffer): void;
}

type State = 'inside' | 'cr' | 'start' | 'dot' | 'dotCr';

const heldCr = Buffer.from('\r');
const CR = 13;
const LF = 10;
const DOT = 46;

export class DotDecoder {
  readonly #lines: LineCheck;
  #state: State = 'start';

  /** @param lines looks at the decoded bytes, each once and in their order. */
  constructor(lines: LineCheck) {
    this.#lines = lines;
  }

  /**
   * Takes the next bytes and gives views of them to `sink`. Returns where the input goes on behind the end of the data, or
   * -1 while that has not come.
   */
  decode(chunk: Buffer, sink: ByteSink): number {
    /** From here on, bytes are data that the sink has not had. */
    let from = 0;
    let at = 0;
    while (at < chunk.length) {
      const byte = chunk[at];
      switch (this.#state) {
        case 'inside': {
          // Between `from` and `at` no CR LF . can begin: another state has seen to it.
          const dot = this.#lines.lookUntilDot(chunk, from);
          if (dot === -1) {
            this.#state = stateAtEnd(chunk, at);
            sink.write(from === 0 ? chunk : chunk.subarray(from));
            return -1;
          }
          sink.write(chunk.subarray(from, dot));
          at = dot + 1;
          from = at;
          this.#state = 'dot';
          break;
        }
        case 'cr':
          if (byte === LF) this.#state = 'start';
          else if (byte !== CR) this.#state = 'inside';
          at += 1;
          break;
        case 'start':
          if (byte === DOT) {
            this.#give(chunk.subarray(from, at), sink);
            at += 1;
            from = at;
            this.#state = 'dot';
          } else this.#state = 'inside';
          break;
        case 'dot':
          if (byte === CR) {
            at += 1;
            this.#state = 'dotCr';
          } else this.#state = 'inside';
          break;
        case 'dotCr':
          if (byte === LF) return at + 1;
          // The CR came as the last byte of the chunk before, or it stands right here.
          if (at === 0) this.#give(heldCr, sink);
          else from = at - 1;
          this.#state = 'cr';
          break;
      }
    }
    // A CR behind a dot at the start of a line is held back: it may belong to the end.
    this.#give(chunk.subarray(from, this.#state === 'dotCr' ? chunk.length - 1 : chunk.length), sink);
    return -1;
  }

  #give(bytes: Buffer, sink: ByteSink): void {
    if (bytes.length === 0) return;
    this.#lines.look(bytes);
    sink.write(bytes);
  }
}

/** The state behind the last byte of a chunk that holds no CR LF . from `at` on. */
function stateAtEnd(chunk: Buffer, at: number): State {
  const last = chunk.length - 1;
  if (chunk[last] === CR) return 'cr';
  return chunk[last] === LF && last > at && chunk[last - 1] === CR ? 'start' : 'inside';
}
