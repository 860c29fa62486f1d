/** What is being typed about a connector, as texts, and what of it would be a change. */
import type { SettingsItem } from '../../parts/settings.ts';
import { textOf } from '../../parts/settings.ts';

export interface ConnectorDraft {
  readonly name: string;
  readonly kind: string;
  readonly proof: string;
  readonly cloud: string;
  readonly login: string;
  readonly graph: string;
  readonly texts: Readonly<Record<string, string>>;
}

/** Keys that are plain texts, by kind of connector. */
export const plainKeys = {
  microsoft: ['oauthClientId', 'tenantId', 'userName', 'caFile', 'uncertain', 'largeMessages'],
  smtp: ['host', 'port', 'tls', 'login', 'userName', 'caFile', 'uncertain'],
} as const;

export function draftOf(item: SettingsItem | undefined, name: string): ConnectorDraft {
  const values = item?.values ?? {};
  const { cloud } = values;
  const custom = isGroup(cloud) && isGroup(cloud['custom']) ? cloud['custom'] : undefined;
  const keys = new Set([...plainKeys.microsoft, ...plainKeys.smtp]);
  return {
    name: item?.name ?? name,
    kind: textOf(values, 'kind') || 'graph',
    proof: item?.secrets.includes('certificate') ? 'certificate' : 'secret',
    cloud: custom ? 'custom' : textOf(values, 'cloud') || 'global',
    login: custom ? textOf(custom, 'login') : '',
    graph: custom ? textOf(custom, 'graph') : '',
    texts: Object.fromEntries([...keys].map((key) => [key, textOf(values, key)])),
  };
}

/** The values that differ from what is set; null takes one away. */
export function changesOf(draft: ConnectorDraft, item: SettingsItem | undefined): Record<string, unknown> {
  const before = draftOf(item, draft.name);
  const changes: Record<string, unknown> = {};
  if (item === undefined && draft.kind !== 'graph') changes['kind'] = draft.kind;
  for (const key of draft.kind === 'smtp' ? plainKeys.smtp : plainKeys.microsoft) {
    const [now = '', was = ''] = [draft.texts[key], before.texts[key]];
    if (now.trim() !== was) changes[key] = now.trim() === '' ? null : typedValue(key, now.trim());
  }
  if (draft.kind !== 'smtp') {
    const isOther = draft.cloud !== before.cloud || draft.login !== before.login || draft.graph !== before.graph;
    if (isOther) changes['cloud'] = cloudOf(draft);
    const { certificate = '', key = '' } = draft.texts;
    if (draft.proof === 'certificate' && (certificate !== '' || key !== ''))
      changes['certificate'] = { certificate, key };
    if (draft.proof === 'secret' && draft.texts['secret']) changes['secret'] = draft.texts['secret'];
  } else if (draft.texts['password']) changes['password'] = draft.texts['password'];
  return changes;
}

function cloudOf({ cloud, login, graph }: ConnectorDraft): unknown {
  if (cloud === 'custom') return { custom: { login: login.trim(), graph: graph.trim() } };
  return cloud === 'global' ? null : cloud;
}

function typedValue(key: string, text: string): unknown {
  return key === 'port' && /^\d+$/.test(text) ? Number(text) : text;
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
