/** Where a set-up puts the secrets that it makes or is given: into the vault, or into files of mode 0600 where that is wished. */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeFolder } from '../../vault/make-folder.ts';
import { openVault, type Vault, vaultFileOf } from '../../vault/vault.ts';
import { VaultError } from '../../vault/vault-error.ts';
import { keySourceFor } from '../../vault/vault-key.ts';
import { type CommandContext, configFile, placedVault } from '../context.ts';
import { CommandError } from '../exit-codes.ts';
import { asCommandError } from '../vault.ts';
import type { SetupOptions } from './setup-options.ts';

/** As it stands in the configuration. */
export type SecretReference = { readonly file: string } | { readonly vault: string };

export interface SecretKeeping {
  /** The data folder that the connector will use, and whose vault has its secrets. */
  readonly dataDir: string;
  /** Named in the connector's file, so that the vault is found. */
  readonly namesDataDir: boolean;
  /** @param name such as `app.key`. @throws CommandError */
  keep(clientId: string, name: string, content: string): SecretReference;
  /** Nothing happens where it has gone. @throws CommandError */
  remove(reference: SecretReference): void;
}

/**
 * Opened before anything is made in a tenant: a secret that could not be kept would be lost.
 * @throws CommandError where nothing can be written there
 */
export function openSecretKeeping(context: CommandContext, options: SetupOptions): SecretKeeping {
  const folder = resolve(options.folder);
  makeFolder(folder);
  const place = placeOf(context, options, folder);
  if (options.secrets === 'files') return { ...inFiles(folder), dataDir: place.dataDir };
  const vault = openVault({ ...place, now: Date.now });
  guarded(() => vault.putAll({}));
  return { ...inVault(vault), dataDir: place.dataDir };
}

/** The data folder that is named; that of the configuration, where there is one; else one in the folder of the set-up. */
function placeOf(context: CommandContext, options: SetupOptions, folder: string) {
  if (options.dataDir === undefined && configFile(context, options) !== undefined) return placedVault(context, options);
  const dataDir = options.dataDir === undefined ? join(folder, 'data') : resolve(options.dataDir);
  return { dataDir, file: vaultFileOf(dataDir), key: keySourceFor(undefined, dataDir, context.env) };
}

function inFiles(folder: string): Omit<SecretKeeping, 'dataDir'> {
  return {
    namesDataDir: false,
    keep(_clientId, name, content) {
      const file = join(folder, name);
      writeFileSync(file, content, { mode: 0o600, flush: true });
      return { file };
    },
    // The caller removes its files together.
    remove: () => undefined,
  };
}

function inVault(vault: Vault): Omit<SecretKeeping, 'dataDir'> {
  return {
    namesDataDir: true,
    keep: (clientId, name, content) =>
      guarded(() => {
        // By the app: another connector's secret in the same vault keeps its place.
        const entry = `${clientId.slice(0, 8)}-${name}`;
        vault.put(entry, content.trim());
        return { vault: entry };
      }),
    remove: (reference) =>
      guarded(() => {
        if ('vault' in reference && vault.names().includes(reference.vault)) vault.remove(reference.vault);
      }),
  };
}

function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    const { exit, message } = asCommandError(error);
    throw new CommandError(exit, `${message} Or name another data folder with --data-dir.`, { cause: error });
  }
}
