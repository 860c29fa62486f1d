/** Which mailboxes the app may use: the script to copy, or set in Exchange by a sign-in; proven, listed, taken back. */
import { Button, Checkbox } from '@fluentui/react-components';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { asked, client } from '../../api.ts';
import { Asked } from '../../parts/asked.tsx';
import { JobProgress } from '../../parts/job.tsx';
import { SettingField } from '../../parts/setting-field.tsx';
import { useSignIn } from '../../parts/sign-in-choice.tsx';
import { Code, Copied, Trouble } from '../../parts/small.tsx';
import { useBegun, useLastJob } from '../../parts/use-job.ts';
import { useMay } from '../../session.ts';
import { texts } from '../../texts.ts';
import { Migration } from './migration.tsx';
import { usePartStyles } from './part-styles.ts';

const places = {
  apply: '/api/setup/limit',
  test: '/api/setup/limit/test',
  list: '/api/setup/limit/list',
  remove: '/api/setup/limit/remove',
} as const;
type Action = keyof typeof places;

export function Limit({ connector, userName }: { readonly connector: string; readonly userName: string }) {
  const words = texts.limiting;
  const styles = usePartStyles();
  const may = useMay('administrator');
  const signIn = useSignIn();
  const begun = useBegun();
  const last = useLastJob(connector, 'limit');
  const [draft, setDraft] = useState({ way: 'rbac', mailboxes: userName, forbidden: '', owners: '' });
  const [asking, setAsking] = useState<'apply' | 'remove'>();
  const [withGroup, setWithGroup] = useState(false);
  const wanted = {
    connector,
    mailboxes: addressesIn(draft.mailboxes),
    owners: addressesIn(draft.owners),
    ...(draft.forbidden.trim() === '' ? {} : { forbidden: draft.forbidden.trim() }),
  };
  const limit = {
    ...wanted,
    way: draft.way === 'rbac' ? ('rbac' as const) : ('access-policy' as const),
    denies: draft.way === 'deny',
  };
  const plan = useMutation({ mutationFn: () => asked(client.POST('/api/setup/limit/plan', { body: limit })) });
  const act = useMutation({
    mutationFn: (action: Action) =>
      asked(
        client.POST(places[action], {
          body: { ...limit, withGroup: action === 'remove' && withGroup, signIn: signIn.body },
        }),
      ),
    onSuccess: begun,
  });
  const field = (key: keyof typeof draft, label: string, more: Partial<Parameters<typeof SettingField>[0]> = {}) => (
    <SettingField
      label={label}
      value={draft[key]}
      onChange={(value) => setDraft({ ...draft, [key]: value })}
      {...more}
    />
  );
  const button = (label: string, onClick: () => void, isPrimary = false) => (
    <Button
      appearance={isPrimary ? 'primary' : 'secondary'}
      disabledFocusable={!may || act.isPending || plan.isPending}
      title={may ? undefined : texts.needs.administrator}
      onClick={onClick}
    >
      {label}
    </Button>
  );
  return (
    <div className={styles.part}>
      <span>{words.intro}</span>
      <span>{words.difference}</span>
      {field('way', words.way, { options: Object.entries(words.ways) })}
      {field('mailboxes', draft.way === 'deny' ? words.deniedMailboxes : words.mailboxes, {
        hint: words.mailboxesHint,
      })}
      {draft.way === 'deny' ? null : field('forbidden', words.forbidden)}
      {field('owners', words.owners, { hint: words.mailboxesHint })}
      {signIn.fields}
      <div className={styles.buttons}>
        {button(words.apply, () => setAsking('apply'), true)}
        {button(words.showScript, () => plan.mutate())}
        {button(words.test, () => act.mutate('test'))}
        {button(words.list, () => act.mutate('list'))}
        {button(words.remove, () => {
          setWithGroup(false);
          setAsking('remove');
        })}
      </div>
      <Trouble error={plan.error ?? act.error} />
      {last ? <JobProgress key={last.id} id={last.id} /> : null}
      {plan.data ? (
        <>
          <ul>
            {plan.data.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
          <Copied value={words.script} copies={plan.data.script} what={words.script} />
          <Code>{plan.data.script}</Code>
        </>
      ) : null}
      <Migration wanted={wanted} signIn={signIn.body} />
      {asking === 'remove' ? (
        <Asked
          title={words.remove}
          question={words.removeQuestion}
          submit={words.remove}
          onAnswer={(yes) => {
            setAsking(undefined);
            if (yes) act.mutate('remove');
          }}
        >
          <Checkbox
            checked={withGroup}
            onChange={(_event, { checked }) => setWithGroup(checked === true)}
            label={words.withGroup}
          />
          <span>{words.withGroupHint}</span>
        </Asked>
      ) : null}
      {asking === 'apply' ? (
        <Asked
          title={words.title}
          question={limit.denies ? words.denyQuestion(draft.mailboxes) : words.question(draft.mailboxes)}
          submit={words.apply}
          onAnswer={(yes) => {
            setAsking(undefined);
            if (yes) act.mutate('apply');
          }}
        />
      ) : null}
    </div>
  );
}

function addressesIn(text: string): string[] {
  return text.split(/[\s,;]+/).filter((part) => part !== '');
}
