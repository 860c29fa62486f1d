/**
 * Where the vault of a configuration is. It is looked for before the rest is read, because secrets may stand in it; and by
 * itself, so that a secret can be put into the vault while the configuration that names it is still refused.
 */
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import type { VaultOptions } from '../vault/vault.ts';
import { vaultFileOf } from '../vault/vault.ts';
import { keySourceFor } from '../vault/vault-key.ts';

export const defaultDataDir = '/var/lib/mailroom';

/** Loose on purpose: what is wrong with these keys is said by the schema of the whole. */
const partSchema = z
  .object({
    dataDir: z.string().min(1).catch(defaultDataDir),
    vault: z
      .object({
        key: z.union([z.object({ file: z.string().min(1) }), z.object({ env: z.string().min(1) })]).optional(),
      })
      .catch({}),
  })
  .catch({ dataDir: defaultDataDir, vault: {} });

export interface PlacedVault extends Pick<VaultOptions, 'file' | 'key'> {
  readonly dataDir: string;
}

/** @param file path of the configuration: relative paths start at its folder */
export function vaultPlaceOf(
  value: unknown,
  file: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): PlacedVault {
  const { dataDir: named, vault } = partSchema.parse(value);
  const absolute = absoluteFrom(file);
  const dataDir = absolute(named);
  const key = vault.key && 'file' in vault.key ? { file: absolute(vault.key.file) } : vault.key;
  return { dataDir, file: vaultFileOf(dataDir), key: keySourceFor(key, dataDir, env) };
}

/** Makes paths of a configuration absolute: relative ones start at its folder. */
export function absoluteFrom(file: string | undefined): (path: string) => string {
  const folder = dirname(resolve(file ?? 'mailroom.yaml'));
  return (path) => (isAbsolute(path) ? path : join(folder, path));
}
