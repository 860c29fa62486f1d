/**
 * The bytes of a message on their way in: by DATA, until CR LF . CR LF, or by BDAT, so many octets (RFC 3030 §2).
 */
import type { Fault } from '../../domain/catalogue.ts';
import { DotDecoder } from './dot-decoder.ts';
import type { MessageReceiver } from './message-receiver.ts';

/** Bytes that belong to a message and not to the commands. */
export interface Transfer {
  /** The last of its bytes has come. */
  readonly done: boolean;
  /** The message is complete when this is done; else another BDAT follows. */
  readonly last: boolean;
  /** Where the bytes go; undefined for a BDAT that is refused once its octets are in. */
  readonly receiver: MessageReceiver | undefined;
  /** What a BDAT is refused for. */
  readonly refusal?: Fault;
  /** Takes what belongs to it, and says how many bytes that were. */
  take(input: Buffer): number;
}

export class DataTransfer implements Transfer {
  done = false;
  readonly last = true;
  readonly receiver: MessageReceiver;
  readonly #decoder: DotDecoder;

  constructor(receiver: MessageReceiver) {
    this.receiver = receiver;
    this.#decoder = new DotDecoder(receiver.lines);
  }

  take(input: Buffer): number {
    const end = this.#decoder.decode(input, this.receiver);
    if (end === -1) return input.length;
    this.done = true;
    return end;
  }
}

export class BdatTransfer implements Transfer {
  readonly last: boolean;
  readonly receiver: MessageReceiver | undefined;
  readonly refusal?: Fault;
  #left: number;

  constructor(octets: number, last: boolean, to: MessageReceiver | Fault) {
    this.#left = octets;
    this.last = last;
    if ('code' in to) this.refusal = to;
    else this.receiver = to;
  }

  get done(): boolean {
    return this.#left === 0;
  }

  take(input: Buffer): number {
    const piece = input.subarray(0, this.#left);
    this.#left -= piece.length;
    this.receiver?.lines.look(piece);
    this.receiver?.write(piece);
    return piece.length;
  }
}
