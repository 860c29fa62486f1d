/** One message: what happened to it, each attempt with what it means, and what can be done. */
import { MessageBar, MessageBarBody, makeStyles, tokens } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';
import { asked, client, ProblemError } from '../api.ts';
import { Act, actionsFor } from '../parts/act.tsx';
import { Facts } from '../parts/facts.tsx';
import { Copied, Loading, Page, Section, Time, To, Trouble } from '../parts/small.tsx';
import { messageTones, outcomeTones, Stated, type Tone } from '../parts/state.tsx';
import { bytesText, spanText, timeText } from '../parts/units.ts';
import { texts } from '../texts.ts';
import { Preview } from './preview.tsx';

const useStyles = makeStyles({
  // The story beside the facts where there is room.
  pair: {
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 3fr) minmax(0, 2fr)',
    gap: tokens.spacingHorizontalL,
    alignItems: 'start',
    '@media (max-width: 1100px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
  },
  story: { margin: 0, padding: 0, listStyleType: 'none' },
  // A line from each step to the next; the icon stands on it.
  step: {
    position: 'relative',
    paddingLeft: tokens.spacingHorizontalL,
    paddingBottom: tokens.spacingVerticalL,
    borderLeft: `2px solid ${tokens.colorNeutralStroke1}`,
    marginLeft: '7px',
    ':last-child': { borderLeftColor: 'transparent', paddingBottom: 0 },
  },
  head: {
    marginLeft: `calc(-9px - ${tokens.spacingHorizontalL})`,
    display: 'flex',
    flexWrap: 'wrap',
    gap: tokens.spacingHorizontalS,
    marginBottom: tokens.spacingVerticalXS,
    '& svg': { backgroundColor: tokens.colorNeutralBackground1 },
    // What goes on in a second line does not stand on the line between the steps.
    '@media (max-width: 600px)': { '& > :not(:first-child)': { marginLeft: '20px' } },
  },
  quiet: { color: tokens.colorNeutralForeground2 },
});

type Trail = Awaited<ReturnType<typeof load>>;
type Attempt = Trail['attempts'][number];
const load = (id: string) => asked(client.GET('/api/messages/{id}', { params: { path: { id } } }));

export function Component() {
  const { id = '' } = useParams();
  const { data, error, refetch } = useQuery({
    queryKey: ['message', id],
    queryFn: () => load(id),
    refetchInterval: 5_000,
  });
  const words = texts.message;
  const title = data ? data.message.subject || texts.messages.noSubject : texts.messages.title;
  return (
    <Page title={title} path={<To to="/messages">{words.back}</To>}>
      {isNotThere(error) ? (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>{words.notThere}</MessageBarBody>
        </MessageBar>
      ) : (
        <Trouble error={error} onRetry={() => refetch()} />
      )}
      {data ? <Told data={data} /> : error ? null : <Loading />}
    </Page>
  );
}

function isNotThere(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.code === 'not-found';
}

function Told({ data }: { data: Trail }) {
  const words = texts.message;
  const styles = useStyles();
  const { message } = data;
  const which = actionsFor(message.state);
  return (
    <>
      <div>
        <Stated tone={messageTones[message.state]}>{texts.states[message.state]}</Stated>
        {message.state === 'queued' ? ` · ${words.due(timeText(message.dueAt))}` : ''}
        {message.maybeSent ? ` · ${words.maybeSent}` : ''}
      </div>
      {/* Stays when nothing more can be done, for what it says of the last action. */}
      <Act target={{ ids: [message.id] }} which={which} />
      <div className={styles.pair}>
        <Section title={words.story}>
          <Story data={data} />
        </Section>
        <Section title={words.facts}>
          <Facts
            rows={[
              [words.from, message.mailFrom || texts.messages.notice],
              [words.to, recipientsOf(message)],
              [words.client, message.client],
              [words.cameIn, words.cameInBy(message.ingress, message.listener, message.remoteAddress, message.tls)],
              [words.route, message.route],
              [words.connector, message.connector],
              [words.sender, message.sender],
              [words.size, bytesText(message.bytes)],
              [words.messageId, <Copied key="message-id" value={message.messageId} what={words.messageId} />],
              [words.id, <Copied key="id" value={message.id} what={words.id} />],
            ]}
          />
        </Section>
      </div>
      <Section title={words.content}>
        {message.redaction ? (
          <p>
            {words.redacted(message.redaction.rule)} {message.redaction.deletes ? words.redactedDeletes : ''}
          </p>
        ) : (
          <Preview id={message.id} />
        )}
      </Section>
    </>
  );
}

function recipientsOf({ recipients, recipientCount }: Trail['message']): string {
  const rest = recipientCount - recipients.length;
  return `${recipients.join(', ')}${rest > 0 ? ` ${texts.messages.moreRecipients(rest)}` : ''}`;
}

interface Step {
  readonly key: string;
  readonly at: number;
  readonly tone: Tone;
  readonly text: string;
  /** ms. */
  readonly took?: number | undefined;
  readonly attempt?: Attempt;
}

function Story({ data: { message, attempts, events } }: { data: Trail }) {
  const words = texts.message;
  const styles = useStyles();
  const names: Readonly<Record<string, string>> = words.events;
  const steps: Step[] = [
    {
      key: 'accepted',
      at: message.acceptedAt,
      tone: 'good',
      text: words.acceptedFrom(message.client, bytesText(message.bytes)),
    },
    ...attempts.map((attempt) => ({
      key: `attempt ${attempt.number}`,
      at: attempt.startedAt,
      tone: outcomeTones[attempt.outcome],
      took: attempt.finishedAt === undefined ? undefined : attempt.finishedAt - attempt.startedAt,
      text: words.attempt(attempt.number, texts.outcomes[attempt.outcome]),
      attempt,
    })),
    ...events.map(({ at, kind, by, detail }, index) => ({
      key: `event ${index}`,
      at,
      tone: 'paused' as const,
      text: `${names[kind] ?? kind} ${words.by(by)}${detail === undefined ? '' : `: ${detail}`}`,
    })),
  ];
  return (
    <ol className={styles.story}>
      {steps
        .toSorted((a, b) => a.at - b.at)
        .map(({ key, at, tone, text, took, attempt }) => (
          <li key={key} className={styles.step}>
            <div className={styles.head}>
              <Stated tone={tone}>{text}</Stated>
              <Time at={at} />
              {took === undefined ? null : <span className={styles.quiet}>{words.took(spanText(took))}</span>}
            </div>
            {attempt ? <AttemptFacts attempt={attempt} /> : null}
          </li>
        ))}
    </ol>
  );
}

function AttemptFacts({ attempt: { answer, fault, clientRequestId, notes } }: { attempt: Attempt }) {
  const words = texts.message;
  const answered = [answer?.status, answer?.code, answer?.message].filter((part) => part !== undefined).join(' · ');
  return (
    <Facts
      rows={[
        ...(answered === '' ? [] : [[words.answered, answered] as const]),
        ...(fault
          ? ([
              [words.means, `${fault.meaning} (${fault.code})`],
              [words.remedy, fault.remedy],
            ] as const)
          : []),
        ...(answer?.requestId === undefined
          ? []
          : [[words.requestId, <Copied key="id" value={answer.requestId} what={words.requestId} />] as const]),
        [words.clientRequestId, <Copied key="client" value={clientRequestId} what={words.clientRequestId} />],
        ...notes.map((note, index) => [`${index + 1}.`, note] as const),
      ]}
    />
  );
}
