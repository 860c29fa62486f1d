/**
 * What a row of the outcome tables says. The tables are data: whoever wants to know how an answer is judged reads them from
 * the top, and the first row that fits decides.
 */
import type { FaultCode } from '../domain/catalogue.ts';
import type { DeferralScope } from '../domain/outcome.ts';

/**
 * `sender` is the fault of one mailbox: it stops the connector when that is its only mailbox, so that no message's clock
 * runs down, and otherwise the lane alone, so that the other mailboxes of the connector go on sending.
 */
export type FaultScope = DeferralScope | 'sender';

export type Verdict =
  | { readonly outcome: 'sent' }
  | { readonly outcome: 'deferred'; readonly fault: FaultCode; readonly scope: FaultScope }
  | { readonly outcome: 'failed'; readonly fault: FaultCode }
  | { readonly outcome: 'uncertain'; readonly fault: FaultCode };

/** An answer as the tables look at it. */
export interface JudgedAnswer {
  readonly status: number;
  /** Graph's `error.code`. */
  readonly code: string | undefined;
  readonly message: string | undefined;
}

/** A row that fits when all that it names fits. */
export interface OutcomeRow {
  readonly status?: readonly number[] | { readonly from: number; readonly until: number };
  /** Compared without regard to case: Graph has been seen to write its codes in several. */
  readonly codes?: readonly string[];
  readonly message?: RegExp;
  readonly verdict: Verdict;
  /** Why this and nothing else. */
  readonly because: string;
}

export const sent = { outcome: 'sent' } as const satisfies Verdict;

export function deferred(scope: FaultScope, fault: FaultCode): Verdict {
  return { outcome: 'deferred', scope, fault };
}

export function failed(fault: FaultCode): Verdict {
  return { outcome: 'failed', fault };
}

export function uncertain(fault: FaultCode): Verdict {
  return { outcome: 'uncertain', fault };
}

/** The first row that fits an answer. */
export function findRow(rows: readonly OutcomeRow[], answer: JudgedAnswer): OutcomeRow | undefined {
  return rows.find((row) => fits(row, answer));
}

function fits(row: OutcomeRow, answer: JudgedAnswer): boolean {
  if (row.status && !statusFits(row.status, answer.status)) return false;
  const code = answer.code?.toLowerCase();
  if (row.codes && !row.codes.some((listed) => listed.toLowerCase() === code)) return false;
  return !row.message || row.message.test(answer.message ?? '');
}

function statusFits(wanted: NonNullable<OutcomeRow['status']>, status: number): boolean {
  if ('from' in wanted) return status >= wanted.from && status <= wanted.until;
  return wanted.includes(status);
}
