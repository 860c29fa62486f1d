/** What the console's interface needs of whoever keeps the settings. Nothing in here gives a secret away. */
import { FaultError } from '../../domain/catalogue.ts';

export const settingsLists = ['connectors', 'clients', 'routes', 'alerts'] as const;
export type SettingsListName = (typeof settingsLists)[number];

/** An item of a list, as it stands now. */
export interface SettingsItem {
  readonly name: string;
  /** Values as they were written, without secrets. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Keys that hold a secret. */
  readonly secrets: readonly string[];
  /** Keys that the console cannot change, with the place that decides: `mailroom.yaml:12`, or a variable. */
  readonly fixed: Readonly<Record<string, string>>;
  /** Where the item as a whole stands, when it cannot be removed in the console; `default` when nobody wrote it. */
  readonly fixedBy: string | undefined;
}

/** What is wrong with one value, going on after its name: "must be …". */
export interface FieldProblem {
  readonly field: string;
  readonly sentence: string;
}

export interface SettingsChange {
  readonly list: SettingsListName;
  readonly name: string;
  /** null takes a value away; what is not named stays. Secrets come as their text. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Secrets that are to be made here: shown once, kept as their hash. */
  readonly make: readonly ('password' | 'apiKey')[];
  /** Until then the old one of what is made stays valid beside the new one, ISO 8601; it ends at once without it. */
  readonly keepOldUntil?: string | undefined;
  readonly isNew: boolean;
}

export interface SettingsDesk {
  /** Of what stands now. Whoever changes something says which one was looked at. */
  version(): string;
  items(list: SettingsListName): readonly SettingsItem[];
  /**
   * Takes a change, live. `record` is called before anything is changed, with both sides without secrets.
   * @throws FaultError `settings-changed`, `settings-fixed`, `settings-invalid` (with fields), `name-taken`, `not-found`
   */
  put(change: SettingsChange, version: string, record: Recorder): Promise<Readonly<Record<string, string>>>;
  /** @throws FaultError as `put` */
  remove(list: SettingsListName, name: string, version: string, record: Recorder): Promise<void>;
  /** Sets the order of the items that the console may change. @throws FaultError as `put` */
  order(list: SettingsListName, names: readonly string[], version: string, record: Recorder): Promise<void>;
}

export type Recorder = (before: string, after: string) => void;

/** A change that does not fit; `fields` say why, one sentence each. */
export class SettingsInvalid extends FaultError {
  readonly fields: readonly FieldProblem[];
  constructor(fields: readonly FieldProblem[]) {
    super({ code: 'settings-invalid', text: fields.map(({ field, sentence }) => `${field} ${sentence}`).join(' ') });
    this.fields = fields;
  }
}
