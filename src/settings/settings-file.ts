/** The file with what was set in the console: read as it stands, written as a whole. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { writeWhole } from '../vault/write-whole.ts';
import { isGroup } from './secret-values.ts';

const head =
  '# Written by the console of Mailroom. The configuration file goes before what stands here; secrets are in the vault.\n';

export class SettingsFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** '' where nothing was set yet. @throws the system's error when it cannot be read */
  read(): string {
    try {
      return readFileSync(this.path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
      throw error;
    }
  }

  /** A crash leaves the old one or the new one. @throws the system's error */
  write(text: string): void {
    writeWhole(this.path, text);
  }
}

export type SettingsItems = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

/** The lists in a text that `settingsText` wrote. */
export function settingsLists(text: string): SettingsItems {
  const value: unknown = parse(text) ?? {};
  if (!isGroup(value)) return {};
  return Object.fromEntries(
    Object.entries(value).map(([list, items]) => [list, Array.isArray(items) ? items.filter(isGroup) : []]),
  );
}

export function settingsText(lists: SettingsItems): string {
  const filled = Object.entries(lists).filter(([, items]) => items.length > 0);
  return head + stringify(Object.fromEntries(filled), { lineWidth: 0 });
}

/** Which state of the settings somebody looked at. */
export function versionOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
