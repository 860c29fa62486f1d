/**
 * Memory for JSON bodies. What they hold beside large attachments is read as a whole before it becomes MIME, so that all
 * together get a limit: some hundred large requests at once would otherwise be the end of the process.
 */
import type { ServerResponse } from 'node:http';
import { FaultError } from '../../domain/catalogue.ts';

/** Says how many bytes one request holds now. @throws FaultError `memory-limit`; one request alone is always let in. */
export type MemoryShare = (bytes: number) => void;

export class JsonMemory {
  readonly #limit: number;
  #used = 0;

  /** @param limit bytes of all JSON bodies at a time. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The share of one request, which is given back when its response is closed. */
  share(until: ServerResponse): MemoryShare {
    let own = 0;
    until.once('close', () => {
      this.#used -= own;
      own = 0;
    });
    return (bytes) => {
      if (this.#used > own && this.#used - own + bytes > this.#limit)
        throw new FaultError({
          code: 'memory-limit',
          detail: `JSON bodies take ${this.#used} of ${this.#limit} bytes.`,
        });
      this.#used += bytes - own;
      own = bytes;
    };
  }
}
