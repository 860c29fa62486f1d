/**
 * API keys. They are long and random, so that one plain SHA-256 keeps them: nobody tries 2^120 keys, and a slow hash for
 * each request would only slow down the clients.
 */
import { createHash } from 'node:crypto';

/** Shorter keys could be guessed from their hash: 20 characters of base64url are 120 bits. */
export const shortestApiKey = 20;

export function hashApiKey(key: string): Buffer {
  return createHash('sha256').update(key, 'utf8').digest();
}

/** `sha256:` and 64 hexadecimal digits. */
export function formatApiKeyHash(hash: Buffer): string {
  return `sha256:${hash.toString('hex')}`;
}

/** Reads what `formatApiKeyHash` wrote, or what `sha256sum` prints; undefined when it is neither. */
export function parseApiKeyHash(text: string): Buffer | undefined {
  const found = /^(?:sha256:)?([0-9a-f]{64})$/i.exec(text.trim());
  return found?.[1] === undefined ? undefined : Buffer.from(found[1], 'hex');
}
