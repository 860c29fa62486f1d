/** What a connector to Microsoft needs besides its fields: consent, the limit on its app, a new credential in time; and the way back. */
import { Foldable } from '../../parts/foldable.tsx';
import { JobProgress } from '../../parts/job.tsx';
import { type Job, useLastJob } from '../../parts/use-job.ts';
import { texts } from '../../texts.ts';
import { Consent } from './consent.tsx';
import { Limit } from './limit.tsx';
import { Renewal } from './renewal.tsx';
import { Undo } from './undo.tsx';
import { Uploads } from './uploads.tsx';

interface About {
  readonly connector: string;
  readonly userName: string;
  /** Its large mail leaves by uploads. */
  readonly uploads: boolean;
}

export function Care(about: About) {
  const { connector, uploads } = about;
  // Work that is under way opens the part that it belongs to, also after the page was loaded anew.
  const limits = [useLastJob(connector, 'limit'), useLastJob(connector, 'migration')];
  const grants = [useLastJob(connector, 'grant')];
  const renewals = [useLastJob(connector, 'renewal')];
  const parts = [
    [texts.setUp.consent, [], <Consent key="consent" connector={connector} />],
    ...(uploads ? ([[texts.setUp.uploads, grants, <Uploads key="uploads" connector={connector} />]] as const) : []),
    [texts.limiting.title, limits, <Limit key="limit" {...about} />],
    [texts.renewing.title, renewals, <Renewal key="renewal" connector={connector} />],
  ] as const;
  return (
    <>
      <LastSetUp connector={connector} />
      {parts.map(([title, jobs, content]) => (
        <Foldable key={title} title={title} opens={jobs.some(isFresh)}>
          {content}
        </Foldable>
      ))}
      <Undo connector={connector} />
    </>
  );
}

/** Under way, or ended just now: whoever comes back from a sign-in wants to see it. */
function isFresh(job: Job | undefined): boolean {
  return job !== undefined && (job.state === 'running' || Date.now() - (job.lines.at(-1)?.at ?? 0) < freshMs);
}
const freshMs = 10 * 60_000;

/** What the automatic way did for this connector, and what was taken back of it: it may have stopped where somebody else goes on. */
export function LastSetUp({ connector }: { connector: string }) {
  const jobs = [useLastJob(connector, 'undo'), useLastJob(connector, 'automatic')];
  return jobs.map((job) => (job ? <JobProgress key={job.id} id={job.id} /> : null));
}
