/** The configuration for people to look at: secrets hidden, functions and nothing else left out. */
import { Secret } from './secret.ts';

/** A plain copy for printing as YAML or JSON; every secret is `[secret]`. */
export function redacted(value: unknown): unknown {
  if (value instanceof Secret) return String(value);
  if (Array.isArray(value)) return value.map(redacted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redacted(inner)]));
}
