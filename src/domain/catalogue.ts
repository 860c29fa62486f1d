/**
 * The catalogue of faults: every refusal and every unsuccessful attempt has one of these stable codes.
 *
 * One row says what it means, what a client is told (SMTP reply and HTTP status), and what to do about it.
 * `docs/reference/errors.md` is generated from this table. `text` goes to clients, strangers among them: it never
 * tells about the configuration. What an operator needs beyond it travels as the `detail` of a fault, into the log.
 *
 * The rows live in five files by where they arise; this one joins them.
 */
import { consoleFaults } from './catalogue-console.ts';
import { deliveryFaults } from './catalogue-delivery.ts';
import { ingressFaults } from './catalogue-ingress.ts';
import { serverFaults } from './catalogue-server.ts';
import { smtpFaults } from './catalogue-smtp.ts';

export interface CatalogueRow {
  /** What is said to the client, in one sentence. */
  readonly text: string;
  /** What has happened, for the reference page. */
  readonly meaning: string;
  /** What the operator or the client can do. */
  readonly remedy: string;
  /** Reply code and enhanced status code (RFC 3463); absent where no SMTP client can meet it. */
  readonly smtp?: readonly [reply: number, enhanced: string];
  /** HTTP status; absent where no HTTP client can meet it. */
  readonly http?: number;
}

export const catalogue = {
  ...ingressFaults,
  ...deliveryFaults,
  ...smtpFaults,
  ...serverFaults,
  ...consoleFaults,
} satisfies Record<string, CatalogueRow>;

export type FaultCode = keyof typeof catalogue;

/** The row of a code, typed alike for all codes. */
export function catalogueRow(code: FaultCode): CatalogueRow {
  return catalogue[code];
}

/** Whether a text, read back from storage or a URL, is a code of this catalogue. */
export function isFaultCode(text: string): text is FaultCode {
  return Object.hasOwn(catalogue, text);
}

/** A refusal: the code, and for the log alone which rule and value led to it. */
export interface Fault {
  readonly code: FaultCode;
  /** For operators; never sent to a client. */
  readonly detail?: string;
  /** Replaces the row's `text` for this one case, where a value helps the client; public words only. */
  readonly text?: string;
}

/** A refusal on its way up the call stack, where returning it would burden every caller in between. */
export class FaultError extends Error {
  readonly fault: Fault;
  constructor(fault: Fault, options?: ErrorOptions) {
    super(`${fault.code}: ${fault.detail ?? fault.text ?? catalogueRow(fault.code).text}`, options);
    this.name = 'FaultError';
    this.fault = fault;
  }
}
