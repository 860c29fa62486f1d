/** What the store asks of the index's thread, and what comes back: plain values that can be posted. */
import type { MessageId, MessageState } from '../../../domain/message.ts';
import type {
  Books,
  Intervention,
  InterventionResult,
  LeaseRequest,
  MessageQuery,
  QueueDepth,
  RateCounts,
  RateQuery,
  ReadyGroup,
  RerouteRequest,
} from '../../../queue/store.ts';
import type { FedGroup } from '../journal.ts';
import type { BodyFile, CarriedRecord, ConnectorStanding } from '../records.ts';
import type { Damage } from '../segment-scan.ts';

/** A message: what it was accepted with, its two parts as JSON, and what has changed since. */
export type MessageRow = readonly [
  id: MessageId,
  acceptedAt: number,
  subject: string,
  own: string,
  shared: string,
  state: MessageState,
  dueAt: number,
  expiresAt: number,
  countedAttempts: number,
  attempts: number,
  maybeSent: boolean,
  changedAt: number,
  lastFault: string | undefined,
];

export interface TrailRows {
  readonly message: MessageRow;
  readonly attempts: readonly { readonly started: string; readonly ended: string | undefined }[];
  readonly events: readonly string[];
}

/** Where the bytes of a message are. */
export interface BodyPlace {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
  readonly file: BodyFile | undefined;
}

export interface SweepRequest {
  readonly now: number;
  readonly keepSentBodiesMs: number;
  readonly keepFailedBodiesMs: number;
  /** Segments from this one on are left alone: it is written to. */
  readonly head: number;
  /** Sizes of the segments below the head, in bytes, oldest first. */
  readonly segments: readonly { readonly number: number; readonly size: number }[];
  readonly carryBelow: number;
}

export interface SweepResult {
  /** Segments whose messages are final, past retention and durable in the index. */
  readonly removable: readonly number[];
  /** Body files that are no longer needed. */
  readonly files: readonly string[];
  /** Messages that alone keep the oldest segment; claimed until they are carried or given back. */
  readonly carry: readonly CarryItem[];
}

export interface CarryItem {
  readonly place: BodyPlace;
  readonly record: CarriedRecord;
}

export interface IndexCalls {
  ready: { input: { readonly now: number }; output: readonly ReadyGroup[] };
  nextDueAt: { input: { readonly now: number }; output: number | undefined };
  lease: { input: LeaseRequest; output: readonly MessageRow[] };
  release: { input: { readonly ids: readonly MessageId[] }; output: undefined };
  orphans: { input: Readonly<Record<string, never>>; output: readonly MessageRow[] };
  expired: {
    input: { readonly now: number; readonly exceptConnectors: readonly string[]; readonly limit: number };
    output: readonly MessageRow[];
  };
  rerouteable: { input: RerouteRequest; output: readonly MessageRow[] };
  untold: { input: { readonly since: number; readonly limit: number }; output: readonly MessageRow[] };
  untoldRecipients: {
    input: { readonly since: number; readonly limit: number };
    output: readonly { readonly row: MessageRow; readonly number: number }[];
  };
  plan: { input: Intervention; output: InterventionResult };
  locate: { input: { readonly id: MessageId }; output: BodyPlace | undefined };
  trail: { input: { readonly id: MessageId }; output: TrailRows | undefined };
  list: { input: MessageQuery; output: readonly MessageRow[] };
  listIds: { input: MessageQuery; output: readonly MessageId[] };
  rates: { input: RateQuery; output: readonly RateCounts[] };
  forget: {
    input: { readonly now: number; readonly keepHistoryMs: number };
    output: { readonly forgotten: number; readonly more: boolean };
  };
  byKey: { input: { readonly client: string; readonly key: string }; output: MessageRow | undefined };
  books: { input: Readonly<Record<string, never>>; output: Books };
  depth: { input: Readonly<Record<string, never>>; output: readonly QueueDepth[] };
  acceptedSince: {
    input: { readonly client: string; readonly since: number };
    output: { readonly messages: number; readonly recipients: number };
  };
  recipientsSentSince: {
    input: { readonly connector: string; readonly sender: string; readonly since: number };
    output: number;
  };
  sweep: { input: SweepRequest; output: SweepResult };
  close: { input: Readonly<Record<string, never>>; output: undefined };
}

export type IndexOperation = keyof IndexCalls;

/** A question in one object, as it is posted. */
export interface Question<K extends IndexOperation = IndexOperation> {
  readonly number: number;
  readonly operation: K;
  readonly input: IndexCalls[K]['input'];
}

/** The first word says the folder; before it nothing is read, since somebody else may have the folder. */
export type ToIndex = { readonly open: string } | { readonly ask: Question } | { readonly feed: FedGroup };

/** What was found at start. */
export interface Recovered {
  /** Number and end of the newest segment; 0 and 0 when there was none. */
  readonly lastSegment: number;
  readonly lastEnd: number;
  /** The newest segment has bytes after its end that do not count. */
  readonly torn: boolean;
  /** The newest segment has no header: it was being made when the process died, and holds nothing. */
  readonly headless: boolean;
  readonly damages: readonly Damage[];
  /** Records that the index did not have yet. */
  readonly replayed: number;
  /** Why the index was made anew from the journal; absent when it was not. */
  readonly rebuilt?: string;
  readonly standings: readonly ConnectorStanding[];
  /** Names of body files that messages refer to. */
  readonly bodyFiles: readonly string[];
  /** Things an operator should know. */
  readonly remarks: readonly string[];
}

/** Any answer. `never` lets each asker take it as what its own question is answered with. */
type IndexAnswer = IndexCalls[IndexOperation]['output'];

export type FromIndex =
  | { readonly answer: number; readonly value: IndexAnswer }
  | { readonly failed: number; readonly sentence: string }
  /** Records applied since the last such word. */
  | { readonly applied: number }
  | { readonly remark: string }
  | { readonly started: Recovered }
  | { readonly refused: string };
