/**
 * What an attempt came to. Four outcomes, no booleans: whoever reads a result must look at each case.
 *
 * - `sent`: the service said so (Graph: 202 and nothing else).
 * - `deferred`: certainly not sent, and worth another try. Whatever is not listed anywhere counts as this.
 * - `failed`: certainly not sent, and no other try would change it.
 * - `uncertain`: the last byte went out and no usable answer came back. Neither sent nor failed.
 */
import type { FaultCode } from './catalogue.ts';

/** What the service answered, as far as it answered. Never holds a token or a secret. */
export interface ServiceAnswer {
  /** HTTP status or SMTP reply code. */
  readonly status?: number;
  /** The service's own code: Graph's `error.code`, an AADSTS number, an enhanced status code. */
  readonly code?: string;
  /** The service's own words, cut to 1,000 characters. */
  readonly message?: string;
  /** Microsoft's `request-id` (or `trace_id` of the token endpoint). */
  readonly requestId?: string;
}

/**
 * Whose fault a deferral is: of this message, of the lane (it is told to wait), or of the connector (it is paused, and
 * the message's clock stands still).
 */
export type DeferralScope = 'message' | 'lane' | 'connector';

/** How one recipient fared, where a service answers for each of them (SMTP). */
export interface RecipientResult {
  /** As in the envelope. */
  readonly address: string;
  readonly outcome: 'sent' | 'deferred' | 'failed';
  /** Absent when it was sent. */
  readonly fault?: FaultCode;
  readonly answer: ServiceAnswer;
}

interface ResultBase {
  readonly answer: ServiceAnswer;
  readonly durationMs: number;
  /**
   * Recipients that fared otherwise than the attempt says; all that are not named share its outcome. Whoever is `sent` or
   * `failed` here is done, and no later attempt is for them.
   */
  readonly recipients?: readonly RecipientResult[];
  /** What was changed or left out on the way, for the trail: header recipients trimmed, blind recipients added. */
  readonly notes: readonly string[];
}

export type AttemptResult =
  | (ResultBase & { readonly outcome: 'sent' })
  | (ResultBase & {
      readonly outcome: 'deferred';
      readonly fault: FaultCode;
      readonly scope: DeferralScope;
      /** The service's own wish (`Retry-After`), in ms from the end of the attempt. */
      readonly retryAfterMs?: number;
    })
  | (ResultBase & { readonly outcome: 'failed'; readonly fault: FaultCode })
  | (ResultBase & { readonly outcome: 'uncertain'; readonly fault: FaultCode });
