/** One way by which somebody is told: how, of what, how often; its secrets go to the vault and are never shown again. */
import type { PanelWishes } from '../../parts/items-page.tsx';
import type { FieldSpec } from '../../parts/settings-draft.ts';
import { type Read, SettingsPanel } from '../../parts/settings-panel.tsx';
import { texts } from '../../texts.ts';

const words = texts.alerts;
const pairs = (labels: Readonly<Record<string, string>>) => Object.entries(labels);

const kind: FieldSpec = {
  key: 'kind',
  as: 'text',
  label: words.kind,
  options: pairs(words.kinds),
  usual: 'webhook',
  needed: true,
};
const form: FieldSpec = {
  key: 'form',
  as: 'text',
  label: words.form,
  options: pairs(words.forms),
  usual: 'teams',
  needed: true,
};
const to: FieldSpec = { key: 'to', as: 'list', label: words.to, hint: words.toHint };
const caFile: FieldSpec = { key: 'caFile', as: 'text', label: words.caFile, more: true };

/** What each kind is asked for. */
const ofKind: Readonly<Record<string, readonly FieldSpec[]>> = {
  webhook: [
    form,
    { key: 'url', as: 'secret', label: words.url, hint: words.urlHint },
    { key: 'signingKey', as: 'secret', label: words.signingKey, hint: words.signingKeyHint, more: true },
    { key: 'proxy', as: 'secret', label: words.proxy, hint: words.proxyHint, more: true },
    caFile,
  ],
  connector: [{ key: 'connector', as: 'text', label: words.connector, hint: words.connectorHint }, to],
  smtp: [
    { key: 'host', as: 'text', label: words.host },
    { key: 'login', as: 'text', label: words.login, hint: words.loginHint },
    { key: 'password', as: 'secret', label: words.password },
    { key: 'from', as: 'text', label: words.from },
    to,
    { key: 'port', as: 'number', label: words.port, hint: words.portHint, more: true },
    { key: 'tls', as: 'text', label: words.tls, options: pairs(words.tlsModes), usual: 'starttls', more: true },
    caFile,
  ],
};

const events: FieldSpec = {
  key: 'events',
  as: 'list',
  label: words.events,
  hint: words.eventsHint,
  options: pairs(words.eventNames),
  many: true,
  usual: Object.keys(words.eventNames).join(', '),
};
const quiet: FieldSpec = { key: 'quiet', as: 'text', label: words.quiet, hint: words.quietHint, usual: '4 h' };

const fieldsOf = (read: Read): readonly FieldSpec[] => [kind, ...(ofKind[read('kind')] ?? []), events, quiet];
const all = [kind, ...Object.values(ofKind).flat(), events, quiet];

export function AlertPanel({ settings, name, onClose, onSaved }: PanelWishes) {
  return (
    <SettingsPanel
      list="alerts"
      settings={settings}
      name={name}
      title={name === undefined ? words.add : words.editTitle(name)}
      fields={fieldsOf}
      all={all}
      onClose={onClose}
      onSaved={onSaved}
    />
  );
}
