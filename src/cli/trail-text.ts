/** The story of one message, for people: what is known of it, and what happened when, with the remedy of each fault. */
import { catalogueRow, isFaultCode } from '../domain/catalogue.ts';
import type { MessageTrail } from '../domain/message.ts';
import { textTable } from './table.ts';

/** The story of one message, in order of time. */
export function trailText({ message, attempts, events }: MessageTrail): string {
  const time = (at: number) => new Date(at).toISOString().replace('T', ' ').replace('Z', '');
  const { origin, envelope, route, summary } = message;
  const facts = [
    ['id', message.id],
    ['state', message.state],
    ['subject', summary.subject],
    ['Message-ID', summary.messageId],
    ['client', `${message.client}, by ${origin.ingress} from ${origin.remoteAddress}${origin.tls ? ' over TLS' : ''}`],
    ['MAIL FROM', `<${envelope.mailFrom}>`],
    ['recipients', envelope.recipients.map((recipient) => recipient.address).join(', ')],
    ['way out', `${route.connector} as ${route.sender} (route ${route.route})`],
    ['size', `${message.size} bytes`],
    ...(message.state === 'queued' ? [['next try', time(message.dueAt)]] : []),
  ];
  const story = [
    { at: message.acceptedAt, text: 'accepted' },
    ...attempts.flatMap((attempt) => attemptLines(attempt)),
    ...events.map((event) => ({
      at: event.at,
      text: `${event.kind} by ${event.by}${event.detail ? `: ${event.detail}` : ''}`,
    })),
  ].sort((one, other) => one.at - other.at);
  const lines = story.map(({ at, text }) => [time(at), text]);
  return `${textTable(['', ''], facts).trimStart()}\n${textTable(['time (UTC)', 'what happened'], lines)}`;
}

function attemptLines(attempt: MessageTrail['attempts'][number]): { at: number; text: string }[] {
  const { result, number, startedAt, finishedAt = startedAt } = attempt;
  if (!result) return [{ at: startedAt, text: `attempt ${number} began, and its outcome is not on record yet` }];
  const { answer } = result;
  const words = [answer.status, answer.code, answer.message].filter((part) => part !== undefined).join(' ');
  const lines = [
    `attempt ${number}: ${result.outcome}${words ? ` (${words})` : ''}${answer.requestId ? `, request-id ${answer.requestId}` : ''}`,
  ];
  if (result.outcome !== 'sent' && isFaultCode(result.fault))
    lines.push(`  ${catalogueRow(result.fault).text} ${catalogueRow(result.fault).remedy}`);
  for (const note of result.notes) lines.push(`  ${note}`);
  return lines.map((text) => ({ at: finishedAt, text }));
}
