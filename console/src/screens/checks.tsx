/** The checks of a connector, run in place: one line each, which turns from a question to an answer with its evidence. */
import { Button, Checkbox, Field, Input, Link, makeStyles, tokens } from '@fluentui/react-components';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { type Check, runChecks } from '../check-stream.ts';
import { plainList } from '../parts/plain-list.ts';
import { Trouble } from '../parts/small.tsx';
import { Stated, type Tone } from '../parts/state.tsx';
import { useMay } from '../session.ts';
import { texts } from '../texts.ts';

const useStyles = makeStyles({
  form: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalS,
    maxWidth: '560px',
    alignItems: 'start',
  },
  wide: { width: '100%' },
  list: {
    ...plainList,
    gap: tokens.spacingVerticalM,
  },
  line: {
    display: 'grid',
    gridTemplateColumns: '14ch minmax(0, 1fr)',
    alignItems: 'start',
    columnGap: tokens.spacingHorizontalM,
    '@media (max-width: 500px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
  },
  heard: { position: 'absolute', width: '1px', height: '1px', overflow: 'hidden', clipPath: 'inset(50%)' },
  evidence: { overflowWrap: 'anywhere' },
  // Large enough for a finger beside what can be opened below it (WCAG 2.5.8).
  link: { display: 'inline-flex', alignItems: 'center', minHeight: '28px' },
});

const tones: Readonly<Record<Check['state'], Tone>> = { pass: 'good', warn: 'warn', fail: 'bad', unknown: 'unknown' };

export function Checks({
  connector,
  checks,
  proves = 0,
}: {
  connector: string;
  checks: readonly { id: string; statement: string }[];
  /** Counts what has been saved here: the checks run after each. */
  proves?: number;
}) {
  const words = texts.connector;
  const styles = useStyles();
  const may = useMay('operator');
  const [forbidden, setForbidden] = useState('');
  const [send, setSend] = useState(false);
  const [answers, setAnswers] = useState<ReadonlyMap<string, Check>>(new Map());
  const run = useMutation({
    mutationFn: () => {
      setAnswers(new Map());
      const wishes = { send, ...(forbidden.trim() === '' ? {} : { forbidden: forbidden.trim() }) };
      return runChecks(connector, wishes, (check) => setAnswers((before) => new Map(before).set(check.id, check)));
    },
  });
  const { mutate } = run;
  useEffect(() => {
    if (proves > 0) mutate();
  }, [proves, mutate]);
  const known = checks.map(({ id }) => id);
  const more = [...answers.values()].filter(({ id }) => !known.includes(id));
  // What a run did not come to does not concern this connector: "not asked yet" would stand there for ever.
  const isComplete = run.data === true && !run.isPending;
  const shown = [...checks, ...more].filter(({ id }) => !isComplete || answers.has(id));
  return (
    <>
      <div className={styles.form}>
        <Field label={words.forbidden} className={styles.wide}>
          <Input type="email" value={forbidden} onChange={(_event, { value }) => setForbidden(value)} />
        </Field>
        <Checkbox label={words.send} checked={send} onChange={(_event, { checked }) => setSend(checked === true)} />
        <Button
          appearance="primary"
          disabledFocusable={!may || run.isPending}
          title={may ? undefined : texts.needs.operator}
          onClick={() => run.mutate()}
        >
          {run.isPending ? words.running : words.run}
        </Button>
      </div>
      <Trouble error={run.error ?? (run.data === false ? new Error(words.broken) : null)} />
      <ul className={styles.list} aria-live="polite">
        {shown.map(({ id, statement }) => (
          <CheckLine key={id} statement={statement} answer={answers.get(id)} isRunning={run.isPending} />
        ))}
      </ul>
    </>
  );
}

/** One check: what is stated, and what came of it. */
export function CheckLine({
  statement,
  answer,
  isRunning,
}: {
  statement: string;
  answer: Check | undefined;
  isRunning: boolean;
}) {
  const words = texts.connector;
  const styles = useStyles();
  if (!answer)
    return (
      <li className={styles.line}>
        <Stated tone={isRunning ? 'waiting' : 'unknown'}>{isRunning ? words.asking : words.notAsked}</Stated>
        <div>
          <Apart /> {statement}
        </div>
      </li>
    );
  return (
    <li className={styles.line}>
      <Stated tone={tones[answer.state]}>{words.checkStates[answer.state]}</Stated>
      <div>
        <Apart /> {statement}
        {answer.remedy === undefined ? null : <div>→ {answer.remedy}</div>}
        {answer.link?.startsWith('https://') ? (
          <Link className={styles.link} href={answer.link} target="_blank" rel="noreferrer">
            {words.openPortal}
          </Link>
        ) : null}
        <details>
          <summary>{words.evidence}</summary>
          {answer.evidence.map((line) => (
            <div key={line} className={styles.evidence}>
              {line}
            </div>
          ))}
        </details>
      </div>
    </li>
  );
}

/** Stands between state and statement for those who hear them; the others see two columns. */
function Apart() {
  return <span className={useStyles().heard}>:</span>;
}
