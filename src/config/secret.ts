/**
 * Secrets of the configuration. The wrapper never shows its value by itself: a secret that could be printed sooner or
 * later stands in a log.
 */
import { inspect } from 'node:util';
import type { Vault } from '../vault/vault.ts';
import { VaultError } from '../vault/vault-error.ts';
import { FilePlace, type TextPlace, VaultPlace } from './text-place.ts';

export const hidden = '[secret]';

/** Keys under which a secret may stand in the configuration itself, in place of the name of a file, a variable or the vault. */
export const secretKeys: ReadonlySet<string> = new Set([
  'password',
  'passwordHash',
  'apiKey',
  'apiKeyHash',
  'previousPasswordHash',
  'previousApiKeyHash',
  'secret',
  'proxy',
  'url',
  'signingKey',
]);

/** A secret; whoever needs it says `reveal()`, and nobody gets it by printing. */
export class Secret {
  readonly #value: string;
  /** Where it stands, when Mailroom may write there: who renews it does. */
  readonly place: TextPlace | undefined;

  constructor(value: string, place?: TextPlace) {
    this.#value = value;
    this.place = place;
  }

  reveal(): string {
    return this.#value;
  }

  /** As it stands in its place now; as it was at the start where that cannot be read, or where it has no place. */
  revealNow(): string {
    try {
      return this.place?.read().trim() || this.#value;
    } catch {
      // The one from the start may still be good, and whoever it is shown to says so soon enough when it is not.
      return this.#value;
    }
  }

  toString(): string {
    return hidden;
  }

  toJSON(): string {
    return hidden;
  }

  [inspect.custom](): string {
    return hidden;
  }
}

/** Where a secret stands: here, in a file, in a variable of the environment, or in the vault. */
export type SecretSource = string | { readonly file: string } | { readonly env: string } | { readonly vault: string };

/** What the loader is given to find secrets with. */
export interface SecretSurroundings {
  /** Makes a path absolute: relative ones start at the folder of the configuration file. */
  absolute(path: string): string;
  /** @throws Error when the file cannot be read. */
  readFile(path: string): string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly vault: Vault;
}

export type FoundSecret =
  | { readonly found: true; readonly secret: Secret }
  | { readonly found: false; readonly sentence: string };

/**
 * Fetches a secret from its source. Spaces and line ends around it go: they come from pasting and from editors, and a
 * secret with one of them is refused by Entra as wrong.
 */
export function findSecret(source: SecretSource, surroundings: SecretSurroundings): FoundSecret {
  if (typeof source === 'string') return hold(source, 'is empty. Put the secret here, or name a file or a variable.');
  if ('env' in source) {
    const value = surroundings.env[source.env];
    if (value === undefined)
      return missing(`names the environment variable ${source.env}, which is not set. Set it, or correct its name.`);
    return hold(value, `names the environment variable ${source.env}, which is empty. Put the secret into it.`);
  }
  if ('vault' in source) {
    const place = new VaultPlace(source.vault, surroundings.vault);
    try {
      return hold(place.read(), `names the entry ${source.vault} of the vault, which is blank. Put it in anew.`, place);
    } catch (error) {
      if (!(error instanceof VaultError)) throw error;
      return missing(`names the entry ${source.vault} of the vault, which cannot be had. ${error.message}`);
    }
  }
  const path = surroundings.absolute(source.file);
  const place = new FilePlace(path, surroundings.readFile);
  try {
    return hold(place.read(), `names the file ${path}, which is empty. Put the secret into it.`, place);
  } catch (error) {
    return missing(`names the file ${path}, which cannot be read (${reason(error)}). Correct the path or its rights.`);
  }
}

function hold(value: string, ifEmpty: string, place?: TextPlace): FoundSecret {
  const trimmed = value.replace(/^\uFEFF/, '').trim();
  return trimmed === '' ? missing(ifEmpty) : { found: true, secret: new Secret(trimmed, place) };
}

function missing(sentence: string): FoundSecret {
  return { found: false, sentence };
}

/** The code of a failed file operation, or its words. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}

const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isGuid(text: string): boolean {
  return guid.test(text);
}
