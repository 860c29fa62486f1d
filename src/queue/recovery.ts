/**
 * Attempts that a crash cut off: on record without an outcome, and nobody can know how far they came. Each ends `uncertain`
 * and goes on by its connector's rule; none is quietly sent again.
 */
import type { QueuedMessage } from '../domain/message.ts';
import type { Clock, Logger } from '../domain/ports.ts';
import { uncertainBefore } from './attempt.ts';
import { afterUncertain } from './conclusion.ts';
import type { UncertainRule } from './delivery-port.ts';
import type { AttemptEnd, QueueStore } from './store.ts';

export interface Recovered {
  readonly message: QueuedMessage;
  readonly end: AttemptEnd;
}

/** Ends all orphaned attempts. `ruleOf` is undefined for a connector that is no longer configured: its mail waits for a person. */
export async function recoverOrphans(
  store: QueueStore,
  clock: Clock,
  logger: Logger,
  ruleOf: (connector: string) => UncertainRule | undefined,
): Promise<readonly Recovered[]> {
  const orphans = await store.orphanedAttempts();
  return Promise.all(
    orphans.map(async (message) => {
      const now = clock.now();
      const uncertain = ruleOf(message.route.connector);
      const next = uncertain
        ? afterUncertain({ now, uncertain, uncertainBefore: await uncertainBefore(store, message, logger) })
        : ({ state: 'uncertain' } as const);
      const durationMs = Math.max(0, now - message.changedAt);
      const result = {
        outcome: 'uncertain',
        fault: 'no-answer',
        answer: {},
        durationMs,
        notes: ['Mailroom ended while this attempt was under way.'],
      } as const;
      const end: AttemptEnd = { id: message.id, number: message.attempts, finishedAt: now, result, next };
      await store.finishAttempt(end);
      return { message, end };
    }),
  );
}
