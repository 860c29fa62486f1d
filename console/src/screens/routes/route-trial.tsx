/** "Which route takes this message?": asked of the gate itself, with the reason for each route. Nothing is sent. */
import {
  Button,
  Field,
  Input,
  MessageBar,
  MessageBarBody,
  makeStyles,
  Select,
  tokens,
} from '@fluentui/react-components';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type SubmitEvent, useState } from 'react';
import type { paths } from '../../api.generated.ts';
import { asked, client } from '../../api.ts';
import { cellsOf, DataTable } from '../../parts/data-table.tsx';
import { listIn } from '../../parts/settings-draft.ts';
import { Section, Trouble } from '../../parts/small.tsx';
import { Stated } from '../../parts/state.tsx';
import { texts } from '../../texts.ts';

type Answer = paths['/api/routes/try']['post']['responses'][200]['content']['application/json'];

const useStyles = makeStyles({
  form: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 240px), 1fr))',
    gap: tokens.spacingHorizontalM,
    alignItems: 'start',
    width: '100%',
  },
  whole: { display: 'flex', flexDirection: 'column', alignItems: 'start', gap: tokens.spacingVerticalM },
  intro: { margin: 0 },
});

/** @param version of the settings: an answer of an older one is taken away */
export function RouteTrial({ version }: { version: string | undefined }) {
  const words = texts.routes.trial;
  const styles = useStyles();
  const clients = useQuery({ queryKey: ['clients'], queryFn: () => asked(client.GET('/api/clients')) });
  const [draft, setDraft] = useState({ client: '', mailFrom: '', recipients: '', subject: '' });
  const names = clients.data?.clients.map(({ name }) => name) ?? [];
  const from = draft.client || (names[0] ?? '');
  const ask = useMutation({
    mutationFn: async () => {
      const answer = await asked(
        client.POST('/api/routes/try', {
          body: {
            client: from,
            mailFrom: draft.mailFrom.trim(),
            recipients: listIn(draft.recipients),
            subject: draft.subject,
          },
        }),
      );
      return { answer, version };
    },
  });
  const text = (key: 'mailFrom' | 'recipients' | 'subject', label: string, hint?: string) => (
    <Field label={label} {...(hint === undefined ? {} : { hint })}>
      <Input
        value={draft[key]}
        spellCheck={false}
        onChange={(_event, { value }) => setDraft({ ...draft, [key]: value })}
      />
    </Field>
  );
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    ask.mutate();
  };
  const isReady = from !== '' && listIn(draft.recipients).length > 0;
  return (
    <Section title={words.title}>
      <p className={styles.intro}>{words.intro}</p>
      <form onSubmit={submit} className={styles.whole}>
        <div className={styles.form}>
          <Field label={words.client}>
            <Select value={from} onChange={(_event, { value }) => setDraft({ ...draft, client: value })}>
              {names.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </Select>
          </Field>
          {text('mailFrom', words.mailFrom)}
          {text('recipients', words.recipients, words.recipientsHint)}
          {text('subject', words.subject)}
        </div>
        <Button type="submit" disabledFocusable={!isReady || ask.isPending}>
          {words.ask}
        </Button>
      </form>
      <Trouble error={ask.error ?? clients.error} />
      <div role="status">
        {ask.data?.version === version && ask.data ? <Answered answer={ask.data.answer} /> : null}
      </div>
    </Section>
  );
}

function Answered({ answer: { refusal, decision, routes } }: { answer: Answer }) {
  const words = texts.routes.trial;
  const first = routes.find(({ fails }) => fails.length === 0)?.name;
  const reasons: Readonly<Record<string, string>> = words.fails;
  return (
    <>
      {refusal ? (
        <MessageBar intent="error" layout="multiline">
          <MessageBarBody>
            {`${words.refused} ${refusal.meaning} ${refusal.detail} ${refusal.remedy} (${refusal.code})`}
          </MessageBarBody>
        </MessageBar>
      ) : null}
      {decision ? (
        <MessageBar intent="info" layout="multiline">
          <MessageBarBody>
            {[
              first === undefined ? words.takesNone : words.takes(first),
              words.goes(decision.connector, decision.sender),
              decision.held ? words.held : '',
              decision.fallBack.length > 0
                ? words.fallBack(decision.fallBack.map((way) => `${way.connector}, ${way.sender}`).join('; '))
                : '',
            ].join(' ')}
          </MessageBarBody>
        </MessageBar>
      ) : null}
      {routes.length === 0 ? null : (
        <DataTable
          label={words.title}
          columns={Object.values(words.columns)}
          rows={routes.map(({ name, fails }) => ({
            key: name,
            cells: cellsOf(words.columns, {
              name,
              answer: (
                <Stated tone={fails.length > 0 ? 'unknown' : name === first ? 'good' : 'waiting'}>
                  {fails.length > 0 ? words.no : name === first ? words.yes : words.later}
                </Stated>
              ),
              why: fails.map((what) => reasons[what] ?? what).join(', '),
            }),
          }))}
        />
      )}
    </>
  );
}
