/** Settings of another program: pasted, shown as what they become, and taken over into the settings. */
import { Button, Checkbox, Field } from '@fluentui/react-components';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type SubmitEvent, useId, useState } from 'react';
import { asked, client } from '../../api.ts';
import { SettingField } from '../../parts/setting-field.tsx';
import { Code, Copied, Trouble } from '../../parts/small.tsx';
import { Stated } from '../../parts/state.tsx';
import { useMay } from '../../session.ts';
import { texts } from '../../texts.ts';
import { usePartStyles } from './part-styles.ts';

const programs = ['postfix', 'smtp2graph', 'email-oauth2-proxy', 'iis'] as const;
type Program = (typeof programs)[number];
const filled = ['oauthClientId', 'tenantId', 'userName'] as const;

export function Import({ version }: { version: string }) {
  const words = texts.importing;
  const styles = usePartStyles();
  const may = useMay('administrator');
  const queries = useQueryClient();
  const fileId = useId();
  const [from, setFrom] = useState<Program>('postfix');
  const [text, setText] = useState('');
  const [logins, setLogins] = useState('');
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [fill, setFill] = useState<Readonly<Record<string, string>>>({});
  const preview = useMutation({
    mutationFn: () =>
      asked(
        client.POST('/api/setup/import', {
          body: { from, text, ...(from === 'postfix' && logins !== '' ? { logins } : {}) },
        }),
      ),
  });
  const items = preview.data?.items ?? [];
  const take = useMutation({
    mutationFn: async () => {
      const made: { login: string; password: string }[] = [];
      let seen = version;
      for (const { list, name, values, blanks } of items) {
        if (left.has(`${list} ${name}`)) continue;
        const given = Object.fromEntries(blanks.flatMap((key) => (fill[key]?.trim() ? [[key, fill[key].trim()]] : [])));
        const make: 'password'[] = list === 'clients' && blanks.includes('password') ? ['password'] : [];
        const body = { name, version: seen, values: { ...values, ...given }, make };
        const answer = await asked(client.POST('/api/settings/{list}', { params: { path: { list } }, body }));
        seen = answer.version;
        if (answer.password !== undefined) made.push({ login: name, password: answer.password });
      }
      return made;
    },
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (may && text.trim() !== '' && !preview.isPending) preview.mutate();
  };
  const list = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? null : (
      <div>
        {title}
        <ul>
          {lines.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </div>
    );
  if (take.data)
    return (
      <div className={styles.part}>
        <Stated tone="good">{words.taken}</Stated>
        {take.data.map(({ login, password }) => (
          <span key={login}>
            {words.password(login)}: <Copied value={password} what={words.password(login)} />
          </span>
        ))}
        <Button className={styles.button} onClick={() => queries.invalidateQueries()}>
          {texts.settings.goOn}
        </Button>
      </div>
    );
  return (
    <form className={styles.part} onSubmit={submit} noValidate>
      <span>{words.intro}</span>
      <SettingField
        label={words.from}
        value={from}
        options={programs.map((each) => [each, words.programs[each]])}
        onChange={(value) => setFrom(programs.find((each) => each === value) ?? 'postfix')}
      />
      <SettingField label={words.text} kind="pem" value={text} onChange={setText} />
      <Field label={{ children: words.file, htmlFor: fileId }}>
        <input
          id={fileId}
          type="file"
          onChange={({ currentTarget: { files } }) => {
            files?.[0]?.text().then(setText, () => undefined);
          }}
        />
      </Field>
      {from === 'postfix' ? <SettingField label={words.logins} kind="pem" value={logins} onChange={setLogins} /> : null}
      <Button
        type="submit"
        className={styles.button}
        disabledFocusable={!may || preview.isPending || text.trim() === ''}
        title={may ? undefined : texts.needs.administrator}
      >
        {words.preview}
      </Button>
      <Trouble error={preview.error} />
      {preview.data ? (
        <>
          {list(words.todo, preview.data.todo)}
          {list(words.notCarried, preview.data.notCarried)}
          {preview.data.elsewhere === '' ? null : (
            <div>
              {words.elsewhere}
              <Code>{preview.data.elsewhere}</Code>
            </div>
          )}
          <details>
            <summary>{words.configuration}</summary>
            <Code>{preview.data.configuration}</Code>
          </details>
          <fieldset>
            <legend>{words.take}</legend>
            {items.map(({ list: which, name, blanks }) => {
              const key = `${which} ${name}`;
              const password = which === 'clients' && blanks.includes('password') ? ` (${words.withPassword})` : '';
              return (
                <Checkbox
                  key={key}
                  label={`${words.items[which]} ${name}${password}`}
                  checked={!left.has(key)}
                  onChange={(_event, { checked }) => {
                    const next = new Set(left);
                    if (checked) next.delete(key);
                    else next.add(key);
                    setLeft(next);
                  }}
                />
              );
            })}
          </fieldset>
          {filled
            .filter((key) => items.some(({ list: which, blanks }) => which === 'connectors' && blanks.includes(key)))
            .map((key) => (
              <SettingField
                key={key}
                label={key === 'oauthClientId' ? texts.connector.clientId : texts.connector[key]}
                value={fill[key] ?? ''}
                onChange={(value) => setFill({ ...fill, [key]: value })}
              />
            ))}
          <Button
            appearance="primary"
            className={styles.button}
            disabledFocusable={!may || take.isPending}
            onClick={() => take.mutate()}
          >
            {words.submit}
          </Button>
          <Trouble error={take.error} />
        </>
      ) : null}
    </form>
  );
}
