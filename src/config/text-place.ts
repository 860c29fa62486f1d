/** Where a text stands that may be renewed while Mailroom runs: a file of its own, or an entry of the vault. */
import { rmSync } from 'node:fs';
import type { Vault } from '../vault/vault.ts';
import { prepareWhole, putInPlace, writeWhole } from '../vault/write-whole.ts';

/** Printed, it says where it is and never what stands there. */
export type TextPlace = FilePlace | VaultPlace;

export class FilePlace {
  readonly kind = 'file';
  /** Absolute. */
  readonly file: string;
  readonly #readFile: (path: string) => string;

  constructor(file: string, readFile: (path: string) => string) {
    this.file = file;
    this.#readFile = readFile;
  }

  /** @throws the system's error */
  read(): string {
    return this.#readFile(this.file);
  }

  /** For its owner alone. @throws the system's error */
  write(text: string): void {
    writeWhole(this.file, text);
  }

  remove(): void {
    rmSync(this.file, { force: true });
  }

  /** Another one, beside it. */
  beside(ending: string): FilePlace {
    return new FilePlace(`${this.file}${ending}`, this.#readFile);
  }
}

export class VaultPlace {
  readonly kind = 'vault';
  /** Name of the entry. */
  readonly vault: string;
  readonly #vault: Vault;

  constructor(name: string, vault: Vault) {
    this.vault = name;
    this.#vault = vault;
  }

  /** @throws VaultError */
  read(): string {
    return this.#vault.get(this.vault);
  }

  /** @throws VaultError */
  write(text: string): void {
    this.#vault.put(this.vault, text);
  }

  /** @throws VaultError */
  remove(): void {
    if (this.#vault.names().includes(this.vault)) this.#vault.remove(this.vault);
  }

  /** Another one, beside it. */
  beside(ending: string): VaultPlace {
    return new VaultPlace(`${this.vault}${ending}`, this.#vault);
  }

  /** A configuration has one vault, so that the first one's is everybody's. @throws VaultError */
  static writeTogether(texts: readonly (readonly [VaultPlace, string])[]): void {
    const [first] = texts;
    if (!first) return;
    first[0].#vault.putAll(Object.fromEntries(texts.map(([place, text]) => [place.vault, text])));
  }
}

/**
 * Writes texts that belong together, as a key and its certificate. Entries of the vault change at once; files one after the
 * other, each standing ready as `<file>.new` before the first is put into place.
 * @throws the system's error, or VaultError
 */
export function writeTogether(texts: readonly (readonly [TextPlace, string])[]): void {
  const files = texts.flatMap(([place, text]) => (place.kind === 'file' ? [[place.file, text] as const] : []));
  for (const [file, text] of files) prepareWhole(file, text);
  VaultPlace.writeTogether(texts.flatMap(([place, text]) => (place.kind === 'vault' ? [[place, text] as const] : [])));
  for (const [file] of files) putInPlace(file);
}
