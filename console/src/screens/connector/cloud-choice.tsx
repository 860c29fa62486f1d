/** Which cloud a new connector is of, with its hosts where it is another one. */
import { useState } from 'react';
import { SettingField } from '../../parts/setting-field.tsx';
import { texts } from '../../texts.ts';

export function useCloud() {
  const words = texts.connector;
  const [draft, setDraft] = useState({ cloud: 'global', login: '', graph: '', caFile: '' });
  const isCustom = draft.cloud === 'custom';
  const [login, graph, caFile] = [draft.login.trim(), draft.graph.trim(), draft.caFile.trim()];
  const field = (key: keyof typeof draft, label: string, options?: Readonly<Record<string, string>>) => (
    <SettingField
      label={label}
      value={draft[key]}
      {...(options ? { options: Object.entries(options) } : {})}
      onChange={(value) => setDraft({ ...draft, [key]: value })}
    />
  );
  return {
    /** For the look-up of the portals. */
    portal: isCustom ? login : draft.cloud,
    /** As a job takes it. */
    order: { cloud: isCustom ? { login, graph } : draft.cloud, ...(isCustom && caFile !== '' ? { caFile } : {}) },
    /** As the settings have it. */
    values: {
      ...(draft.cloud === 'global' ? {} : { cloud: isCustom ? { custom: { login, graph } } : draft.cloud }),
      ...(isCustom && caFile !== '' ? { caFile } : {}),
    },
    fields: (
      <>
        {field('cloud', words.cloud, words.clouds)}
        {isCustom ? (
          <>
            {field('login', words.login)}
            {field('graph', words.graph)}
            {field('caFile', words.caFile)}
          </>
        ) : null}
      </>
    ),
  };
}
