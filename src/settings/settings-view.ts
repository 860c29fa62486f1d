/** The settings as the console shows them: every item with its values, what is fixed and where, and no secret. */
import { basename } from 'node:path';
import type { SettingsItem, SettingsListName } from '../admin/http/settings-port.ts';
import type { LoadedConfig, Standing } from '../config/load.ts';
import { ownMachine } from '../config/schema.ts';
import { decidedKeys } from '../config/settings-merge.ts';
import { isGroup, isSecretKey } from './secret-values.ts';

type Loaded = Extract<LoadedConfig, { ok: true }>;

export function settingsItems(list: SettingsListName, { written, standing }: Loaded): readonly SettingsItem[] {
  const items = isGroup(written) ? written[list] : undefined;
  if (Array.isArray(items))
    return items.filter(isGroup).map((item, index) => itemView(list, item, (key) => standing([list, index, ...key])));
  const byDefault = list === 'clients' ? ownMachine : [];
  return byDefault.map((item) => itemView(list, item, () => ({ source: '', from: 'default' })));
}

function itemView(
  list: SettingsListName,
  item: Readonly<Record<string, unknown>>,
  standing: (key: readonly string[]) => Standing,
): SettingsItem {
  const values: Record<string, unknown> = {};
  const secrets: string[] = [];
  const fixed: Record<string, string> = {};
  for (const [key, value] of Object.entries(item)) {
    if (isSecretKey(list, key)) secrets.push(key);
    else values[key] = value;
    const at = standing([key]);
    if (at.from === 'settings' || key === 'name') continue;
    // With one of two alternatives the other is decided on as well.
    for (const each of decidedKeys(list, [key])) fixed[each] ??= placeText(at);
  }
  const whole = standing([]);
  return {
    name: typeof item['name'] === 'string' ? item['name'] : 'default',
    values,
    secrets,
    fixed,
    fixedBy: whole.from === 'settings' ? undefined : placeText(whole),
  };
}

function placeText({ source, line, from }: Standing): string {
  if (from === 'default') return 'default';
  return line === undefined ? source : `${basename(source)}:${line}`;
}
