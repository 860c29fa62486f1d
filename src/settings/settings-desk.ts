/**
 * Takes changes of the settings, one after the other. In its order: is it made from what stands now; are its values free to
 * be set here; secrets into the vault, under new names; does the whole configuration stand with it; on record; written;
 * live. What fails on the way leaves everything as it was. Only at the end go the entries of the vault that nothing names
 * any more.
 */
import { randomBytes } from 'node:crypto';
import {
  type FieldProblem,
  type Recorder,
  type SettingsChange,
  type SettingsDesk,
  SettingsInvalid,
  type SettingsItem,
  type SettingsListName,
} from '../admin/http/settings-port.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { Config, ConnectorConfig } from '../config/schema.ts';
import { decidedKeys, isUnfinished } from '../config/settings-merge.ts';
import { FaultError } from '../domain/catalogue.ts';
import type { Logger } from '../domain/ports.ts';
import { formatApiKeyHash, hashApiKey } from '../policy/api-key.ts';
import { formatPasswordHash, hashPassword } from '../policy/password-hash.ts';
import { movedSecrets } from './secret-destination.ts';
import { entriesOf, isGroup, isSecretKey, sealValues } from './secret-values.ts';
import { type SettingsFile, type SettingsItems, settingsLists, settingsText, versionOf } from './settings-file.ts';
import { settingsItems } from './settings-view.ts';

type Loaded = Extract<LoadedConfig, { ok: true }>;
type Item = Readonly<Record<string, unknown>>;

/** What a change is about: the item, the keys that it sets, and those that it may not. */
interface About {
  readonly list: SettingsListName;
  readonly name: string;
  readonly given?: readonly string[];
  readonly fixed?: Readonly<Record<string, string>>;
}

export interface DeskParts {
  readonly file: SettingsFile;
  /** Reads the configuration with these settings in it. */
  load(settings: string): LoadedConfig;
  /** Makes it live. @throws when it cannot stand */
  apply(config: Config): Promise<void>;
  readonly vault: {
    putAll(values: Readonly<Record<string, string>>): void;
    remove(name: string): void;
  };
  readonly logger: Logger;
  /** Asks Entra for a token with the credential that a connector has; a sentence when there is none. */
  readonly whyNoToken: (connector: ConnectorConfig) => Promise<string | undefined>;
}

export function createSettingsDesk(parts: DeskParts): SettingsDesk {
  return new Desk(parts);
}

class Desk implements SettingsDesk {
  readonly #parts: DeskParts;
  #known: { readonly text: string; readonly loaded: Loaded } | undefined;
  #changing: Promise<unknown> = Promise.resolve();

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  version(): string {
    return versionOf(this.#now().text);
  }

  items(list: SettingsListName): readonly SettingsItem[] {
    const { text, loaded } = this.#now();
    const items = settingsItems(list, loaded);
    const unfinished = (settingsLists(text)[list] ?? []).filter(
      (item) => isUnfinished(list, item) && !items.some(({ name }) => name === nameOf(item)),
    );
    return [
      ...items,
      ...unfinished.map((values) => ({ name: nameOf(values), values, secrets: [], fixed: {}, fixedBy: undefined })),
    ];
  }

  put(change: SettingsChange, version: string, record: Recorder): Promise<Readonly<Record<string, string>>> {
    return this.#inTurn(async () => {
      const { list, name } = change;
      const before = this.items(list).find((item) => item.name === name);
      if (change.isNew && before)
        throw new FaultError({ code: 'name-taken', text: `There is one called ${name} already.` });
      if (!change.isNew && !before) throw new FaultError({ code: 'not-found' });
      this.#refuseFixed(before?.fixed ?? {}, Object.keys(change.values));
      // Its content is sent to Entra, or to whatever host stands for it: the console is no way to read the server's files.
      if (isGroup(change.values['federated']) && change.values['federated']['tokenFile'] !== undefined)
        throw new SettingsInvalid([
          { field: 'federated', sentence: 'can name a file of the server in the file alone.' },
        ]);
      const old = this.#now().loaded.config.clients.find((client) => list === 'clients' && client.name === name);
      const { values: made, shown } = await makeSecrets(change, old);
      const sealed = sealValues(list, name, { ...change.values, ...made }, () => randomBytes(3).toString('hex'));
      if (sealed.problems.length > 0) throw new SettingsInvalid(sealed.problems);
      const lists = settingsLists(this.#now().text);
      const items = lists[list] ?? [];
      const index = items.findIndex((item) => nameOf(item) === name);
      const item = withValues(list, items[index] ?? { name }, sealed.values);
      const next = index === -1 ? [...items, item] : items.with(index, item);
      const said = (each: Item | undefined) => described(list, each);
      const about = { list, name, given: Object.keys(change.values), fixed: before?.fixed ?? {} };
      await this.#take({ ...lists, [list]: next }, version, sealed.entries, about, () =>
        record(said(items[index]), said(item)),
      );
      return shown;
    });
  }

  remove(list: SettingsListName, name: string, version: string, record: Recorder): Promise<void> {
    return this.#inTurn(async () => {
      const item = this.items(list).find((each) => each.name === name);
      if (!item) throw new FaultError({ code: 'not-found' });
      if (item.fixedBy !== undefined) throw new FaultError({ code: 'settings-fixed', text: `In ${item.fixedBy}.` });
      const lists = settingsLists(this.#now().text);
      const gone = lists[list]?.find((each) => nameOf(each) === name);
      const next = lists[list]?.filter((each) => each !== gone) ?? [];
      await this.#take({ ...lists, [list]: next }, version, {}, { list, name }, () =>
        record(described(list, gone), ''),
      );
    });
  }

  order(list: SettingsListName, names: readonly string[], version: string, record: Recorder): Promise<void> {
    return this.#inTurn(async () => {
      const lists = settingsLists(this.#now().text);
      const items = lists[list] ?? [];
      // What only adds to an item of the file stands where the file has it.
      const free = new Set(this.items(list).flatMap(({ name, fixedBy }) => (fixedBy === undefined ? [name] : [])));
      const known = items.map(nameOf).filter((name) => free.has(name));
      if (names.length !== known.length || names.some((name) => !known.includes(name)))
        throw new FaultError({ code: 'settings-changed' });
      const next = [
        ...items.filter((item) => !free.has(nameOf(item))),
        ...names.flatMap((name) => items.filter((item) => nameOf(item) === name)),
      ];
      await this.#take({ ...lists, [list]: next }, version, {}, { list, name: '' }, () =>
        record(known.join(', '), names.join(', ')),
      );
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#changing.then(work);
    this.#changing = done.catch(() => undefined);
    return done;
  }

  /** What stands now; the file may have been put back from a backup meanwhile. */
  #now(): { readonly text: string; readonly loaded: Loaded } {
    const text = this.#parts.file.read();
    if (this.#known?.text === text) return this.#known;
    const loaded = this.#parts.load(text);
    if (!loaded.ok) throw new Error(loaded.problems.map(({ sentence }) => sentence).join(' '));
    this.#known = { text, loaded };
    return this.#known;
  }

  #refuseFixed(fixed: Readonly<Record<string, string>>, keys: readonly string[]): void {
    const [key] = keys.filter((each) => Object.hasOwn(fixed, each));
    if (key !== undefined) throw new FaultError({ code: 'settings-fixed', text: `${key} stands in ${fixed[key]}.` });
  }

  async #take(
    lists: SettingsItems,
    version: string,
    entries: Readonly<Record<string, string>>,
    about: About,
    record: () => void,
  ): Promise<void> {
    const { file, load, apply, vault } = this.#parts;
    const before = this.#now();
    if (versionOf(before.text) !== version) throw new FaultError({ code: 'settings-changed' });
    const text = settingsText(lists);
    const added = Object.keys(entries);
    if (added.length > 0) vault.putAll(entries);
    try {
      const loaded = load(text);
      // What is not finished is no part of the configuration yet; its fields are held against the schema all the same.
      const proven = load(settingsText(finished(lists)));
      if (!proven.ok) throw new SettingsInvalid(fieldProblems(proven, about));
      if (!loaded.ok) throw new SettingsInvalid(fieldProblems(loaded, about));
      const moved = movedSecrets(about, [before.loaded.config, loaded.config], about.given ?? [], about.fixed ?? {});
      if (moved.length > 0) throw new SettingsInvalid(moved);
      await this.#proveCertificate(about, before.loaded.config, loaded.config);
      record();
      file.write(text);
      try {
        await apply(loaded.config);
      } catch (error) {
        file.write(before.text);
        const why = error instanceof Error ? error.message : String(error);
        throw new SettingsInvalid([{ field: '', sentence: why }]);
      }
      this.#known = { text, loaded };
    } catch (error) {
      this.#forget(added);
      throw error;
    }
    const kept = new Set(entriesOf(settingsLists(text)));
    this.#forget(entriesOf(settingsLists(before.text)).filter((name) => !kept.has(name)));
  }

  /** One that takes the place of a credential: mail must not stop over a certificate that is not in the registration. */
  async #proveCertificate({ list, name, given = [] }: About, before: Config, after: Config): Promise<void> {
    if (list !== 'connectors' || !given.includes('certificate')) return;
    const find = ({ connectors }: Config) => connectors.find((each) => each.name === name);
    const connector = find(after);
    if (!connector || !find(before)) return;
    const why = await this.#parts.whyNoToken(connector);
    if (why === undefined) return;
    throw new SettingsInvalid([
      { field: 'certificate', sentence: `is not proven, so that the old credential stays in use: ${why}` },
    ]);
  }

  #forget(names: readonly string[]): void {
    for (const name of names)
      try {
        this.#parts.vault.remove(name);
      } catch (error) {
        this.#parts.logger.warn({ err: error, entry: name }, 'An entry of the vault that is not used any more stayed.');
      }
  }
}

function finished(lists: SettingsItems): SettingsItems {
  const { connectors = [], ...rest } = lists;
  const stand = { secret: 'a credential that is still to come' };
  return {
    ...rest,
    connectors: connectors.map((item) => (isUnfinished('connectors', item) ? { ...item, ...stand } : item)),
  };
}

function withValues(list: SettingsListName, item: Item, values: Item): Item {
  const set = Object.keys(values).filter((key) => values[key] !== null);
  // Who sets one of two alternatives takes the other away.
  const gone = new Set([...decidedKeys(list, set), ...Object.keys(values)]);
  const left = Object.entries(item).filter(([key]) => !gone.has(key));
  return { ...Object.fromEntries(left), ...Object.fromEntries(set.map((key) => [key, values[key]])) };
}

/** Problems of the changed item by their field; what is wrong elsewhere comes as a whole. */
function fieldProblems(
  loaded: Extract<LoadedConfig, { ok: false }>,
  { list, name }: { readonly list: SettingsListName; readonly name: string },
): readonly FieldProblem[] {
  return loaded.problems.map(({ source, line, key, sentence }) => {
    const place = `${line === undefined ? source : `${source}:${line}`} ${key === '' ? '' : `${key} `}`;
    const words = sentence.startsWith(place) ? sentence.slice(place.length) : sentence;
    const field = new RegExp(`^${list}\\[\\d+\\]\\.?(.*)$`).exec(key)?.[1];
    if (field !== undefined) return { field, sentence: words };
    return { field: '', sentence: `${key} ${words} (${name})` };
  });
}

/** @param old the client as it stands: what it logs in with may stay valid for a time */
async function makeSecrets({ make, keepOldUntil }: SettingsChange, old: Config['clients'][number] | undefined) {
  const values: Record<string, string | null> = {};
  const shown: Record<string, string> = {};
  for (const what of make) {
    const text = randomBytes(24).toString('base64url');
    shown[what] = text;
    const before = keepOldUntil === undefined ? undefined : await hashOf(what, old);
    const end = before === undefined ? null : (keepOldUntil ?? null);
    if (what === 'password') {
      values['passwordHash'] = formatPasswordHash(await hashPassword(text));
      values['previousPasswordHash'] = before ?? null;
      values['previousPasswordUntil'] = end;
    } else {
      values['apiKeyHash'] = formatApiKeyHash(hashApiKey(text));
      values['previousApiKeyHash'] = before ?? null;
      values['previousApiKeyUntil'] = end;
    }
  }
  return { values, shown };
}

async function hashOf(what: 'password' | 'apiKey', old: Config['clients'][number] | undefined) {
  if (what === 'apiKey')
    return old?.apiKeyHash?.reveal() ?? (old?.apiKey && formatApiKeyHash(hashApiKey(old.apiKey.reveal())));
  const { password, passwordHash } = old ?? {};
  return passwordHash?.reveal() ?? (password && formatPasswordHash(await hashPassword(password.reveal())));
}

/** For the audit trail: without secrets, but with the fact that there is one. */
function described(list: SettingsListName, item: Item | undefined): string {
  if (!item) return '';
  const shown = Object.entries(item).map(([key, value]) => [key, isSecretKey(list, key) ? '(secret)' : value]);
  return JSON.stringify(Object.fromEntries(shown));
}

function nameOf(item: Item): string {
  return typeof item['name'] === 'string' ? item['name'] : 'default';
}
