/** Tokens that open something: 256 random bits, of which only the hash is kept. */
import { createHash, randomBytes } from 'node:crypto';

export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** What is kept of a token. It is random enough that a fast hash will do. */
export function hashOfToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
