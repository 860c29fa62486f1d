/**
 * Memory for JSON bodies. They are read as a whole before they become MIME, unlike raw messages, so that all together get
 * a limit: some hundred large requests at once would otherwise be the end of the process.
 */
import type { ServerResponse } from 'node:http';
import { FaultError } from '../../domain/catalogue.ts';

export class JsonMemory {
  readonly #limit: number;
  #used = 0;

  /** @param limit bytes of all JSON bodies at a time. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Takes memory until the response is closed.
   * @throws FaultError `memory-limit`. One request alone is always let in.
   */
  take(bytes: number, until: ServerResponse): void {
    if (this.#used > 0 && this.#used + bytes > this.#limit)
      throw new FaultError({ code: 'memory-limit', detail: `JSON bodies take ${this.#used} of ${this.#limit} bytes.` });
    this.#used += bytes;
    until.once('close', () => {
      this.#used -= bytes;
    });
  }
}
