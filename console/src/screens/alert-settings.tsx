/** Adds and removes ways of alerts; their secrets go to the vault and are never shown again. */
import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { type SubmitEvent, useState } from 'react';
import { Removable } from '../parts/removable.tsx';
import { SettingField } from '../parts/setting-field.tsx';
import { fieldProblem, otherProblem, useSave, useSettings } from '../parts/settings.ts';
import { Section, Trouble } from '../parts/small.tsx';
import { useMay } from '../session.ts';
import { texts } from '../texts.ts';

const useStyles = makeStyles({
  form: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM, maxWidth: '560px' },
  buttons: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM },
});

const empty = {
  name: '',
  kind: 'webhook',
  form: 'teams',
  url: '',
  connector: '',
  host: '',
  login: '',
  password: '',
  from: '',
  to: '',
};
type Draft = typeof empty;
type Key = keyof Draft;

/** What each kind is asked for, beside its name. */
const fieldsOf = {
  webhook: ['form', 'url'],
  connector: ['connector', 'to'],
  smtp: ['host', 'login', 'password', 'from', 'to'],
} as const satisfies Record<string, readonly Key[]>;

const isKind = (text: string): text is keyof typeof fieldsOf => Object.hasOwn(fieldsOf, text);

export function AlertSettings() {
  const words = texts.alerts;
  const styles = useStyles();
  const may = useMay('administrator');
  const { data } = useSettings('alerts');
  const [draft, setDraft] = useState(empty);
  const save = useSave('alerts', data?.version ?? '', () => setDraft(empty));
  if (!data || !may) return null;
  const fields: readonly Key[] = isKind(draft.kind) ? fieldsOf[draft.kind] : [];
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    save.mutate({ name: draft.name.trim(), isNew: true, values: valuesOf(draft, fields) });
  };
  const change = (key: Key) => (value: string) => setDraft({ ...draft, [key]: value });
  return (
    <Section title={words.add}>
      <form className={styles.form} onSubmit={submit}>
        <SettingField
          label={texts.settings.name}
          value={draft.name}
          hint={texts.settings.nameHint}
          error={fieldProblem(save.error, 'name')}
          onChange={change('name')}
        />
        <SettingField
          label={words.kind}
          value={draft.kind}
          options={Object.entries(words.kinds)}
          onChange={change('kind')}
        />
        {fields.map((key) => (
          <SettingField
            key={key}
            label={labelOf(key)}
            value={draft[key]}
            kind={key === 'url' || key === 'password' ? 'password' : 'text'}
            hint={hintOf(key)}
            error={fieldProblem(save.error, key)}
            {...(key === 'form' ? { options: Object.entries(words.forms) } : {})}
            onChange={change(key)}
          />
        ))}
        <Trouble error={otherProblem(save.error, ['name', ...fields])} />
        <div className={styles.buttons}>
          <Button type="submit" appearance="primary" disabledFocusable={save.isPending || draft.name.trim() === ''}>
            {texts.settings.add}
          </Button>
        </div>
      </form>
      <Removable list="alerts" settings={data} removeOf={words.removeOf} removeQuestion={words.removeQuestion} />
    </Section>
  );
}

/** Of its own kind alone, and without what was left empty. */
function valuesOf(draft: Draft, fields: readonly Key[]): Record<string, unknown> {
  const given = fields.filter((key) => draft[key].trim() !== '');
  const entries = given.map((key) => [
    key,
    key === 'to' ? draft.to.split(/[\s,;]+/).filter(Boolean) : draft[key].trim(),
  ]);
  return { kind: draft.kind, ...Object.fromEntries(entries) };
}

function labelOf(key: Key): string {
  return key === 'name' ? texts.settings.name : texts.alerts[key];
}

function hintOf(key: Key): string | undefined {
  const { urlHint, connectorHint, loginHint, toHint } = texts.alerts;
  const hints: Partial<Record<Key, string>> = { url: urlHint, connector: connectorHint, login: loginHint, to: toHint };
  return hints[key];
}
