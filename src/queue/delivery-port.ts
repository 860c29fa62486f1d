/**
 * What the dispatcher needs of a way out. The couriers of `egress` have this shape; the queue knows no more of them, so
 * that it can be tested against any.
 */
import type { FaultCode } from '../domain/catalogue.ts';
import type { QueuedMessage } from '../domain/message.ts';
import type { AttemptResult } from '../domain/outcome.ts';
import type { LaneLimits } from './lane-limits.ts';
import type { AttemptEnd, AttemptStart, StoredBody } from './store.ts';

/** One message on its way to a courier; the shape of `Delivery` in egress/courier.ts. */
export interface OutgoingDelivery {
  readonly message: QueuedMessage;
  bytes(): Promise<Buffer>;
  body(): Promise<StoredBody>;
  readonly clientRequestId: string;
  readonly signal: AbortSignal;
}

export interface OutgoingCourier {
  send(delivery: OutgoingDelivery): Promise<AttemptResult>;
}

/** What becomes of a message that may or may not have been sent. */
export interface UncertainRule {
  /** `retry` sends it again under the same Message-ID; `hold` leaves it for a person. */
  readonly rule: 'retry' | 'hold';
  /** ms until the other attempt: time for a slow mailbox to show the first one. */
  readonly delayMs: number;
  /** Uncertain attempts after which even `retry` leaves it for a person: each one more may be a copy more. */
  readonly mostAttempts: number;
}

export const defaultUncertainRule: UncertainRule = { rule: 'retry', delayMs: 120_000, mostAttempts: 3 };

/** A connector as the queue sees it. */
export interface OutgoingConnector {
  readonly name: string;
  readonly courier: OutgoingCourier;
  /** Limits of each of its lanes. */
  readonly limits: LaneLimits;
  /**
   * Where its mailboxes are, as a rule the cloud: an address is one mailbox there. Exchange counts messages a minute and recipients a day by mailbox, whatever
   * app or protocol they come by: connectors with the same value share these. Absent: nobody else sends as its mailboxes.
   */
  readonly mailboxesOf?: string;
  /**
   * Where attempts in flight as one mailbox are counted together, whatever connector they are of; as a rule the protocol and
   * the cloud. Absent: each connector counts for itself.
   */
  readonly mailboxConcurrencyOf?: string;
  /** Connectors with the same registration share its limit of attempts in flight; as a rule the client ID. */
  readonly registration: string;
  /** Attempts in flight over all lanes of the registration. */
  readonly registrationConcurrency: number;
  readonly uncertain: UncertainRule;
}

/** A change of a connector's state, for alerts and the log. */
export interface ConnectorChange {
  readonly connector: string;
  readonly at: number;
  readonly state: 'running' | 'paused';
  /** Absent when it runs again. */
  readonly reason?: FaultCode | 'operator';
  /** In words, with the service's answer. */
  readonly detail: string;
}

/** Everything about an attempt that has ended and is on record. */
export interface EndedAttempt {
  readonly message: QueuedMessage;
  readonly start: AttemptStart;
  readonly end: AttemptEnd;
}

/** Why a message has failed for good. */
export interface FinalFailure {
  readonly message: QueuedMessage;
  readonly at: number;
  readonly fault: FaultCode;
  /** Absent when its lifetime ended between attempts. */
  readonly result?: AttemptResult;
}

/** Called after the fact is on record. Whatever a listener throws is logged and changes nothing. */
export interface DispatchListener {
  attemptEnded?(ended: EndedAttempt): void;
  /** Makes the notice to the envelope sender, as a rule. */
  messageFailed?(failure: FinalFailure): Promise<void> | void;
  connectorChanged?(change: ConnectorChange): void;
}
