/** One client: what it may send as, from where, how much; and what it logs in with, made by the server. */
import { Checkbox } from '@fluentui/react-components';
import { useState } from 'react';
import { Boxes } from '../../parts/boxes.tsx';
import type { PanelWishes } from '../../parts/items-page.tsx';
import { SettingField } from '../../parts/setting-field.tsx';
import type { SettingsItem, Shown } from '../../parts/settings.ts';
import { type FieldSpec, fixedBy } from '../../parts/settings-draft.ts';
import { SettingsPanel } from '../../parts/settings-panel.tsx';
import { useMay } from '../../session.ts';
import { texts } from '../../texts.ts';

const words = texts.clients;

const fields: readonly FieldSpec[] = [
  { key: 'senders', as: 'list', label: words.columns.senders, hint: words.sendersHint },
  { key: 'addresses', as: 'list', label: words.ranges, hint: words.rangesHint },
  {
    key: 'priority',
    as: 'text',
    label: words.columns.priority,
    hint: words.priorityHint,
    options: Object.entries(words.priorities),
    usual: 'normal',
  },
  { key: 'quota.messagesPerHour', as: 'number', label: words.quotas.messagesPerHour, hint: words.quotaHint },
  { key: 'quota.messagesPerDay', as: 'number', label: words.quotas.messagesPerDay },
  { key: 'quota.recipientsPerDay', as: 'number', label: words.quotas.recipientsPerDay },
  { key: 'connector', as: 'text', label: words.connector, hint: words.connectorHint, more: true },
  { key: 'login', as: 'text', label: words.loginName, hint: words.loginHint, more: true },
];

/** Keys that stand for what a client logs in with. */
const password: FieldSpec = { key: 'passwordHash', as: 'secret', label: words.password };
const apiKey: FieldSpec = { key: 'apiKeyHash', as: 'secret', label: words.apiKey };

export function ClientPanel({
  settings,
  name,
  onClose,
  onSaved,
}: Omit<PanelWishes, 'onSaved'> & {
  onSaved: (name: string, shown: Shown & { login?: string }) => void;
}) {
  const may = useMay('administrator');
  const isNew = name === undefined;
  const item = settings.items.find((each) => each.name === name);
  const [wants, setWants] = useState({ password: isNew, apiKey: false });
  const login = String(item?.values['login'] ?? '');
  const hasKey = item?.secrets.some((key) => key.startsWith('apiKey')) ?? false;
  const [keepOld, setKeepOld] = useState('0');
  const [stops, setStops] = useState(false);
  const olds = olderOf(item, Date.now());
  const make = (['password', 'apiKey'] as const).filter((what) => wants[what]);
  const box = (what: 'password' | 'apiKey', label: string, field: FieldSpec) => {
    const fixed = fixedBy(item, field);
    return (
      <Checkbox
        label={fixed === undefined ? label : `${label} (${texts.settings.fixedBy(fixed)})`}
        checked={wants[what]}
        disabled={!may || fixed !== undefined}
        onChange={(_event, { checked }) => setWants({ ...wants, [what]: checked === true })}
      />
    );
  };
  return (
    <SettingsPanel
      list="clients"
      settings={settings}
      name={name}
      title={isNew ? words.add : words.editTitle(name)}
      fields={() => fields}
      all={fields}
      make={make}
      keepOldMinutes={Number(keepOld)}
      also={(typed): Record<string, unknown> => ({
        ...(wants.password && login === '' ? { login: typed } : {}),
        ...(stops ? Object.fromEntries(olds.flatMap(({ keys }) => keys.map((key) => [key, null]))) : {}),
      })}
      before={
        <Boxes label={words.columns.how}>
          {box('password', login === '' ? words.withLogin : words.newPassword, password)}
          {box('apiKey', hasKey ? words.newKey : words.withKey, apiKey)}
          {isNew || make.length === 0 ? null : (
            <SettingField
              label={words.keepOld}
              value={keepOld}
              options={Object.entries(words.keepOldFor)}
              onChange={setKeepOld}
            />
          )}
          {olds.map(({ said }) => (
            <span key={said}>{said}</span>
          ))}
          {olds.length === 0 || make.length > 0 ? null : (
            <Checkbox
              label={words.stopOld}
              checked={stops}
              disabled={!may}
              onChange={(_event, { checked }) => setStops(checked === true)}
            />
          )}
        </Boxes>
      }
      onClose={onClose}
      onSaved={(saved, shown) => onSaved(saved, { ...shown, login: login || saved })}
    />
  );
}

const old = [
  ['previousPasswordUntil', 'previousPasswordHash', words.oldPassword],
  ['previousApiKeyUntil', 'previousApiKeyHash', words.oldKey],
] as const;

/** What of before is still valid, and the keys that hold it. */
function olderOf(item: SettingsItem | undefined, now: number) {
  return old.flatMap(([end, hash, say]) => {
    const until = Date.parse(String(item?.values[end] ?? ''));
    return until > now ? [{ keys: [end, hash], said: say(new Date(until).toLocaleString()) }] : [];
  });
}
