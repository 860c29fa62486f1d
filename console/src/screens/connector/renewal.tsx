/** A new credential in time: made by the app itself or by an administrator's sign-in, or brought from the portal; proven before it is used. */
import { Button, mergeClasses } from '@fluentui/react-components';
import { useMutation } from '@tanstack/react-query';
import { type SubmitEvent, useState } from 'react';
import { asked, client } from '../../api.ts';
import { JobProgress } from '../../parts/job.tsx';
import { SettingField } from '../../parts/setting-field.tsx';
import { fieldProblem, otherProblem } from '../../parts/settings.ts';
import { useSignIn } from '../../parts/sign-in-choice.tsx';
import { Trouble } from '../../parts/small.tsx';
import { useBegun, useLastJob } from '../../parts/use-job.ts';
import { useMay } from '../../session.ts';
import { texts } from '../../texts.ts';
import { usePartStyles } from './part-styles.ts';

type By = keyof typeof texts.renewing.ways;

export function Renewal({ connector: name }: { connector: string }) {
  const words = texts.renewing;
  const styles = usePartStyles();
  const may = useMay('administrator');
  const signIn = useSignIn();
  const begun = useBegun();
  const last = useLastJob(name, 'renewal');
  const [by, setBy] = useState<By>('app');
  const [secret, setSecret] = useState('');
  const [endsOn, setEndsOn] = useState('');
  const renew = useMutation({
    mutationFn: () => {
      const params = { path: { name } };
      if (by !== 'pasted')
        return asked(client.POST('/api/connectors/{name}/renewal', { params, body: { by, signIn: signIn.body } }));
      const body = { secret: secret.trim(), ...(endsOn.trim() === '' ? {} : { endsOn: endsOn.trim() }) };
      return asked(client.POST('/api/connectors/{name}/secret', { params, body }));
    },
    onSuccess: (job) => {
      setSecret('');
      begun(job);
    },
  });
  const isReady = may && !renew.isPending && (by !== 'pasted' || secret.trim() !== '');
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (isReady) renew.mutate();
  };
  return (
    <form className={mergeClasses(styles.part, styles.below)} onSubmit={submit} noValidate>
      <span>{words.intro}</span>
      <SettingField
        label={words.way}
        value={by}
        options={Object.entries(words.ways)}
        onChange={(value) => setBy(value === 'administrator' || value === 'pasted' ? value : 'app')}
      />
      {by === 'administrator' ? signIn.fields : null}
      {by === 'pasted' ? (
        <>
          <SettingField
            label={words.newSecret}
            kind="password"
            value={secret}
            hint={texts.connector.secretHint}
            error={fieldProblem(renew.error, 'secret')}
            onChange={setSecret}
          />
          <SettingField
            label={texts.guide.secretEnds}
            value={endsOn}
            hint={texts.guide.secretEndsHint}
            error={fieldProblem(renew.error, 'endsOn')}
            onChange={setEndsOn}
          />
        </>
      ) : null}
      <div className={styles.buttons}>
        <Button type="submit" disabledFocusable={!isReady} title={may ? undefined : texts.needs.administrator}>
          {by === 'pasted' ? words.prove : words.renew}
        </Button>
      </div>
      <Trouble error={otherProblem(renew.error, ['secret', 'endsOn'])} />
      {last ? <JobProgress key={last.id} id={last.id} /> : null}
    </form>
  );
}
