/** What a connector to Microsoft needs besides its fields: consent, the limit on its app, and a new credential in time. */
import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { useMutation } from '@tanstack/react-query';
import { asked, client } from '../../api.ts';
import { Foldable } from '../../parts/foldable.tsx';
import { JobProgress } from '../../parts/job.tsx';
import { Copied, Trouble } from '../../parts/small.tsx';
import { Stated } from '../../parts/state.tsx';
import { type Job, useBegun, useLastJob } from '../../parts/use-job.ts';
import { useMay } from '../../session.ts';
import { texts } from '../../texts.ts';
import { Limit } from './limit.tsx';

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
  const { connector } = about;
  // Work that is under way opens the part that it belongs to, also after the page was loaded anew.
  const limits = [useLastJob(connector, 'limit'), useLastJob(connector, 'migration')];
  const renewals = [useLastJob(connector, 'renewal')];
  const parts = [
    [words.consent, [], <Consent key="consent" connector={connector} />],
    [texts.limiting.title, limits, <Limit key="limit" {...about} />],
    [words.renewal, renewals, <Renewal key="renewal" connector={connector} />],
  ] as const;
  return (
    <>
      <LastSetUp connector={about.connector} />
      {parts.map(([title, jobs, content]) => (
        <Foldable key={title} title={title} opens={jobs.some(isFresh)}>
          {content}
        </Foldable>
      ))}
    </>
  );
}

/** Under way, or ended just now: whoever comes back from a sign-in wants to see it. */
function isFresh(job: Job | undefined): boolean {
  return job !== undefined && (job.state === 'running' || Date.now() - (job.lines.at(-1)?.at ?? 0) < freshMs);
}
const freshMs = 10 * 60_000;

/** What the automatic way did for this connector: it may have stopped where somebody else has to go on. */
function LastSetUp({ connector }: { connector: string }) {
  const last = useLastJob(connector, 'automatic');
  return last ? <JobProgress key={last.id} id={last.id} /> : null;
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

function Renewal({ connector: name }: { connector: string }) {
  const words = texts.setUp;
  const styles = useStyles();
  const may = useMay('administrator');
  const renew = useMutation({
    mutationFn: () => asked(client.POST('/api/connectors/{name}/renewal', { params: { path: { name } } })),
    onSuccess: useBegun(),
  });
  const last = useLastJob(name, 'renewal');
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
      {last ? <JobProgress key={last.id} id={last.id} /> : null}
    </div>
  );
}
