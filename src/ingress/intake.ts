/**
 * Where SMTP and HTTP meet: both hand an envelope and bytes to the intake and get an id or a fault back.
 *
 * The order is the product's first promise: bytes and row durable first, answer second. Nobody who calls `finish` may
 * tell its client anything before the promise has resolved.
 */
import type { Fault } from '../domain/catalogue.ts';
import type { Envelope } from '../domain/envelope.ts';
import type { AcceptedMessage, MessageId, Origin, Priority } from '../domain/message.ts';
import type { KnownClient } from '../policy/gate.ts';

export interface SubmissionStart {
  readonly client: KnownClient;
  readonly envelope: Envelope;
  readonly origin: Origin;
  /** Wish of the client for this one message; never above the priority that the client has. */
  readonly priority?: Priority;
  readonly idempotency?: AcceptedMessage['idempotency'];
}

export type IntakeResult =
  | { readonly accepted: true; readonly id: MessageId }
  | { readonly accepted: false; readonly fault: Fault };

export interface SubmissionInProgress {
  /**
   * Takes the next bytes, line ends and dots already as they are to be kept. Returns a promise to wait for when the disk
   * is slow. Never throws: once something went wrong, further bytes are dropped and `finish` gives the fault.
   */
  write(chunk: Uint8Array): Promise<void> | undefined;
  /** All bytes are in: checks the header, routes, stores. Resolves when durable, or with the fault. Never rejects. */
  finish(): Promise<IntakeResult>;
  /** The client went away or was refused: nothing is kept. Never rejects. */
  abort(): Promise<void>;
}

export interface Intake {
  /** Begins a submission, or refuses it at once (disk full, too much in reception). */
  begin(start: SubmissionStart): SubmissionInProgress | Fault;
}
