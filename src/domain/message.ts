/**
 * A message: a submission that has become durable, and everything that is on record about it.
 *
 * ## States
 * - `queued`: waits for its time (`dueAt`) and its lane. Entered by acceptance, by a deferred attempt, by release, by retry.
 * - `sending`: an attempt is on record whose outcome is not. A crash leaves it here; recovery makes the attempt `uncertain`.
 * - `uncertain`: an attempt may or may not have reached the service, and the connector's rule is to hold. A person decides:
 *   retry (may send twice, and the trail says so) or cancel.
 * - `held`: set aside by a person or a rule; nothing happens until it is released or cancelled.
 * - `sent`, `failed`, `cancelled`: final. `failed` can be retried by a person, which makes it `queued` again.
 *
 * The books always balance: accepted = sent + failed + uncertain + cancelled + (queued + sending + held).
 */
import type { Envelope } from './envelope.ts';
import type { AttemptResult } from './outcome.ts';

/** Sortable by time of acceptance; safe in URLs, file names and log lines. See `message-id.ts` of this folder. */
export type MessageId = string;

export type Priority = 'high' | 'normal' | 'low';

export const messageStates = ['queued', 'sending', 'uncertain', 'held', 'sent', 'failed', 'cancelled'] as const;
export type MessageState = (typeof messageStates)[number];

/** How a submission came in; kept for the trail and the delivery log. */
export interface Origin {
  readonly ingress: 'smtp' | 'http' | 'sendmail' | 'notice';
  readonly listener: string;
  readonly remoteAddress: string;
  readonly tls: boolean;
  readonly helo?: string;
}

/** One way out: a connector, and the mailbox that sends by it. */
export interface Way {
  readonly connector: string;
  readonly sender: string;
}

/** What the route decided for a submission. Fixed at acceptance, so that a later change of configuration re-routes nobody's mail by surprise. */
export interface RouteDecision {
  readonly route: string;
  readonly connector: string;
  /** Mailbox that sends: the connector's system account unless the route says otherwise. */
  readonly sender: string;
  /** `mime` sends the bytes as they came. `json` rebuilds the message as Graph JSON, for routes that must not fill Sent Items. */
  readonly form: 'mime' | 'json';
  /** `system-account` rewrites the root From to the sender (never on signed mail) and keeps the old one as Reply-To. */
  readonly fromHeader: 'keep' | 'system-account';
  /** Graph can leave the copy out only in the JSON form. */
  readonly saveToSentItems: boolean;
  /** Ways to take in place of this one when it has been closed for `afterMs`, in their order. */
  readonly fallBack?: { readonly ways: readonly Way[]; readonly afterMs: number };
}

/** What is known of the root header, for search, trail and log. */
export interface HeaderSummary {
  /** Decoded and cut to at most 256 characters. */
  readonly subject: string;
  /** With its angle brackets. Always present: added at submission when the client sent none (RFC 6409 §8.3). */
  readonly messageId: string;
  readonly from: readonly string[];
  /** Message-ID that its conversation began with; absent when it begins one. */
  readonly conversation?: string;
}

/** What a rule says about the content of a message. */
export interface Redaction {
  /** Name of the rule. */
  readonly rule: string;
  /** Its bytes go as soon as it is sent or cancelled; till then, and without this, nobody may look at them. */
  readonly deletes: boolean;
}

/** A submission as it is put on record. Times are ms since the epoch. */
export interface AcceptedMessage {
  readonly id: MessageId;
  readonly acceptedAt: number;
  /** When it is given up; moved on by the time that its connector is paused. */
  readonly expiresAt: number;
  readonly client: string;
  readonly priority: Priority;
  readonly origin: Origin;
  readonly envelope: Envelope;
  readonly route: RouteDecision;
  readonly summary: HeaderSummary;
  /** Bytes of the whole message, the added header fields included. */
  readonly size: number;
  /** Starts as `held` when a rule holds it; `queued` otherwise. */
  readonly initialState: 'queued' | 'held';
  /** A rule of the configuration keeps its content from everybody's eyes. */
  readonly redaction?: Redaction;
  /** Idempotency-Key of an HTTP submission, unique for its client, with a hash of what was submitted under it. */
  readonly idempotency?: { readonly key: string; readonly requestHash: string };
}

/** One attempt with its outcome; `result` is absent while it runs. */
export interface Attempt {
  /** 1 for the first. */
  readonly number: number;
  readonly startedAt: number;
  readonly connector: string;
  readonly sender: string;
  /** UUID sent as `client-request-id`, so that Microsoft's support can find this very attempt. */
  readonly clientRequestId: string;
  readonly finishedAt?: number;
  readonly result?: AttemptResult;
}

/** What a person or a rule did to a message, in order of time. */
export interface MessageEvent {
  readonly at: number;
  readonly kind: 'held' | 'released' | 'retried' | 'cancelled' | 'expired' | 'rerouted' | 'notice';
  readonly by: string;
  readonly detail?: string;
}

/** The message as the queue sees it now. */
export interface QueuedMessage extends AcceptedMessage {
  readonly state: MessageState;
  readonly dueAt: number;
  /** Attempts that count against the retry schedule: those ended by a fault of the connector or the lane do not. */
  readonly countedAttempts: number;
  /** Attempts on record in all; the next attempt has this number plus one. */
  readonly attempts: number;
  /** An earlier attempt ended `uncertain`: another one may send it twice. */
  readonly maybeSent: boolean;
  /** When its state last changed. */
  readonly changedAt: number;
  /** The fault code of its last unsuccessful attempt, for lists. */
  readonly lastFault?: string;
}

/** Everything on record about one message. */
export interface MessageTrail {
  readonly message: QueuedMessage;
  readonly attempts: readonly Attempt[];
  readonly events: readonly MessageEvent[];
}
