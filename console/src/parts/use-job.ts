/** Work that goes on in the server, as it changes: by server-sent events, and by asking while those do not come through. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { paths } from '../api.generated.ts';
import { asked, baseUrl, client, ProblemError } from '../api.ts';
import { useMay } from '../session.ts';

export type Job = paths['/api/jobs/{id}']['get']['responses'][200]['content']['application/json'];
const jobsKey = ['jobs'];
const pollMs = 2_000;

export function useJob(id: string) {
  const queries = useQueryClient();
  const [isStreaming, setStreaming] = useState(false);
  const job = useQuery({
    queryKey: ['job', id],
    queryFn: () => asked(client.GET('/api/jobs/{id}', { params: { path: { id } } })),
    refetchInterval: ({ state: { data, error } }) =>
      isStreaming || isOver(data) || error instanceof ProblemError ? false : pollMs,
  });
  const over = isOver(job.data);
  useEffect(() => {
    if (over) return;
    const events = new EventSource(`${baseUrl}/api/jobs/${encodeURIComponent(id)}/events`);
    events.addEventListener('job', ({ data }) => {
      const read: unknown = JSON.parse(String(data));
      if (!isJob(read)) return;
      // An answer that is still on its way is of before, and must not come over this.
      queries.cancelQueries({ queryKey: ['job', id] }, { silent: true, revert: false });
      queries.setQueryData(['job', id], read);
      setStreaming(true);
    });
    // It comes again by itself where it can. A session that has ended is refused, and asking says so.
    events.addEventListener('error', () => setStreaming(false));
    return () => events.close();
  }, [id, over, queries]);
  useEffect(() => {
    // What it has changed shows at once.
    if (over) queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'job' });
  }, [over, queries]);
  return job;
}

/** The newest one of a connector and a kind, whoever began it, and also after the page was loaded anew. */
export function useLastJob(connector: string, kind: Job['kind']): Job | undefined {
  const { data } = useQuery({
    queryKey: jobsKey,
    enabled: useMay('administrator'),
    queryFn: () => asked(client.GET('/api/jobs')),
  });
  return data?.jobs.find((job) => job.kind === kind && job.connector === connector);
}

/** For the success of whatever begins one: it is shown where `useLastJob` stands. */
export function useBegun(): (job: Job) => void {
  const queries = useQueryClient();
  return (job) => {
    queries.setQueryData<{ jobs: Job[] }>(jobsKey, (before) => ({ jobs: [job, ...(before?.jobs ?? [])] }));
  };
}

function isOver(job: Job | undefined): boolean {
  return job !== undefined && job.state !== 'running';
}

function isJob(value: unknown): value is Job {
  return typeof value === 'object' && value !== null && 'id' in value && 'lines' in value && 'state' in value;
}
