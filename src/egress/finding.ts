/** What an attempt came to, before it has what all attempts have; and how it becomes a result. */
import type { FaultCode } from '../domain/catalogue.ts';
import type { AttemptResult, RecipientResult, ServiceAnswer } from '../domain/outcome.ts';
import { TokenError } from '../microsoft/token-error.ts';
import { classifyToken, settleScope } from './classify.ts';
import type { Verdict } from './verdict.ts';

export interface Finding {
  readonly verdict: Verdict;
  readonly answer: ServiceAnswer;
  readonly retryAfterMs?: number | undefined;
  readonly recipients?: readonly RecipientResult[];
}

/** The whole lane waits: what cannot be reached now cannot be reached by the next message either. */
export const notReached = { outcome: 'deferred', scope: 'lane', fault: 'network' } as const satisfies Verdict;

export function finding(verdict: Verdict, answer: ServiceAnswer): Finding {
  return { verdict, answer };
}

export function unreadable(error: unknown): Finding {
  const verdict = { outcome: 'deferred', scope: 'message', fault: 'message-unreadable' } as const;
  return finding(verdict, { message: reason(error) });
}

/** Why there is no token. */
export function tokenFinding(error: unknown): Finding {
  if (!(error instanceof TokenError)) {
    const fault: FaultCode = 'token-unlisted';
    return finding({ outcome: 'deferred', scope: 'connector', fault }, { message: reason(error) });
  }
  const { aadsts, status, description, traceId, retryAfterMs } = error.refusal;
  return {
    verdict: classifyToken({ aadsts, status }),
    answer: {
      ...(status === 0 ? {} : { status }),
      ...(aadsts === undefined ? {} : { code: `AADSTS${aadsts}` }),
      message: description,
      ...(traceId === undefined ? {} : { requestId: traceId }),
    },
    retryAfterMs,
  };
}

export function attemptResult(
  { verdict, answer, retryAfterMs, recipients }: Finding,
  severalSenders: boolean,
  durationMs: number,
  notes: readonly string[],
): AttemptResult {
  const base = { answer, durationMs, notes, ...(recipients && recipients.length > 0 ? { recipients } : {}) };
  switch (verdict.outcome) {
    case 'sent':
      return { ...base, outcome: 'sent' };
    case 'failed':
    case 'uncertain':
      return { ...base, outcome: verdict.outcome, fault: verdict.fault };
    case 'deferred': {
      const scope = settleScope(verdict.scope, severalSenders);
      const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
      return { ...base, outcome: 'deferred', fault: verdict.fault, scope, ...wait };
    }
  }
}

export function reason(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 500) : 'unknown';
}
