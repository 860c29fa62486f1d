/**
 * Attempts that a crash cut off: on record without an outcome, and as a rule nobody can know how far they came. Each ends
 * `uncertain` and goes on by its connector's rule; none is quietly sent again. A courier that keeps a record of its own may
 * know more.
 */
import type { QueuedMessage } from '../domain/message.ts';
import type { AttemptResult } from '../domain/outcome.ts';
import type { Clock, Logger } from '../domain/ports.ts';
import { uncertainBefore } from './attempt.ts';
import { afterUncertain } from './conclusion.ts';
import type { UncertainRule } from './delivery-port.ts';
import type { AttemptEnd, QueueStore } from './store.ts';

export interface Recovered {
  readonly message: QueuedMessage;
  readonly end: AttemptEnd;
}

/**
 * Ends all orphaned attempts. `ruleOf` is undefined for a connector that is no longer configured: its mail waits for a person.
 * `cutOff` says what a courier knows of such an attempt, where it keeps a record of its own.
 */
export async function recoverOrphans(
  store: QueueStore,
  clock: Clock,
  logger: Logger,
  ruleOf: (connector: string) => UncertainRule | undefined,
  cutOff: (message: QueuedMessage) => AttemptResult | undefined = () => undefined,
): Promise<readonly Recovered[]> {
  const orphans = await store.orphanedAttempts();
  return Promise.all(
    orphans.map(async (message) => {
      const now = clock.now();
      const known = cutOff(message);
      const uncertain = ruleOf(message.route.connector);
      const next = known
        ? afterKnown(known, message, now)
        : uncertain
          ? afterUncertain({ now, uncertain, uncertainBefore: await uncertainBefore(store, message, logger) })
          : ({ state: 'uncertain' } as const);
      const durationMs = Math.max(0, now - message.changedAt);
      const result: AttemptResult = known
        ? { ...known, durationMs }
        : {
            outcome: 'uncertain',
            fault: 'no-answer',
            answer: {},
            durationMs,
            notes: ['Mailroom ended while this attempt was under way.'],
          };
      const end: AttemptEnd = { id: message.id, number: message.attempts, finishedAt: now, result, next };
      await store.finishAttempt(end);
      return { message, end };
    }),
  );
}

/** A courier that keeps a record goes on from there, and asks the service first where it may have sent the message. */
function afterKnown(known: AttemptResult, { maybeSent }: QueuedMessage, now: number): AttemptEnd['next'] {
  switch (known.outcome) {
    case 'sent':
    case 'failed':
      return { state: known.outcome };
    case 'deferred':
      return { state: 'queued', dueAt: now, counts: false, maybeSent };
    case 'uncertain':
      return { state: 'queued', dueAt: now, counts: false, maybeSent: true };
  }
}
