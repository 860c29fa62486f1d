/**
 * The store that the queue needs: one contract, whatever implements it. Nothing above this file knows which runs.
 *
 * Promises of every implementation:
 * - A promise returned by a method that writes resolves only after the write is durable (synced). Until then nobody is
 *   answered and no POST begins.
 * - Reads see every write whose promise has resolved.
 * - A lease belongs to whoever got it until `finishAttempt`, `release` or the end of the process. Two leases never hold
 *   the same message. Leases are not durable: after a crash, what had an attempt on record without an outcome is ended
 *   as `uncertain` by `recover`, and all else is `queued` again.
 */
import type { FaultCode } from '../domain/catalogue.ts';
import type {
  AcceptedMessage,
  MessageEvent,
  MessageId,
  MessageState,
  MessageTrail,
  Priority,
  QueuedMessage,
  Way,
} from '../domain/message.ts';
import type { AttemptResult } from '../domain/outcome.ts';

/** Takes the bytes of one message while they arrive. */
export interface BodyWriter {
  /** Bytes written so far. */
  readonly size: number;
  /**
   * Takes the next bytes; the caller must not change them afterwards. Returns nothing to go on at once, or a promise to
   * wait for when the disk is slow (back-pressure). The promise rejects with FaultError `storage-full` or `storage-failed`.
   */
  write(chunk: Uint8Array): Promise<void> | undefined;
  /** Ends the body. Nothing is durable yet: `accept` does that. */
  finish(): Promise<FinishedBody>;
  /** Gives everything back; safe to call at any time, more than once, and after a failed `write`. */
  discard(): Promise<void>;
}

/** A body that `accept` can take, once. Opaque to everybody but the store that made it. */
export interface FinishedBody {
  readonly size: number;
  discard(): Promise<void>;
}

/** The bytes of a stored message: added header fields first, then what the client handed in. */
export interface StoredBody {
  readonly size: number;
  /** All bytes at once; for messages that are small enough for one request. */
  bytes(): Promise<Buffer>;
  /** The bytes from the start, in pieces; may be called again for another attempt. */
  stream(): AsyncIterable<Buffer>;
  /** From an offset on, for what is sent part by part. Not proven by a checksum: `stream` does that, read to its end. */
  streamFrom(offset: number): AsyncIterable<Buffer>;
}

/** Groups of messages that are due, one for each lane, priority and client. Which group goes first is the dispatcher's choice. */
export interface ReadyGroup {
  readonly connector: string;
  readonly sender: string;
  readonly priority: Priority;
  readonly client: string;
}

export interface LeaseRequest extends ReadyGroup {
  readonly now: number;
  readonly limit: number;
}

export interface RerouteRequest {
  readonly connector: string;
  readonly sender?: string;
  readonly now: number;
  readonly limit: number;
}

export interface AttemptStart {
  readonly id: MessageId;
  readonly number: number;
  readonly startedAt: number;
  readonly connector: string;
  readonly sender: string;
  readonly clientRequestId: string;
}

/** What becomes of a message when its attempt ends: the result, and the state that the queue's rules draw from it. */
export interface AttemptEnd {
  readonly id: MessageId;
  readonly number: number;
  readonly finishedAt: number;
  readonly result: AttemptResult;
  readonly next:
    | { readonly state: 'sent' | 'failed' | 'uncertain' }
    | { readonly state: 'queued'; readonly dueAt: number; readonly counts: boolean; readonly maybeSent: boolean };
}

/** A change by a person or a rule, applied to the messages whose state allows it. */
export interface Intervention {
  readonly ids: readonly MessageId[];
  readonly kind: 'hold' | 'release' | 'retry' | 'cancel' | 'expire' | 'reroute';
  readonly by: string;
  readonly at: number;
  readonly detail?: string;
  /** For `reroute`: the way that the messages take from here on, each keeping its old one as the last to fall back on. */
  readonly way?: Way;
  /** For `retry` and `release`: the new end of its lifetime, when the old one has passed. */
  readonly expiresAt?: number;
}

export interface InterventionResult {
  readonly changed: readonly MessageId[];
  /** Left as they were, with the state that did not allow it; `undefined` for an id that is not there. A leased message counts as `sending`. */
  readonly unchanged: readonly { readonly id: MessageId; readonly state: MessageState | undefined }[];
}

export interface MessageQuery {
  readonly states?: readonly MessageState[];
  readonly client?: string;
  readonly connector?: string;
  /** Address of the envelope sender or of a recipient, whole, in any case. */
  readonly address?: string;
  /** Part of the subject, in any case. */
  readonly subject?: string;
  /** Message-ID with or without angle brackets. */
  readonly messageId?: string;
  readonly acceptedFrom?: number;
  readonly acceptedUntil?: number;
  /** Newest first. At most 1,000. */
  readonly limit: number;
  /** Goes on after this id, which came last on the page before. */
  readonly after?: MessageId;
}

/** Which counts of the past are wanted. */
export interface RateQuery {
  /** ms since the epoch; whole minutes, or whole hours where `stepMs` is so. */
  readonly since: number;
  readonly until: number;
  /** A multiple of a minute. Minutes are kept for eight days, hours for 400. */
  readonly stepMs: number;
}

/** How many messages were accepted, and how many attempts ended how, in the step that begins at `start`. */
export interface RateCounts {
  readonly start: number;
  readonly accepted: number;
  readonly sent: number;
  readonly deferred: number;
  readonly failed: number;
  readonly uncertain: number;
}

/** Counts of messages by state. `accepted` is the sum of all others, always. */
export interface Books {
  readonly accepted: number;
  readonly queued: number;
  readonly sending: number;
  readonly held: number;
  readonly sent: number;
  readonly failed: number;
  readonly uncertain: number;
  readonly cancelled: number;
}

export interface QueueDepth {
  readonly connector: string;
  readonly sender: string;
  readonly queued: number;
  /** Acceptance of the oldest message that waits, ms since the epoch. */
  readonly oldestAcceptedAt: number | undefined;
}

/** A connector that is paused, on record so that a restart does not forget it. */
export interface ConnectorPause {
  readonly connector: string;
  readonly pausedAt: number;
  /** A fault of the catalogue, or `operator` when a person paused it. */
  readonly reason: FaultCode | 'operator';
  /** Why, in words, with the service's answer. */
  readonly detail: string;
}

/** An attempt of a message that has failed some of its recipients. */
export interface UntoldRecipients {
  readonly message: QueuedMessage;
  /** Of the attempt. */
  readonly number: number;
}

export interface QueueStore {
  /**
   * Makes a writer for one incoming message.
   * @throws FaultError `storage-full` (the disk has come down to its reserve) or `memory-limit`.
   */
  newBody(): BodyWriter;

  /**
   * Puts a message on record. Resolves when envelope, route and bytes are durable; the body is spent either way.
   * `prefix` holds header fields that were added at submission and goes before the body's bytes.
   * @throws FaultError `storage-full` or `storage-failed`: nothing of it is kept. `idempotency-conflict` when the client has
   *   a message with this Idempotency-Key on record already (it may have come in at the same moment): ask
   *   `findByIdempotencyKey` which one.
   */
  accept(message: AcceptedMessage, prefix: Uint8Array, body: FinishedBody): Promise<void>;

  /** Groups that have at least one message `queued`, due at `now` and not leased. */
  ready(now: number): Promise<readonly ReadyGroup[]>;
  /** The earliest `dueAt` of a `queued` message that is not due yet; `undefined` when there is none. */
  nextDueAt(now: number): Promise<number | undefined>;
  /** Leases up to `limit` due messages of a group, the longest due first. */
  lease(request: LeaseRequest): Promise<readonly QueuedMessage[]>;
  /** Gives leases back without an attempt. */
  release(ids: readonly MessageId[]): Promise<void>;
  /** Is called, at most once a tick, whenever messages may have become ready: accepted, retried, released. */
  onReady(listener: () => void): void;

  /**
   * Puts an attempt on record, before its POST. The message is `sending` from then on.
   * @throws Error when the message is not leased. FaultError `storage-full` or `storage-failed`: no POST may begin; the
   *   lease is still held.
   */
  beginAttempt(start: AttemptStart): Promise<void>;
  /** Puts its outcome on record and ends the lease. Waits as long as the disk refuses: an outcome is never given up. */
  finishAttempt(end: AttemptEnd): Promise<void>;

  /** Messages that are `sending` without anybody sending them, because the process that did has died. Called once, at start. */
  orphanedAttempts(): Promise<readonly QueuedMessage[]>;
  /** Messages `queued` whose lifetime has ended by `now`, whose connector is neither paused on record nor among `exceptConnectors`, and that nobody has leased. */
  expired(now: number, exceptConnectors: readonly string[], limit: number): Promise<readonly QueuedMessage[]>;

  /** Messages `failed` since a time on whose trail no notice stands after that, oldest first: a crash may have come between. */
  untoldFailures(since: number, limit: number): Promise<readonly QueuedMessage[]>;
  /** The same of attempts that have failed single recipients for good and not the message. */
  untoldRecipients(since: number, limit: number): Promise<readonly UntoldRecipients[]>;

  /**
   * Messages `queued` and due by `now` that wait for this connector (as this sender, where one is named), are not leased,
   * have another way to take and were never perhaps sent. The longest due first.
   */
  rerouteable(request: RerouteRequest): Promise<readonly QueuedMessage[]>;

  intervene(intervention: Intervention): Promise<InterventionResult>;
  /** Adds a line to a message's trail without changing it. */
  note(id: MessageId, event: MessageEvent): Promise<void>;

  pauseConnector(pause: ConnectorPause): Promise<void>;
  /** Ends a pause and moves the lifetime of the connector's unfinished messages on by the time that each has stood still. */
  resumeConnector(connector: string, resumedAt: number): Promise<void>;
  pauses(): Promise<readonly ConnectorPause[]>;

  /** @throws FaultError `not-found` when the message or its bytes are no longer kept. */
  openBody(id: MessageId): Promise<StoredBody>;
  trail(id: MessageId): Promise<MessageTrail | undefined>;
  list(query: MessageQuery): Promise<readonly QueuedMessage[]>;
  /** The same, ids alone. */
  listIds(query: MessageQuery): Promise<readonly MessageId[]>;
  /** How many messages a query finds, whatever its page; counts no further than `most`. */
  count(query: MessageQuery, most: number): Promise<number>;
  /** Every step from `since` on, the oldest first; quiet ones are zeros. */
  rates(query: RateQuery): Promise<readonly RateCounts[]>;
  findByIdempotencyKey(client: string, key: string): Promise<QueuedMessage | undefined>;
  books(): Promise<Books>;
  depth(): Promise<readonly QueueDepth[]>;
  /** Messages and recipients accepted from a client since a time, for its quota. */
  acceptedSince(client: string, since: number): Promise<{ readonly messages: number; readonly recipients: number }>;
  /** Recipients of messages that this connector sent as this mailbox since a time, for the daily limit. */
  recipientsSentSince(connector: string, sender: string, since: number): Promise<number>;

  /** Syncs what is open and lets go of the files. */
  close(): Promise<void>;
}
