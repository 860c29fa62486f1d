/**
 * Secrets of the settings. The file holds their names in the vault and never a value; each value gets a name of its own,
 * so that the settings before a change and after it both stand until one of them is given up.
 */
import type { SettingsListName } from '../admin/http/settings-port.ts';

/** Keys that hold a secret, by list. */
const secretKeys: Readonly<Record<SettingsListName, readonly string[]>> = {
  connectors: ['secret', 'password', 'proxy'],
  clients: ['password', 'passwordHash', 'apiKey', 'apiKeyHash', 'previousPasswordHash', 'previousApiKeyHash'],
  routes: [],
  alerts: ['url', 'signingKey', 'password', 'proxy'],
};

/** Keys that hold PEM texts in the vault, each in a group of its own: `certificate: { certificate, key }`. */
const pemGroups: Readonly<Record<string, readonly string[]>> = { certificate: ['certificate', 'key'] };

export function isSecretKey(list: SettingsListName, key: string): boolean {
  return secretKeys[list].includes(key) || (list === 'connectors' && Object.hasOwn(pemGroups, key));
}

export interface Sealed {
  /** The values as the file may have them. */
  readonly values: Readonly<Record<string, unknown>>;
  /** What goes into the vault, by name. */
  readonly entries: Readonly<Record<string, string>>;
  /** Keys whose secret is no text, with what is wrong. */
  readonly problems: readonly { readonly field: string; readonly sentence: string }[];
}

/** Takes the secrets out of the values. @param newId makes the names of entries unique */
export function sealValues(
  list: SettingsListName,
  name: string,
  values: Readonly<Record<string, unknown>>,
  newId: () => string,
): Sealed {
  const sealed: Record<string, unknown> = {};
  const entries: Record<string, string> = {};
  const problems: { field: string; sentence: string }[] = [];
  const put = (key: string, text: string) => {
    const entry = `${name.slice(0, 28)}.${key}.${newId()}`;
    entries[entry] = text;
    return { vault: entry };
  };
  for (const [key, value] of Object.entries(values)) {
    if (value === null || !isSecretKey(list, key)) sealed[key] = value;
    else if (typeof value === 'string' && value.trim() !== '') sealed[key] = put(key, value.trim());
    else if (isGroup(value) && pemGroups[key]?.every((part) => isPem(value[part])))
      sealed[key] = Object.fromEntries(pemGroups[key].map((part) => [part, put(part, String(value[part]))]));
    else
      problems.push({
        field: key,
        sentence: pemGroups[key]
          ? 'must be the certificate and its private key, each as PEM text that begins with -----BEGIN.'
          : 'must be the secret itself; it is kept encrypted and never shown again.',
      });
  }
  return { values: sealed, entries, problems };
}

/** Names of entries that an item refers to. */
export function entriesOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(entriesOf);
  if (!isGroup(value)) return [];
  const { vault } = value;
  if (typeof vault === 'string' && Object.keys(value).length === 1) return [vault];
  return Object.values(value).flatMap(entriesOf);
}

function isPem(value: unknown): boolean {
  return typeof value === 'string' && value.includes('-----BEGIN ');
}

export function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
