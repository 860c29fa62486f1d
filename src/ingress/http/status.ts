/** The trail of a message as its client may see it. */
import type { Attempt, MessageTrail } from '../../domain/message.ts';
import type { StatusAnswer } from './message-schemas.ts';

export function statusOf({ message, attempts, events }: MessageTrail): StatusAnswer {
  return {
    id: message.id,
    state: message.state,
    acceptedAt: time(message.acceptedAt),
    changedAt: time(message.changedAt),
    ...(message.state === 'queued' ? { nextAttemptAt: time(message.dueAt) } : {}),
    expiresAt: time(message.expiresAt),
    priority: message.priority,
    subject: message.summary.subject,
    messageId: message.summary.messageId,
    size: message.size,
    from: message.envelope.mailFrom,
    recipients: message.envelope.recipients.map(({ address }) => address),
    attempts: attempts.map(attemptOf),
    events: events.map((event) => ({
      at: time(event.at),
      kind: event.kind,
      by: event.by,
      ...(event.detail === undefined ? {} : { detail: event.detail }),
    })),
  };
}

function attemptOf({
  number,
  startedAt,
  finishedAt,
  clientRequestId,
  result,
}: Attempt): StatusAnswer['attempts'][number] {
  return {
    number,
    startedAt: time(startedAt),
    ...(finishedAt === undefined ? {} : { finishedAt: time(finishedAt) }),
    ...(result ? { outcome: result.outcome, durationMs: result.durationMs, ...result.answer } : {}),
    ...(result && result.outcome !== 'sent' ? { fault: result.fault } : {}),
    clientRequestId,
    notes: [...(result?.notes ?? [])],
  };
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
