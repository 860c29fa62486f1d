/** Finds the client of an API key. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { hashApiKey } from './api-key.ts';

/**
 * Looks keys up under an HMAC with a key of this process, so that the time a look-up takes tells nothing about the
 * stored hashes; the hashes themselves are compared in constant time.
 */
export class ApiKeyCheck {
  readonly #key = randomBytes(32);
  readonly #clients = new Map<string, { readonly client: string; readonly hash: Buffer }>();

  constructor(keys: readonly { readonly client: string; readonly hash: Buffer }[]) {
    for (const entry of keys) this.#clients.set(this.#tag(entry.hash), entry);
  }

  clientOf(key: string): string | undefined {
    const hash = hashApiKey(key);
    const found = this.#clients.get(this.#tag(hash));
    return found && timingSafeEqual(found.hash, hash) ? found.client : undefined;
  }

  #tag(hash: Buffer): string {
    return createHmac('sha256', this.#key).update(hash).digest('base64');
  }
}
