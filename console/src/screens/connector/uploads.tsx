/** Mail.ReadWrite for a connector whose large mail leaves by uploads, granted by a sign-in. */
import { Button } from '@fluentui/react-components';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { asked, client } from '../../api.ts';
import { Asked } from '../../parts/asked.tsx';
import { JobProgress } from '../../parts/job.tsx';
import { useSignIn } from '../../parts/sign-in-choice.tsx';
import { Trouble } from '../../parts/small.tsx';
import { useBegun, useLastJob } from '../../parts/use-job.ts';
import { useMay } from '../../session.ts';
import { texts } from '../../texts.ts';
import { usePartStyles } from './part-styles.ts';

export function Uploads({ connector: name }: { connector: string }) {
  const words = texts.setUp;
  const styles = usePartStyles();
  const may = useMay('administrator');
  const signIn = useSignIn();
  const last = useLastJob(name, 'grant');
  const [asking, setAsking] = useState(false);
  const grant = useMutation({
    mutationFn: () =>
      asked(client.POST('/api/connectors/{name}/grant', { params: { path: { name } }, body: { signIn: signIn.body } })),
    onSuccess: useBegun(),
  });
  return (
    <div className={styles.part}>
      <span>{words.uploadsIntro}</span>
      {signIn.fields}
      <Button
        className={styles.button}
        disabledFocusable={!may || grant.isPending}
        title={may ? undefined : texts.needs.administrator}
        onClick={() => setAsking(true)}
      >
        {words.grantUploads}
      </Button>
      <Trouble error={grant.error} />
      {last ? <JobProgress key={last.id} id={last.id} /> : null}
      {asking ? (
        <Asked
          title={words.uploads}
          question={words.grantQuestion(name)}
          submit={words.grantUploads}
          onAnswer={(yes) => {
            setAsking(false);
            if (yes) grant.mutate();
          }}
        />
      ) : null}
    </div>
  );
}
