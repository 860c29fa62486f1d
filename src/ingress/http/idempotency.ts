/**
 * Repeated requests under one Idempotency-Key are accepted once.
 *
 * What was accepted is kept by the store with the message, so that it holds across restarts. Requests with the same key that
 * come while one is under way wait for it: they would all find nothing in the store.
 */
import { createHash, type Hash } from 'node:crypto';
import type { QueuedMessage } from '../../domain/message.ts';

/** One request at a time for each key of each client. */
export class KeyTurns {
  readonly #last = new Map<string, Promise<unknown>>();

  async run<T>(client: string, key: string, work: () => Promise<T>): Promise<T> {
    const name = `${client}\n${key}`;
    const before = this.#last.get(name);
    const own = (async () => {
      await before?.catch(() => undefined);
      return work();
    })();
    this.#last.set(name, own);
    try {
      return await own;
    } finally {
      if (this.#last.get(name) === own) this.#last.delete(name);
    }
  }
}

/** Hashes what a request hands in, to tell a repeated request from another one under the same key. */
export class RequestHash {
  readonly #hash: Hash = createHash('sha256');
  #digest: string | undefined;

  /** @param envelope what the request says beside its body. */
  constructor(envelope: unknown) {
    this.#hash.update(`${JSON.stringify(envelope)}\n`);
  }

  add(chunk: Uint8Array): void {
    this.#hash.update(chunk);
  }

  /** Final once it has been read. */
  get digest(): string {
    this.#digest ??= this.#hash.digest('hex');
    return this.#digest;
  }
}

/** Whether a stored message was accepted from this very request. */
export function isSameRequest(stored: QueuedMessage, hash: RequestHash): boolean {
  return stored.idempotency?.requestHash === hash.digest;
}
