/** From an access policy to RBAC for Applications: four steps with their times, each proven before the next, each reversible. */
import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { asked, client } from '../../api.ts';
import { Asked } from '../../parts/asked.tsx';
import { Foldable } from '../../parts/foldable.tsx';
import { JobProgress } from '../../parts/job.tsx';
import type { SignInBody } from '../../parts/sign-in-choice.tsx';
import { Time, Trouble } from '../../parts/small.tsx';
import { Stated } from '../../parts/state.tsx';
import { useBegun, useLastJob } from '../../parts/use-job.ts';
import { useMay } from '../../session.ts';
import { texts } from '../../texts.ts';

const useStyles = makeStyles({
  part: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM, marginTop: tokens.spacingVerticalS },
  list: { margin: 0, display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalXS },
  buttons: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'center' },
});

interface Wanted {
  readonly connector: string;
  readonly mailboxes: string[];
  readonly owners: string[];
  readonly forbidden?: string;
}

export function Migration({ wanted, signIn }: { wanted: Wanted; signIn: SignInBody }) {
  const words = texts.limiting.migration;
  const styles = useStyles();
  const may = useMay('administrator');
  const begun = useBegun();
  const last = useLastJob(wanted.connector, 'migration');
  const [asking, setAsking] = useState<'on' | 'back'>();
  const path = { params: { path: { name: wanted.connector } } };
  const state = useQuery({
    queryKey: ['migration', wanted.connector],
    enabled: may,
    queryFn: () => asked(client.GET('/api/connectors/{name}/migration', path)),
  });
  const begin = useMutation({
    mutationFn: (back: boolean) =>
      asked(client.POST('/api/setup/limit/migrate', { body: { ...wanted, back, signIn } })),
    onSuccess: begun,
  });
  const times = state.data ?? { removedPolicies: [] };
  const steps = [times.roleGivenAt, times.consentWithdrawnAt, times.roleProvenAt, times.doneAt];
  const isBegun = times.roleGivenAt !== undefined;
  const button = (label: string, which: 'on' | 'back') => (
    <Button
      disabledFocusable={!may || begin.isPending}
      title={may ? undefined : texts.needs.administrator}
      onClick={() => setAsking(which)}
    >
      {label}
    </Button>
  );
  return (
    <Foldable title={words.title} opens={last?.state === 'running'}>
      <div className={styles.part}>
        <span>{words.intro}</span>
        <ol className={styles.list}>
          {words.steps.map((step, index) => {
            const at = steps[index];
            return (
              <li key={step}>
                {step}{' '}
                {at === undefined ? (
                  <Stated tone="unknown">{words.notYet}</Stated>
                ) : (
                  <Stated tone="good">
                    {texts.setUp.lines.yes} <Time at={at} />
                  </Stated>
                )}
              </li>
            );
          })}
        </ol>
        {times.goesOnAt !== undefined && times.doneAt === undefined ? (
          <span>
            {words.goesOn} <Time at={times.goesOnAt} />
          </span>
        ) : null}
        <div className={styles.buttons}>
          {times.doneAt === undefined ? button(isBegun ? words.goOn : words.begin, 'on') : null}
          {isBegun ? button(words.back, 'back') : null}
        </div>
        <Trouble error={state.error ?? begin.error} />
        {last ? <JobProgress key={last.id} id={last.id} /> : null}
      </div>
      {asking ? (
        <Asked
          title={words.title}
          question={asking === 'on' ? words.question : words.backQuestion}
          submit={asking === 'back' ? words.back : isBegun ? words.goOn : words.begin}
          onAnswer={(yes) => {
            setAsking(undefined);
            if (yes) begin.mutate(asking === 'back');
          }}
        />
      ) : null}
    </Foldable>
  );
}
