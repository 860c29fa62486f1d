/** Finds the client of an API key. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { hashApiKey } from './api-key.ts';

export interface KnownKey {
  readonly client: string;
  readonly hash: Buffer;
  /** When it ends, ms since the epoch; for one of before. */
  readonly until?: number;
}

/**
 * Looks keys up under an HMAC with a key of this process, so that the time a look-up takes tells nothing about the
 * stored hashes; the hashes themselves are compared in constant time.
 */
export class ApiKeyCheck {
  readonly #key = randomBytes(32);
  readonly #clients = new Map<string, KnownKey>();

  constructor(keys: readonly KnownKey[]) {
    for (const entry of keys) this.#clients.set(this.#tag(entry.hash), entry);
  }

  /** @param now ms since the epoch */
  clientOf(key: string, now: number): string | undefined {
    const hash = hashApiKey(key);
    const found = this.#clients.get(this.#tag(hash));
    if (!found || !timingSafeEqual(found.hash, hash)) return undefined;
    return found.until === undefined || found.until > now ? found.client : undefined;
  }

  #tag(hash: Buffer): string {
    return createHmac('sha256', this.#key).update(hash).digest('base64');
  }
}
