/** Where each value was set that is not a default: "why is it 30 and not 60?" has its answer in one look. */
import type { LoadedConfig, Standing } from './load.ts';
import { type KeyPath, keyText } from './problem.ts';
import { hidden, secretKeys } from './secret.ts';

export interface Origin {
  /** As `clients[0].senders[2]`. */
  readonly key: string;
  /** As it was written, on one line; a secret that stands there itself is `[secret]`. */
  readonly value: string;
  readonly from: Standing['from'];
  /** File with its line, or the variable of the environment. */
  readonly place: string;
}

/** In the order of the configuration, one row for each value that somebody wrote. */
export function originsOf({ written, standing }: Extract<LoadedConfig, { ok: true }>): readonly Origin[] {
  return leaves(written, []).map(({ path, value }) => {
    const { source, line, from } = standing(path);
    return { key: keyText(path), value, from, place: line === undefined ? source : `${source}:${line}` };
  });
}

function leaves(value: unknown, path: KeyPath): readonly { readonly path: KeyPath; readonly value: string }[] {
  if (Array.isArray(value) && value.length > 0)
    return value.flatMap((inner: unknown, index) => leaves(inner, [...path, index]));
  if (typeof value === 'object' && value !== null && Object.keys(value).length > 0)
    return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
  if (typeof value !== 'string') return [{ path, value: JSON.stringify(value) }];
  const isSecret = secretKeys.has(String(path.at(-1))) || value.includes('PRIVATE KEY');
  return [{ path, value: isSecret ? hidden : value }];
}
