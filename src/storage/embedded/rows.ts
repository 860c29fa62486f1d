/** Turns what the index's thread answers into the domain's types. */
import type { MessageTrail, QueuedMessage } from '../../domain/message.ts';
import type { MessageRow, TrailRows } from './index/calls.ts';
import { unpackAccepted } from './packed-message.ts';

export function toMessage(row: MessageRow): QueuedMessage {
  const [id, acceptedAt, subject, own, shared, ...changed] = row;
  const [state, dueAt, expiresAt, countedAttempts, attempts, maybeSent, changedAt, lastFault] = changed;
  // Written by this program and proved by the record's checksum; not judged again.
  const { message } = unpackAccepted([id, acceptedAt, expiresAt, subject, JSON.parse(own), JSON.parse(shared)]);
  return {
    ...message,
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
