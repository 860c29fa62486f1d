/** Makes and removes clients: what they log in with is made by the server and shown once. */
import { Button, Checkbox, MessageBar, MessageBarBody, makeStyles, tokens } from '@fluentui/react-components';
import { type SubmitEvent, useState } from 'react';
import { Facts } from '../parts/facts.tsx';
import { Removable } from '../parts/removable.tsx';
import { SettingField } from '../parts/setting-field.tsx';
import { fieldProblem, otherProblem, type Shown, useSave, useSettings } from '../parts/settings.ts';
import { Copied, Section, Trouble } from '../parts/small.tsx';
import { useMay } from '../session.ts';
import { texts } from '../texts.ts';

const useStyles = makeStyles({
  form: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM, maxWidth: '560px' },
  buttons: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM },
});
const empty = { name: '', addresses: '', senders: '', login: true, apiKey: false };

export function ClientSettings() {
  const words = texts.clients;
  const styles = useStyles();
  const may = useMay('administrator');
  const { data } = useSettings('clients');
  const [draft, setDraft] = useState(empty);
  const [shown, setShown] = useState<Shown & { login: string }>();
  const save = useSave('clients', data?.version ?? '', (login, made) => {
    setShown({ ...made, login });
    setDraft(empty);
  });
  if (!data || !may) return null;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const name = draft.name.trim();
    const [addresses, senders] = [listIn(draft.addresses), listIn(draft.senders)];
    const values = {
      ...(draft.login ? { login: name } : {}),
      ...(addresses.length > 0 ? { addresses } : {}),
      ...(senders.length > 0 ? { senders } : {}),
    };
    const make = [...(draft.login ? (['password'] as const) : []), ...(draft.apiKey ? (['apiKey'] as const) : [])];
    save.mutate({ name, isNew: true, values, make });
  };
  const field = (key: 'name' | 'addresses' | 'senders', label: string, hint: string) => (
    <SettingField
      label={label}
      value={draft[key]}
      hint={hint}
      error={fieldProblem(save.error, key)}
      onChange={(value) => setDraft({ ...draft, [key]: value })}
    />
  );
  return (
    <Section title={words.add}>
      <form className={styles.form} onSubmit={submit}>
        {field('name', texts.settings.name, texts.settings.nameHint)}
        <Checkbox
          label={words.withLogin}
          checked={draft.login}
          onChange={(_event, { checked }) => setDraft({ ...draft, login: checked === true })}
        />
        <Checkbox
          label={words.withKey}
          checked={draft.apiKey}
          onChange={(_event, { checked }) => setDraft({ ...draft, apiKey: checked === true })}
        />
        {field('addresses', words.ranges, words.rangesHint)}
        {field('senders', words.columns.senders, words.sendersHint)}
        <Trouble error={otherProblem(save.error, ['name', 'addresses', 'senders'])} />
        <div className={styles.buttons}>
          <Button type="submit" appearance="primary" disabledFocusable={save.isPending || draft.name.trim() === ''}>
            {texts.settings.add}
          </Button>
        </div>
      </form>
      {shown ? (
        <MessageBar intent="success" layout="multiline">
          <MessageBarBody>
            <p>{words.shownOnce}</p>
            <Facts
              rows={[
                ...(shown.password === undefined
                  ? []
                  : ([
                      [words.loginName, shown.login],
                      [words.password, <Copied key="password" value={shown.password} what={words.password} />],
                    ] as const)),
                ...(shown.apiKey === undefined
                  ? []
                  : ([[words.apiKey, <Copied key="key" value={shown.apiKey} what={words.apiKey} />]] as const)),
              ]}
            />
          </MessageBarBody>
        </MessageBar>
      ) : null}
      <Removable list="clients" settings={data} removeOf={words.removeOf} removeQuestion={words.removeQuestion} />
    </Section>
  );
}

function listIn(text: string): string[] {
  return text.split(/[\s,;]+/).filter((part) => part !== '');
}
