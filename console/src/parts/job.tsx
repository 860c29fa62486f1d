/** Work that goes on in the server: its sign-in, its lines as they come, its end; it may be stopped, and left alone. */
import { Button, Link, MessageBar, MessageBarBody, makeStyles, tokens } from '@fluentui/react-components';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { asked, client, done } from '../api.ts';
import { texts } from '../texts.ts';
import { Copied, Trouble } from './small.tsx';
import { Stated, type Tone } from './state.tsx';

const useStyles = makeStyles({
  list: {
    listStyleType: 'none',
    margin: 0,
    padding: 0,
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalS,
  },
  line: { overflowWrap: 'anywhere' },
});

const lineTones = { yes: 'good', no: 'bad', waits: 'waiting', info: 'unknown' } as const satisfies Record<string, Tone>;
const stateTones = { running: 'waiting', done: 'good', failed: 'bad', stopped: 'paused' } as const satisfies Record<
  string,
  Tone
>;

export function JobProgress({ id }: { id: string }) {
  const words = texts.setUp;
  const styles = useStyles();
  const queries = useQueryClient();
  const job = useQuery({
    queryKey: ['job', id],
    queryFn: () => asked(client.GET('/api/jobs/{id}', { params: { path: { id } } })),
    refetchInterval: ({ state }) => (state.data === undefined || state.data.state === 'running' ? 700 : false),
  });
  const stop = useMutation({ mutationFn: () => done(client.DELETE('/api/jobs/{id}', { params: { path: { id } } })) });
  const state = job.data?.state;
  useEffect(() => {
    // What it has changed shows at once.
    if (state !== undefined && state !== 'running')
      queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'job' });
  }, [state, queries]);
  if (!job.data) return <Trouble error={job.error} />;
  const { signIn, lines } = job.data;
  return (
    <section aria-label={words.progress} aria-live="polite">
      {signIn ? (
        <MessageBar intent="info" layout="multiline">
          <MessageBarBody>
            {words.signIn}{' '}
            <Link inline href={signIn.url} target="_blank" rel="noreferrer">
              {signIn.url}
            </Link>{' '}
            {words.code} <Copied value={signIn.code} what={words.code} />
          </MessageBarBody>
        </MessageBar>
      ) : null}
      <ul className={styles.list}>
        {lines.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines only ever come behind the others
          <li key={index} className={styles.line}>
            <Stated tone={lineTones[line.state]}>{words.lines[line.state]}</Stated> {line.text}
          </li>
        ))}
        <li>
          <Stated tone={stateTones[job.data.state]}>{words.states[job.data.state]}</Stated>
        </li>
      </ul>
      {state === 'running' ? <Button onClick={() => stop.mutate()}>{words.stop}</Button> : null}
      <Trouble error={stop.error} />
    </section>
  );
}
