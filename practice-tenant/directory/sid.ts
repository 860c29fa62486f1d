/** Security identifiers, in the shape that Exchange shows them. */
import { randomInt } from 'node:crypto';

/** A new identifier of this tenant's fictitious domain. */
export function newSid(): string {
  const part = () => randomInt(100_000_000, 4_294_967_295);
  return `S-1-5-21-${part()}-${part()}-${part()}-${randomInt(1000, 99_999_999)}`;
}
