/** The automatic way: a few words, a sign-in, and everything is made while one looks on. */
import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { useMutation } from '@tanstack/react-query';
import { type SubmitEvent, useState } from 'react';
import { asked, client } from '../../api.ts';
import { SettingField } from '../../parts/setting-field.tsx';
import { useSignIn } from '../../parts/sign-in-choice.tsx';
import { Trouble } from '../../parts/small.tsx';
import { useBegun, useLastJob } from '../../parts/use-job.ts';
import { useMay } from '../../session.ts';
import { texts } from '../../texts.ts';
import { LastSetUp } from './care.tsx';
import { useCloud } from './cloud-choice.tsx';
import { Undo } from './undo.tsx';

const useStyles = makeStyles({
  form: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalM,
    maxWidth: '560px',
    alignItems: 'stretch',
  },
  button: { alignSelf: 'start' },
});

const first = {
  tenant: '',
  userName: '',
  applicationName: 'Mailroom',
  credential: 'certificate',
  days: '365',
  largeMessages: 'refuse',
};

const { refuse, upload } = texts.connector.largeMessagesWays;
const largeWays = { refuse, upload };

/** @param connector name that it will have */
export function Automatic({ connector }: { connector: string }) {
  const words = texts.setUp;
  const styles = useStyles();
  const may = useMay('administrator');
  const [draft, setDraft] = useState(first);
  const cloud = useCloud();
  const signIn = useSignIn();
  const last = useLastJob(connector, 'automatic');
  const begin = useMutation({
    mutationFn: () => {
      const { tenant, userName, applicationName, days } = draft;
      const largeMessages = draft.largeMessages === 'upload' ? ('upload' as const) : undefined;
      const credential = draft.credential === 'secret' ? 'secret' : 'certificate';
      return asked(
        client.POST('/api/setup/automatic', {
          body: {
            ...{ connector, tenant: tenant.trim(), userName: userName.trim(), applicationName, credential },
            ...{ days: Number(days), ...cloud.order, ...(largeMessages ? { largeMessages } : {}) },
            signIn: signIn.body,
          },
        }),
      );
    },
    onSuccess: useBegun(),
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (may && !begin.isPending) begin.mutate();
  };
  const field = (key: keyof typeof first, label: string, options?: Readonly<Record<string, string>>) => (
    <SettingField
      label={label}
      value={draft[key]}
      {...(options ? { options: Object.entries(options) } : {})}
      onChange={(value) => setDraft({ ...draft, [key]: value })}
    />
  );
  // What stopped can be begun again below: it goes on where it was; or be taken back.
  const progress = <LastSetUp connector={connector} />;
  if (last?.state === 'running') return progress;
  return (
    <>
      {progress}
      <Undo connector={connector} order={cloud.order} />
      <form className={styles.form} onSubmit={submit}>
        <p>{words.automaticIntro}</p>
        {field('tenant', words.tenant)}
        {field('userName', texts.connector.userName)}
        {field('applicationName', words.applicationName)}
        {field('credential', texts.connector.proof, texts.connector.proofs)}
        {field('days', words.days)}
        {field('largeMessages', texts.connector.largeMessages, largeWays)}
        {cloud.fields}
        {signIn.fields}
        <Trouble error={begin.error} />
        <Button
          type="submit"
          appearance="primary"
          className={styles.button}
          disabledFocusable={!may || begin.isPending}
          title={may ? undefined : texts.needs.administrator}
        >
          {words.begin}
        </Button>
      </form>
    </>
  );
}
