/**
 * What somebody types about an item of the settings, as text for each field, and what of it is a change. A field is named
 * by its way into the item (`quota.messagesPerDay`); what it says of nothing that was changed never leaves the page.
 */
import type { SettingsItem } from './settings.ts';

/** How the text of a field becomes a value: as it is, split at commas, as a number, as yes or no; a secret is never shown. */
export type FieldAs = 'text' | 'list' | 'number' | 'flag' | 'secret';

export interface FieldSpec {
  readonly key: string;
  readonly as: FieldAs;
  readonly label: string;
  readonly hint?: string;
  /** Value and label of each choice. */
  readonly options?: readonly (readonly [value: string, label: string])[];
  /** Several of the options at once, each with a box. */
  readonly many?: boolean;
  /** What stands there when nothing is set. */
  readonly usual?: string;
  /** Sent with a new item though nobody touched it. */
  readonly needed?: boolean;
  /** A key for one value, in whose place this one for several stands. */
  readonly replaces?: string;
  /** Below what is asked as a rule. */
  readonly more?: boolean;
}

/** Fields that were touched, by their key. */
export type Draft = Readonly<Record<string, string>>;

type Values = Readonly<Record<string, unknown>>;

export const topOf = (key: string): string => key.split('.', 1)[0] ?? key;

/** Parts of a text with commas, semicolons or white space between them. */
export function listIn(text: string): string[] {
  return text.split(/[\s,;]+/).filter((part) => part !== '');
}

/** What stands in the field as long as nobody touches it. */
export function storedText(values: Values, { key, usual = '', as, replaces }: FieldSpec): string {
  if (as === 'secret') return '';
  const value = at(values, key) ?? (replaces === undefined ? undefined : at(values, replaces));
  if (Array.isArray(value)) return value.join(', ');
  return value === undefined || value === null || typeof value === 'object' ? usual : String(value);
}

/** What would be sent. @param others fields that do not belong to what was chosen: what they hold is taken away */
export function changesOf(
  item: SettingsItem | undefined,
  fields: readonly FieldSpec[],
  draft: Draft,
  others: readonly FieldSpec[] = [],
): Record<string, unknown> {
  const stored = item?.values ?? {};
  const changes: Record<string, unknown> = {};
  for (const { key } of others) {
    const top = topOf(key);
    const isSet = Object.hasOwn(stored, top) || (item?.secrets.includes(top) ?? false);
    if (isSet && !fields.some((each) => topOf(each.key) === top) && !item?.fixed[top]) changes[top] = null;
  }
  for (const field of fields) {
    const { key, needed = false, replaces } = field;
    const top = topOf(key);
    if (fixedBy(item, field) !== undefined) continue;
    const before = storedText(stored, field);
    const text = (draft[key] ?? before).trim();
    const isChanged = text !== before || (item === undefined && needed);
    if (!isChanged || (field.as === 'secret' && text === '')) continue;
    const value = valueIn(field, text);
    changes[top] =
      key === top
        ? value
        : within(Object.hasOwn(changes, top) ? changes[top] : stored[top], key.slice(top.length + 1), value);
    if (replaces !== undefined && Object.hasOwn(stored, replaces)) changes[replaces] = null;
    if (value === null && key === top && !Object.hasOwn(stored, top)) delete changes[top];
  }
  return changes;
}

/** The place that decides on a field, when it is not the console. */
export function fixedBy(item: SettingsItem | undefined, { key, replaces }: FieldSpec): string | undefined {
  return item?.fixed[topOf(key)] ?? (replaces === undefined ? undefined : item?.fixed[replaces]);
}

function valueIn({ as, usual, many = false }: FieldSpec, text: string): unknown {
  // None chosen is not the same as nothing said: the server refuses it in its words.
  if (many && text === '') return [];
  if (text === '' || (text === usual && as !== 'text')) return null;
  switch (as) {
    case 'text':
    case 'secret':
      return text;
    case 'list':
      return listIn(text);
    case 'number':
      // What is no number is for the server to refuse, in its words.
      return Number.isFinite(Number(text)) ? Number(text) : text;
    case 'flag':
      return text === 'true';
  }
}

/** A group with one of its values changed; null when nothing is left in it. */
function within(group: unknown, key: string, value: unknown): Values | null {
  const before = isGroup(group) ? group : {};
  const left = Object.entries(before).filter(([each]) => each !== key);
  const next = value === null ? left : [...left, [key, value] as const];
  return next.length === 0 ? null : Object.fromEntries(next);
}

function at(values: Values, key: string): unknown {
  return key.split('.').reduce<unknown>((value, part) => (isGroup(value) ? value[part] : undefined), values);
}

function isGroup(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
