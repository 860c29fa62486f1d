/**
 * One attempt, from the record before it to the record after it.
 *
 * The order is the product's promise: on record, then out, then the outcome on record. A crash in between leaves an
 * attempt without outcome, which recovery ends as `uncertain`; a message is never sent without anybody knowing.
 */
import { randomUUID } from 'node:crypto';
import type { CrashProbe } from '../domain/crash-point.ts';
import type { QueuedMessage } from '../domain/message.ts';
import type { AttemptResult } from '../domain/outcome.ts';
import type { Clock, Logger, Random } from '../domain/ports.ts';
import { type Conclusion, conclude } from './conclusion.ts';
import type { OutgoingConnector } from './delivery-port.ts';
import type { RetrySchedule } from './retry-clock.ts';
import { withoutSettled } from './settled-recipients.ts';
import type { AttemptEnd, AttemptStart, QueueStore } from './store.ts';

export interface AttemptParts {
  readonly store: QueueStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly schedule: RetrySchedule;
  readonly probe: CrashProbe;
}

export interface AttemptReport {
  /** The message as it was attempted: for those whom no earlier attempt has settled. */
  readonly message: QueuedMessage;
  readonly start: AttemptStart;
  readonly end: AttemptEnd;
  readonly conclusion: Conclusion;
}

/** Something that is about to be attempted. */
export interface AttemptOrder {
  readonly message: QueuedMessage;
  readonly connector: OutgoingConnector;
  /** What the lane would wait by its own back-off; asked when the attempt has ended. */
  readonly laneBackOffMs: () => number;
  readonly signal: AbortSignal;
}

/** Makes one attempt. Rejects only when it could not be put on record before it began: nothing has gone out then. */
export async function makeAttempt(parts: AttemptParts, order: AttemptOrder): Promise<AttemptReport> {
  const { store, clock } = parts;
  const { connector } = order;
  const message = await withoutSettled(store, order.message);
  const start: AttemptStart = {
    id: message.id,
    number: message.attempts + 1,
    startedAt: clock.now(),
    connector: connector.name,
    sender: message.route.sender,
    clientRequestId: randomUUID(),
  };
  await store.beginAttempt(start);
  parts.probe('before-post');
  const result = await send(parts, { ...order, message }, start);
  parts.probe('after-post');
  const now = clock.now();
  const conclusion = conclude(result, {
    message,
    now,
    schedule: parts.schedule,
    uncertain: connector.uncertain,
    uncertainBefore: result.outcome === 'uncertain' ? await uncertainBefore(store, message, parts.logger) : 0,
    laneBackOffMs: order.laneBackOffMs(),
    random: parts.random,
  });
  return {
    message,
    start,
    end: { id: message.id, number: start.number, finishedAt: now, result, next: conclusion.next },
    conclusion,
  };
}

async function send(parts: AttemptParts, order: AttemptOrder, start: AttemptStart): Promise<AttemptResult> {
  const { message, signal } = order;
  const body = () => parts.store.openBody(message.id);
  const bytes = async () => (await body()).bytes();
  try {
    return await order.connector.courier.send({ message, bytes, body, clientRequestId: start.clientRequestId, signal });
  } catch (error) {
    // A courier never rejects by its contract. When one does, nobody knows how far it came.
    parts.logger.error({ err: error, messageId: message.id, connector: start.connector }, 'A courier broke off.');
    const durationMs = parts.clock.now() - start.startedAt;
    return { outcome: 'uncertain', fault: 'no-answer', answer: {}, durationMs, notes: [] };
  }
}

/**
 * How many attempts of a message ended `uncertain` so far. Asked of the store only where there was one. When the store
 * cannot say, the message is left to a person: never rejects, because the attempt has been made.
 */
export async function uncertainBefore(store: QueueStore, message: QueuedMessage, logger: Logger): Promise<number> {
  if (!message.maybeSent) return 0;
  try {
    const trail = await store.trail(message.id);
    return trail?.attempts.filter(({ result }) => result?.outcome === 'uncertain').length ?? 0;
  } catch (error) {
    logger.error({ err: error, messageId: message.id }, 'The trail of a message could not be read.');
    return Number.POSITIVE_INFINITY;
  }
}
