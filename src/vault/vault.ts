/**
 * The vault: secrets of this Mailroom by name, encrypted at rest in one file of the data folder.
 *
 * Nothing is kept in memory: each question reads the file, so that what another process has put there is seen at once. A
 * re-key writes the new key beside the old one (`<key>.new`), then the vault sealed with it, then puts the key in place: at
 * each point one of the keys that are looked at opens what stands there.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { whileLocked } from './file-lock.ts';
import { makeFolder } from './make-folder.ts';
import { emptySealedFile, opensWith, parseSealedFile, type SealedFile, seal, unseal } from './sealed-file.ts';
import { VaultError, whyOf } from './vault-error.ts';
import { formatKey, keyBytes, keysOf, makeKey, placeOfKey, type VaultKeySource } from './vault-key.ts';
import { prepareWhole, putInPlace, writeWhole } from './write-whole.ts';

export interface VaultOptions {
  /** Path of `vault.json`. */
  readonly file: string;
  readonly key: VaultKeySource;
  /** ms since the epoch. */
  readonly now: () => number;
}

export interface VaultEntryInfo {
  readonly name: string;
  /** ISO 8601. */
  readonly putAt: string;
}

/** What a name of an entry looks like. */
export const entryName = /^[a-z0-9][a-z0-9._-]{0,62}$/i;
/** Characters of a value: a chain of certificates fits in, and no file that was named by mistake. */
const longestValue = 65_536;

/** The vault of a data folder. */
export function vaultFileOf(dataDir: string): string {
  return join(dataDir, 'vault.json');
}

export interface Vault {
  /** @throws VaultError when there is no such entry, or it cannot be opened */
  get(name: string): string;
  /** @throws VaultError */
  put(name: string, value: string): void;
  /** Several at once: a crash leaves all of the old ones or all of the new ones. @throws VaultError */
  putAll(values: Readonly<Record<string, string>>): void;
  /** @throws VaultError when there is no such entry */
  remove(name: string): void;
  /** By name; needs no key. @throws VaultError */
  names(): readonly string[];
  /** By name, without their values; needs no key. @throws VaultError */
  list(): readonly VaultEntryInfo[];
  /**
   * Seals everything with another key: one that is made and put into the place of the old one, or `newKey`, which the caller
   * has to put into place. @throws VaultError
   */
  rekey(newKey?: Buffer): void;
}

/** Opens nothing yet: a vault that is not there has no entries, and is made when something is put into it. */
export function openVault(options: VaultOptions): Vault {
  return new FileVault(options);
}

interface OpenVault {
  readonly sealed: SealedFile;
  readonly key: Buffer;
  /** False when it still stands beside its place, from a re-key that was cut off. */
  readonly isKeyInPlace: boolean;
}

class FileVault implements Vault {
  readonly #options: VaultOptions;

  constructor(options: VaultOptions) {
    this.#options = options;
  }

  get(name: string): string {
    const { file } = this.#options;
    if (!existsSync(file)) throw this.#noEntry(name, undefined);
    const { sealed, key } = this.#open();
    const entry = Object.hasOwn(sealed.entries, name) ? sealed.entries[name] : undefined;
    if (!entry) throw this.#noEntry(name, sealed);
    return unseal(key, name, entry, file);
  }

  put(name: string, value: string): void {
    this.putAll({ [name]: value });
  }

  putAll(values: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(values)) checkEntry(name, value);
    this.#change((sealed, key) => {
      const putAt = new Date(this.#options.now()).toISOString();
      const added = Object.entries(values).map(([name, value]) => [name, seal(key, name, value, putAt)] as const);
      return { ...sealed, entries: { ...sealed.entries, ...Object.fromEntries(added) } };
    });
  }

  remove(name: string): void {
    this.#change((sealed) => {
      if (!Object.hasOwn(sealed.entries, name)) throw this.#noEntry(name, sealed);
      const { [name]: _removed, ...entries } = sealed.entries;
      return { ...sealed, entries };
    });
  }

  names(): readonly string[] {
    return this.list().map(({ name }) => name);
  }

  list(): readonly VaultEntryInfo[] {
    if (!existsSync(this.#options.file)) return [];
    return Object.entries(this.#read().entries)
      .map(([name, { putAt }]) => ({ name, putAt }))
      .toSorted((one, other) => one.name.localeCompare(other.name));
  }

  rekey(newKey?: Buffer): void {
    const { key: source, file } = this.#options;
    if (newKey === undefined && source.kind === 'env')
      throw new VaultError(
        'no-key',
        `The key stands in the environment variable ${source.name}, where Mailroom does not write. Name a file with the new key (--new-key-file), and put that key into the variable afterwards.`,
      );
    const key = newKey ?? randomBytes(keyBytes);
    this.#locked(() => {
      if (!existsSync(file))
        throw new VaultError('no-entry', `There is no vault ${file} yet: it gets a key at first use.`);
      const { sealed, key: old } = this.#openToWrite();
      const entries = Object.entries(sealed.entries).map(([name, entry]) => [
        name,
        seal(key, name, unseal(old, name, entry, file), entry.putAt),
      ]);
      const resealed = `${JSON.stringify({ ...emptySealedFile(key), entries: Object.fromEntries(entries) })}\n`;
      const place = newKey === undefined && source.kind === 'file' ? source.path : undefined;
      if (place !== undefined) writing(place, () => prepareWhole(place, formatKey(key)));
      writing(file, () => writeWhole(file, resealed));
      if (place !== undefined) writing(place, () => putInPlace(place));
    });
  }

  #change(change: (sealed: SealedFile, key: Buffer) => SealedFile): void {
    const { file } = this.#options;
    this.#locked(() => {
      const { sealed, key } = existsSync(file) ? this.#openToWrite() : this.#begin();
      const changed = change(sealed, key);
      writing(file, () => writeWhole(file, `${JSON.stringify(changed)}\n`));
    });
  }

  #locked<T>(work: () => T): T {
    const { file } = this.#options;
    writing(file, () => makeFolder(dirname(file)));
    return whileLocked(file, work);
  }

  #begin(): OpenVault {
    const { key: source } = this.#options;
    const key = keysOf(source)[0] ?? makeKey(source);
    return { sealed: emptySealedFile(key), key, isKeyInPlace: true };
  }

  /** @throws VaultError */
  #open(): OpenVault {
    // A re-key between reading the vault and reading its key looks like a wrong key: the second look finds both of it.
    return this.#lookInside() ?? this.#lookInside() ?? this.#refuseKey();
  }

  #lookInside(): OpenVault | undefined {
    const sealed = this.#read();
    const keys = keysOf(this.#options.key);
    const found = keys.findIndex((key) => opensWith(sealed, key));
    const key = keys[found];
    return key && { sealed, key, isKeyInPlace: found === 0 };
  }

  /** Ends a re-key that was cut off before its last step, and that alone: the lock keeps others from beginning one. */
  #openToWrite(): OpenVault {
    const open = this.#open();
    const { key: source } = this.#options;
    if (!open.isKeyInPlace && source.kind === 'file') writing(source.path, () => putInPlace(source.path));
    return open;
  }

  #refuseKey(): never {
    const { key: source, file } = this.#options;
    const isThere = keysOf(source).length > 0;
    throw new VaultError(
      'wrong-key',
      isThere
        ? `The key in ${placeOfKey(source)} is not the one that the vault ${file} was sealed with. Put the right key there, or correct vault.key.`
        : `The vault ${file} is there and its key ${placeOfKey(source)} is not. Put the key back from the last backup, or move the vault away and put each secret in again (mailroom vault put).`,
    );
  }

  #read(): SealedFile {
    const { file } = this.#options;
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      throw new VaultError(
        'unreadable',
        `The vault ${file} cannot be read (${whyOf(error)}). Correct its rights: it belongs to the user that Mailroom runs as.`,
      );
    }
    return parseSealedFile(text, file);
  }

  #noEntry(name: string, sealed: SealedFile | undefined): VaultError {
    const names = Object.keys(sealed?.entries ?? {});
    const known = names.length === 0 ? 'It is empty.' : `It has: ${names.toSorted().join(', ')}.`;
    return new VaultError(
      'no-entry',
      `The vault ${this.#options.file} has no entry ${name}. ${known} Put it in with: mailroom vault put ${name}`,
    );
  }
}

function checkEntry(name: string, value: string): void {
  if (!entryName.test(name))
    throw new VaultError(
      'bad-name',
      'The name of an entry must be of letters, digits, dots, hyphens and underscores, 63 at most, such as app-secret.',
    );
  if (value === '') throw new VaultError('no-entry', `The value for ${name} is empty.`);
  if (value.length > longestValue)
    throw new VaultError(
      'too-long',
      `The value for ${name} is longer than ${longestValue} characters. Is it a secret?`,
    );
}

function writing(file: string, work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (error instanceof VaultError) throw error;
    throw new VaultError(
      'unreadable',
      `${file} cannot be written (${whyOf(error)}). Correct the rights of its folder, or make room on the disk.`,
    );
  }
}
