/**
 * What follows from the outcome of an attempt: for the message, for its lane, for its connector.
 *
 * Only an answer of the service itself, and one that is understood, shows that lane and connector work: where there was
 * none (the message was unfit, its bytes unreadable) or it is unlisted (a proxy's page), both columns read "unknown".
 *
 * | outcome | message | counts | lane | connector |
 * |---|---|---|---|---|
 * | sent | sent | – | answered | works |
 * | failed | failed | – | answered | works |
 * | deferred, message | queued, by the retry clock or Retry-After | yes | answered | works |
 * | deferred, lane | queued, when the lane goes on | no | waits | unknown |
 * | deferred, connector | queued, due now: the connector's pause holds it | no | – | at fault |
 * | uncertain, rule retry | queued, after the rule's delay, marked as maybe sent | yes | – | unknown |
 * | uncertain, rule hold or too often | uncertain | – | – | unknown |
 */
import type { FaultCode } from '../domain/catalogue.ts';
import type { QueuedMessage } from '../domain/message.ts';
import type { AttemptResult } from '../domain/outcome.ts';
import type { Random } from '../domain/ports.ts';
import type { UncertainRule } from './delivery-port.ts';
import type { WaitReason } from './lane.ts';
import { type RetrySchedule, waitMs } from './retry-clock.ts';
import type { AttemptEnd } from './store.ts';

export interface Circumstances {
  readonly message: QueuedMessage;
  /** When the attempt ended, ms since the epoch. */
  readonly now: number;
  readonly schedule: RetrySchedule;
  readonly uncertain: UncertainRule;
  /** Uncertain attempts of this message before this one. */
  readonly uncertainBefore: number;
  /** ms that the lane would wait by its own back-off, if it has to wait and is not told how long. */
  readonly laneBackOffMs: number;
  readonly random: Random;
}

export interface Conclusion {
  readonly next: AttemptEnd['next'];
  /** ms that the lane has to wait, and why; `answered` when the service has dealt with a message of it. */
  readonly lane: { readonly waitMs: number; readonly reason: WaitReason } | 'answered' | 'unknown';
  readonly connector: 'works' | 'at-fault' | 'unknown';
}

export function conclude(result: AttemptResult, circumstances: Circumstances): Conclusion {
  switch (result.outcome) {
    case 'sent':
    case 'failed':
      return { next: { state: result.outcome }, ...whatAnswerShows(result) };
    case 'deferred':
      return concludeDeferral(result, circumstances);
    case 'uncertain':
      return { next: afterUncertain(circumstances), lane: 'unknown', connector: 'unknown' };
  }
}

function concludeDeferral(
  result: Extract<AttemptResult, { outcome: 'deferred' }>,
  { message, now, schedule, laneBackOffMs, random }: Circumstances,
): Conclusion {
  const { maybeSent } = message;
  switch (result.scope) {
    case 'message': {
      const wait = Math.max(waitMs(schedule, message.countedAttempts + 1, random), result.retryAfterMs ?? 0);
      const next = { state: 'queued', dueAt: now + wait, counts: true, maybeSent } as const;
      return { next, ...whatAnswerShows(result) };
    }
    case 'lane': {
      const wait = result.retryAfterMs ?? laneBackOffMs;
      const next = { state: 'queued', dueAt: now + wait, counts: false, maybeSent } as const;
      return { next, lane: { waitMs: wait, reason: reasonOf(result) }, connector: 'unknown' };
    }
    case 'connector': {
      // Due now, hence behind all that waits longer: one odd message is not every probe.
      const next = { state: 'queued', dueAt: now, counts: false, maybeSent } as const;
      return { next, lane: 'unknown', connector: 'at-fault' };
    }
  }
}

/** `MailboxConcurrency` of Graph, `Concurrent connections limit exceeded` of Exchange's SMTP: there is no code for it alone. */
function reasonOf({ fault, answer }: AttemptResult & { readonly fault: FaultCode }): WaitReason {
  if (fault !== 'throttled') return 'fault';
  return /concurren/i.test(answer.message ?? '') ? 'crowded' : 'throttled';
}

function whatAnswerShows(result: AttemptResult): Pick<Conclusion, 'lane' | 'connector'> {
  const isUnlisted = result.outcome === 'deferred' && result.fault === 'unlisted-answer';
  if (result.answer.status === undefined || isUnlisted) return { lane: 'unknown', connector: 'unknown' };
  return { lane: 'answered', connector: 'works' };
}

/** What becomes of a message after an attempt whose end nobody knows; also for the attempts that a crash cut off. */
export function afterUncertain({
  now,
  uncertain,
  uncertainBefore,
}: Pick<Circumstances, 'now' | 'uncertain' | 'uncertainBefore'>): AttemptEnd['next'] {
  if (uncertain.rule === 'hold' || uncertainBefore + 1 >= uncertain.mostAttempts) return { state: 'uncertain' };
  return { state: 'queued', dueAt: now + uncertain.delayMs, counts: true, maybeSent: true };
}
