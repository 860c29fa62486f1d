/** What a connector to Microsoft needs besides its fields: consent, the limit on its app, and a new credential in time. */
import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { asked, client } from '../../api.ts';
import { Asked } from '../../parts/asked.tsx';
import { JobProgress } from '../../parts/job.tsx';
import { SettingField } from '../../parts/setting-field.tsx';
import { Code, Copied, Trouble } from '../../parts/small.tsx';
import { Stated } from '../../parts/state.tsx';
import { useMay } from '../../session.ts';
import { texts } from '../../texts.ts';
import { Guided } from './guided.tsx';

const useStyles = makeStyles({
  part: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalM,
    maxWidth: '720px',
    marginTop: tokens.spacingVerticalS,
  },
  buttons: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'center' },
});

interface About {
  readonly connector: string;
  readonly userName: string;
}

export function Care(about: About) {
  const words = texts.setUp;
  const parts = [
    [words.consent, <Consent key="consent" connector={about.connector} />],
    [words.limit, <Limit key="limit" {...about} />],
    [words.way.guided, <Guided key="guided" />],
    [words.renewal, <Renewal key="renewal" connector={about.connector} />],
  ] as const;
  return (
    <>
      <LastSetUp connector={about.connector} />
      {parts.map(([title, content]) => (
        <details key={title}>
          <summary>{title}</summary>
          {content}
        </details>
      ))}
    </>
  );
}

/** What the automatic way did for this connector: it may have stopped where somebody else has to go on. */
function LastSetUp({ connector }: { connector: string }) {
  const may = useMay('administrator');
  const { data } = useQuery({
    queryKey: ['jobs'],
    enabled: may,
    queryFn: () => asked(client.GET('/api/jobs')),
  });
  const last = data?.jobs.find((job) => job.kind === 'automatic' && job.connector === connector);
  return last ? <JobProgress id={last.id} /> : null;
}

function Consent({ connector: name }: { connector: string }) {
  const words = texts.setUp;
  const styles = useStyles();
  const may = useMay('administrator');
  const params = { path: { name } };
  const link = useMutation({ mutationFn: () => asked(client.POST('/api/connectors/{name}/consent', { params })) });
  const look = useMutation({ mutationFn: () => asked(client.GET('/api/connectors/{name}/consent', { params })) });
  return (
    <div className={styles.part}>
      <span>{words.consentIntro}</span>
      <div className={styles.buttons}>
        <Button
          disabledFocusable={!may}
          title={may ? undefined : texts.needs.administrator}
          onClick={() => link.mutate()}
        >
          {words.makeLink}
        </Button>
        <Button disabledFocusable={look.isPending} onClick={() => look.mutate()}>
          {words.lookNow}
        </Button>
      </div>
      {link.data ? <Copied value={link.data.link} what={words.makeLink} /> : null}
      {look.data ? (
        <Stated tone={look.data.granted ? 'good' : 'warn'}>
          {look.data.granted ? words.granted : words.notGranted}
        </Stated>
      ) : null}
      <Trouble error={link.error ?? look.error} />
    </div>
  );
}

function Limit({ connector, userName }: About) {
  const words = texts.setUp;
  const styles = useStyles();
  const may = useMay('administrator');
  const [draft, setDraft] = useState({ way: 'rbac', mailboxes: userName, forbidden: '', owners: '' });
  const [asking, setAsking] = useState(false);
  const body = () => ({
    connector,
    way: draft.way === 'rbac' ? ('rbac' as const) : ('access-policy' as const),
    mailboxes: addressesIn(draft.mailboxes),
    owners: addressesIn(draft.owners),
    ...(draft.forbidden.trim() === '' ? {} : { forbidden: draft.forbidden.trim() }),
  });
  const plan = useMutation({ mutationFn: () => asked(client.POST('/api/setup/limit/plan', { body: body() })) });
  const apply = useMutation({ mutationFn: () => asked(client.POST('/api/setup/limit', { body: body() })) });
  const field = (key: keyof typeof draft, label: string, more: Partial<Parameters<typeof SettingField>[0]> = {}) => (
    <SettingField
      label={label}
      value={draft[key]}
      onChange={(value) => setDraft({ ...draft, [key]: value })}
      {...more}
    />
  );
  const title = may ? undefined : texts.needs.administrator;
  return (
    <div className={styles.part}>
      <span>{words.limitIntro}</span>
      {field('way', words.limitWay, { options: Object.entries(words.limitWays) })}
      {field('mailboxes', words.mailboxes, { hint: words.mailboxesHint })}
      {field('forbidden', words.forbidden)}
      {field('owners', words.owners, { hint: words.mailboxesHint })}
      <div className={styles.buttons}>
        <Button disabledFocusable={!may || plan.isPending} title={title} onClick={() => plan.mutate()}>
          {words.showScript}
        </Button>
        <Button appearance="primary" disabledFocusable={!may} title={title} onClick={() => setAsking(true)}>
          {words.applyLimit}
        </Button>
      </div>
      <Trouble error={plan.error ?? apply.error} />
      {apply.data ? <JobProgress id={apply.data.id} /> : null}
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
      {asking ? (
        <Asked
          title={words.limit}
          question={words.limitQuestion(draft.mailboxes)}
          submit={words.applyLimit}
          onAnswer={(yes) => {
            setAsking(false);
            if (yes) apply.mutate();
          }}
        />
      ) : null}
    </div>
  );
}

function Renewal({ connector: name }: { connector: string }) {
  const words = texts.setUp;
  const styles = useStyles();
  const may = useMay('administrator');
  const renew = useMutation({
    mutationFn: () => asked(client.POST('/api/connectors/{name}/renewal', { params: { path: { name } } })),
  });
  return (
    <div className={styles.part}>
      <span>{words.renewalIntro}</span>
      <div className={styles.buttons}>
        <Button
          disabledFocusable={!may || renew.isPending}
          title={may ? undefined : texts.needs.administrator}
          onClick={() => renew.mutate()}
        >
          {words.renewNow}
        </Button>
      </div>
      <Trouble error={renew.error} />
      {renew.data ? <JobProgress id={renew.data.id} /> : null}
    </div>
  );
}

function addressesIn(text: string): string[] {
  return text.split(/[\s,;]+/).filter((part) => part !== '');
}
