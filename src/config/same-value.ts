/** Whether two parts of a configuration mean the same, secrets included. */
import { isDeepStrictEqual } from 'node:util';
import { Secret } from './secret.ts';

export function isSameValue(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(open(one), open(other));
}

/** Secrets hide their value from every comparison as well; never to be printed. */
function open(value: unknown): unknown {
  if (value instanceof Secret) return { revealed: value.reveal(), place: open(value.place) };
  if (Array.isArray(value)) return value.map(open);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, open(inner)]));
}
