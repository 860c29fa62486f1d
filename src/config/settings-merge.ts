/**
 * Lays what was set in the console under what the configuration file says. The file wins, key by key: an item of both, known
 * by its name, takes from the settings only what the file leaves open. Items that only one of them has stand one after the
 * other, those of the file first, so that its routes decide first and its first connector stays the default.
 */
import type { KeyPath, Locate, Place } from './problem.ts';
import { ownMachine } from './schema.ts';

/** The lists of the configuration that the console may add to. */
export const settingsLists = ['connectors', 'clients', 'routes', 'alerts'] as const;
export type SettingsList = (typeof settingsLists)[number];

type Item = Readonly<Record<string, unknown>>;

/** Where an item of a merged list came from: its place in each source, where it has one. */
interface Origin {
  readonly file: number | undefined;
  readonly settings: number | undefined;
  readonly fileKeys: ReadonlySet<string>;
}

export interface MergedSettings {
  readonly value: unknown;
  /** Where a value stands: in the file, or in the settings. */
  readonly locate: (path: KeyPath) => Place & { readonly from: 'file' | 'settings' | 'default' };
}

/** Keys of which one excludes the others: whoever wrote one of them has decided on all. */
const credentialKeys = ['secret', 'certificate', 'federated', 'managedIdentity'] as const;
const alternatives: Readonly<Record<SettingsList, readonly (readonly string[])[]>> = {
  connectors: [credentialKeys],
  clients: [
    ['password', 'passwordHash'],
    ['apiKey', 'apiKeyHash'],
  ],
  routes: [],
  alerts: [],
};

/** @param file and @param settings plain values as their YAML has them. */
export function mergeSettings(
  file: { readonly value: unknown; readonly locate: Locate },
  settings: { readonly value: unknown; readonly locate: Locate },
): MergedSettings {
  const base = isGroup(file.value) ? file.value : {};
  const over = isGroup(settings.value) ? settings.value : {};
  const merged: Record<string, unknown> = { ...base };
  const origins = new Map<string, readonly Origin[]>();
  const isOwnMachine = base['clients'] === undefined;
  for (const list of settingsLists) {
    const added = itemsOf(over[list]);
    // What is no list of groups is for the schema to refuse, as it was written.
    if (added.every((item) => isUnfinished(list, item) && base[list] === undefined)) continue;
    if (!isListOfGroups(base[list])) continue;
    // Programs on this machine may send by default; a client made in the console does not silently end that.
    const own = itemsOf(list === 'clients' && isOwnMachine ? ownMachine : base[list]);
    const { items, from } = mergeList(list, own, added);
    merged[list] = items;
    origins.set(list, from);
  }
  return {
    value: merged,
    locate(path) {
      const [list, index, key] = path;
      const origin = typeof index === 'number' ? origins.get(String(list))?.[index] : undefined;
      if (!origin) return { ...file.locate(path), from: 'file' };
      const rest = path.slice(2);
      const isOfFile =
        origin.file !== undefined &&
        (key === undefined || origin.fileKeys.has(String(key)) || origin.settings === undefined);
      return isOfFile
        ? {
            ...file.locate([String(list), origin.file ?? 0, ...rest]),
            from: list === 'clients' && isOwnMachine ? 'default' : 'file',
          }
        : { ...settings.locate([String(list), origin.settings ?? 0, ...rest]), from: 'settings' };
    },
  };
}

function mergeList(list: SettingsList, own: readonly Item[], added: readonly Item[]) {
  const items: Item[] = [];
  const from: Origin[] = [];
  const used = new Set<number>();
  for (const [index, item] of own.entries()) {
    const other = added.findIndex((each) => nameOf(list, each) === nameOf(list, item));
    const under = added[other];
    const fileKeys = decidedKeys(list, Object.keys(item));
    if (under) used.add(other);
    const left = Object.entries(under ?? {}).filter(([key]) => !fileKeys.has(key));
    items.push({ ...Object.fromEntries(left), ...item });
    from.push({ file: index, settings: under ? other : undefined, fileKeys });
  }
  for (const [index, item] of added.entries()) {
    if (used.has(index) || isUnfinished(list, item)) continue;
    items.push(item);
    from.push({ file: undefined, settings: index, fileKeys: new Set() });
  }
  return { items, from };
}

/**
 * A connector to Microsoft without a credential yet: the manual saves the IDs first and makes the secret afterwards. It is
 * kept, and is no way out before it has one.
 */
export function isUnfinished(list: SettingsList, item: Item): boolean {
  return list === 'connectors' && item['kind'] !== 'smtp' && !credentialKeys.some((key) => item[key] !== undefined);
}

/** Keys that whoever wrote these has decided on. */
export function decidedKeys(list: SettingsList, written: readonly string[]): ReadonlySet<string> {
  const decided = new Set(written);
  for (const group of alternatives[list])
    if (group.some((key) => decided.has(key))) for (const key of group) decided.add(key);
  return decided;
}

function nameOf(list: SettingsList, item: Item): unknown {
  return item['name'] ?? (list === 'connectors' ? 'default' : undefined);
}

function isListOfGroups(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.every(isGroup));
}

function itemsOf(value: unknown): readonly Item[] {
  return Array.isArray(value) ? value.filter(isGroup) : [];
}

function isGroup(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
