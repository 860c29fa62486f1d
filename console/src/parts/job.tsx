/** Work that goes on in the server: its sign-in, its lines as they come, its question, its end; it may be stopped, and left alone. */
import { Button, Link, MessageBar, MessageBarBody, makeStyles, tokens } from '@fluentui/react-components';
import { useMutation } from '@tanstack/react-query';
import { client, done } from '../api.ts';
import { texts } from '../texts.ts';
import { plainList } from './plain-list.ts';
import { Copied, Trouble } from './small.tsx';
import { Stated, type Tone } from './state.tsx';
import { type Job, useJob } from './use-job.ts';

const useStyles = makeStyles({
  section: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS, alignItems: 'start' },
  list: {
    ...plainList,
    gap: tokens.spacingVerticalS,
  },
  line: { overflowWrap: 'anywhere' },
  mono: { fontFamily: tokens.fontFamilyMonospace, overflowWrap: 'anywhere' },
  buttons: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, marginTop: tokens.spacingVerticalS },
});

const lineTones = { yes: 'good', no: 'bad', waits: 'waiting', info: 'unknown' } as const satisfies Record<string, Tone>;
const stateTones = { running: 'waiting', done: 'good', failed: 'bad', stopped: 'paused' } as const satisfies Record<
  string,
  Tone
>;

export function JobProgress({ id }: { id: string }) {
  const words = texts.setUp;
  const styles = useStyles();
  const job = useJob(id);
  const path = { params: { path: { id } } };
  const stop = useMutation({ mutationFn: () => done(client.DELETE('/api/jobs/{id}', path)) });
  const answer = useMutation({
    mutationFn: (yes: boolean) => done(client.POST('/api/jobs/{id}/answer', { ...path, body: { yes } })),
  });
  if (!job.data) return <Trouble error={job.error} />;
  const { kind, signIn, asks, lines, state } = job.data;
  return (
    <section aria-label={words.progressOf[kind]} aria-live="polite" className={styles.section}>
      <ul className={styles.list}>
        {lines.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines only ever come behind the others
          <Line key={index} line={line} />
        ))}
        <li>
          <Stated tone={stateTones[state]}>{words.states[state]}</Stated>
        </li>
      </ul>
      {signIn ? <SignIn {...signIn} /> : null}
      {asks ? (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>
            {words.questions[asks.question]}
            <ul>
              {asks.items.map((item) => (
                <li key={item} className={styles.mono}>
                  {item}
                </li>
              ))}
            </ul>
            <div className={styles.buttons}>
              <Button appearance="primary" disabledFocusable={answer.isPending} onClick={() => answer.mutate(true)}>
                {words.doIt}
              </Button>
              <Button disabledFocusable={answer.isPending} onClick={() => answer.mutate(false)}>
                {words.doNot}
              </Button>
            </div>
          </MessageBarBody>
        </MessageBar>
      ) : null}
      {state === 'running' && !asks ? <Button onClick={() => stop.mutate()}>{words.stop}</Button> : null}
      <Trouble error={stop.error ?? answer.error} />
    </section>
  );
}

/** By a code on any device, or by this browser, which comes back here. */
function SignIn({ url, code }: NonNullable<Job['signIn']>) {
  const words = texts.setUp;
  if (code === undefined)
    return (
      <MessageBar intent="info" layout="multiline">
        <MessageBarBody>
          {words.signInHere} <Link href={url}>{words.signInLink}</Link>
        </MessageBarBody>
      </MessageBar>
    );
  return (
    <MessageBar intent="info" layout="multiline">
      <MessageBarBody>
        {words.signIn}{' '}
        <Link inline href={url} target="_blank" rel="noreferrer">
          {url}
        </Link>{' '}
        {words.code} <Copied value={code} what={words.code} />
      </MessageBarBody>
    </MessageBar>
  );
}

function Line({ line: { state, text, evidence } }: { line: Job['lines'][number] }) {
  const words = texts.setUp;
  const styles = useStyles();
  return (
    <li className={styles.line}>
      <Stated tone={lineTones[state]}>{words.lines[state]}</Stated> {text}
      {evidence && evidence.length > 0 ? (
        <details>
          <summary>{texts.connector.evidence}</summary>
          {evidence.map((each) => (
            <div key={each} className={styles.line}>
              {each}
            </div>
          ))}
        </details>
      ) : null}
    </li>
  );
}
