/**
 * Where the key of the vault comes from. 32 bytes: as they are, or written as base64 or as 64 hexadecimal digits.
 *
 * A key in a file is asked for anew whenever the vault is read, so that a server that runs goes on after a re-key. While a
 * re-key is under way the new key stands in `<file>.new`: then either of the two opens the vault, and both are looked at.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder } from './make-folder.ts';
import { VaultError, whyOf } from './vault-error.ts';
import { writeWhole } from './write-whole.ts';

export type VaultKeySource =
  /** `made`: one is made there at first use. */
  | { readonly kind: 'file'; readonly path: string; readonly isMade: boolean }
  | { readonly kind: 'env'; readonly name: string; readonly value: string | undefined };

export const keyBytes = 32;

/** Name of the systemd credential (LoadCredential=) that holds the key. */
export const systemdCredential = 'mailroom-vault-key';

/**
 * The place of the key: the one that is configured, else the systemd credential where there is one, else `vault.key` in the
 * data folder, made at first use.
 */
export function keySourceFor(
  configured: { readonly file: string } | { readonly env: string } | undefined,
  dataDir: string,
  env: Readonly<Record<string, string | undefined>>,
): VaultKeySource {
  if (configured && 'env' in configured) return { kind: 'env', name: configured.env, value: env[configured.env] };
  if (configured) return { kind: 'file', path: configured.file, isMade: false };
  const credentials = env['CREDENTIALS_DIRECTORY'];
  const credential = credentials === undefined ? undefined : join(credentials, systemdCredential);
  if (credential !== undefined && existsSync(credential)) return { kind: 'file', path: credential, isMade: false };
  return { kind: 'file', path: join(dataDir, 'vault.key'), isMade: true };
}

/** For sentences. */
export function placeOfKey(source: VaultKeySource): string {
  return source.kind === 'env' ? `the environment variable ${source.name}` : source.path;
}

/** The keys that may open the vault, the likeliest first; none when it is one that is still to be made. @throws VaultError */
export function keysOf(source: VaultKeySource): readonly Buffer[] {
  if (source.kind === 'env') {
    if (source.value === undefined || source.value.trim() === '')
      throw new VaultError(
        'no-key',
        `The key of the vault should stand in the environment variable ${source.name}, which is not set. Set it, or correct vault.key.`,
      );
    return [parseKey(Buffer.from(source.value), placeOfKey(source))];
  }
  const files = [source.path, `${source.path}.new`].filter((path) => existsSync(path));
  if (files.length === 0 && source.isMade) return [];
  if (files.length === 0)
    throw new VaultError(
      'no-key',
      `The key of the vault should stand in ${source.path}, which is not there. Put it there (32 bytes, as openssl rand -base64 32 prints them), or correct vault.key.`,
    );
  return files.map((path) => parseKey(readKeyFile(path), path));
}

/** Makes the key of a vault that has none yet. @throws VaultError */
export function makeKey(source: VaultKeySource): Buffer {
  if (source.kind === 'env' || !source.isMade) throw new Error('Only a key in the data folder is made at first use.');
  const key = randomBytes(keyBytes);
  try {
    makeFolder(dirname(source.path));
    writeWhole(source.path, formatKey(key));
  } catch (error) {
    throw new VaultError(
      'unreadable',
      `The key of the vault cannot be written to ${source.path} (${whyOf(error)}). Correct the rights of its folder.`,
    );
  }
  return key;
}

export function formatKey(key: Buffer): string {
  return `${key.toString('base64')}\n`;
}

/** @throws VaultError when it is no key of 32 bytes; the sentence does not hold it */
export function parseKey(content: Buffer, place: string): Buffer {
  if (content.length === keyBytes) return content;
  const text = content.toString('latin1').trim();
  const key = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
  if (key.length === keyBytes && /^[0-9a-z+/_-]+=?$/i.test(text)) return key;
  throw new VaultError(
    'no-key',
    `What stands in ${place} is no key for the vault: it must be 32 bytes, as they are, or as openssl rand -base64 32 prints them.`,
  );
}

function readKeyFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new VaultError(
      'no-key',
      `The key of the vault in ${path} cannot be read (${whyOf(error)}). Correct the path or its rights.`,
    );
  }
}
