/** Turns what the index's thread answers into the domain's types. */
import type { MessageTrail, QueuedMessage } from '../../domain/message.ts';
import type { MessageRow, TrailRows } from './index/calls.ts';
import type { AcceptedRecord } from './records.ts';

export function toMessage(row: MessageRow): QueuedMessage {
  const [content, state, dueAt, expiresAt, countedAttempts, attempts, maybeSent, changedAt, lastFault] = row;
  // Written by this program and proved by the record's checksum; not parsed again.
  const record: AcceptedRecord = JSON.parse(content);
  return {
    ...record.message,
    expiresAt,
    state,
    dueAt,
    countedAttempts,
    attempts,
    maybeSent,
    changedAt,
    ...(lastFault === undefined ? {} : { lastFault }),
  };
}

export function toTrail(rows: TrailRows): MessageTrail {
  return {
    message: toMessage(rows.message),
    attempts: rows.attempts.map(({ started, ended }) => ({
      ...JSON.parse(started),
      ...(ended === undefined ? {} : JSON.parse(ended)),
    })),
    events: rows.events.map((event) => JSON.parse(event)),
  };
}
