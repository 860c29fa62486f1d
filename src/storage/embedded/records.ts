/**
 * What the journal's records say. Each record has a number for its type, a JSON part, and for some a body.
 *
 * A type's number and fields are part of the format on disk: a new meaning gets a new type, and no field changes what it
 * means. Fields may be added, as optional ones.
 */
import type { AcceptedMessage, Attempt, MessageEvent, MessageId, MessageState } from '../../domain/message.ts';
import type { AttemptEnd, AttemptStart, ConnectorPause, Intervention } from '../../queue/store.ts';
import { packAccepted, unpackAccepted } from './packed-message.ts';

/** A body with a file of its own. The record's own body part then holds the header fields that go before it. */
export type BodyFile = {
  /** Name within `bodies/`. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
} & (
  | {
      /** Sum of all its bytes (body-sum.ts), as it is written since format 3. */
      readonly sum: string;
    }
  | {
      /** crc32 of all its bytes. */
      readonly crc: number;
    }
);

export interface AcceptedRecord {
  readonly message: AcceptedMessage;
  readonly file?: BodyFile;
}

/** A connector's pause, and how long it stood still in all its pauses before; see connector-clock.ts. */
export interface ConnectorStanding {
  readonly connector: string;
  readonly stillMs: number;
  readonly pause?: ConnectorPause;
}

/** A message as it stood when it was carried forward out of an old segment, with its whole trail. */
export interface CarriedRecord extends AcceptedRecord {
  readonly standing: {
    readonly state: MessageState;
    readonly dueAt: number;
    readonly expiresAt: number;
    readonly stillAt: number;
    readonly countedAttempts: number;
    readonly attempts: number;
    readonly maybeSent: boolean;
    readonly changedAt: number;
    readonly lastFault?: string;
  };
  readonly attempts: readonly Attempt[];
  readonly events: readonly MessageEvent[];
}

export type RecordContent =
  | { readonly type: 'accepted'; readonly data: AcceptedRecord }
  | { readonly type: 'attempt'; readonly data: AttemptStart }
  | { readonly type: 'outcome'; readonly data: AttemptEnd }
  | { readonly type: 'intervened'; readonly data: Intervention }
  | { readonly type: 'note'; readonly data: { readonly id: MessageId; readonly event: MessageEvent } }
  | { readonly type: 'paused'; readonly data: ConnectorPause }
  | { readonly type: 'resumed'; readonly data: { readonly connector: string; readonly resumedAt: number } }
  | { readonly type: 'carried'; readonly data: CarriedRecord }
  /** First record of a segment: the pauses as they stand, so that the segments before it can go. */
  | { readonly type: 'standing'; readonly data: { readonly connectors: readonly ConnectorStanding[] } }
  /** Last record of a clean stop: proves that all before it was synced. */
  | { readonly type: 'closed'; readonly data: Readonly<Record<string, never>> };

export type RecordType = RecordContent['type'];

const recordNumbers = {
  accepted: 1,
  attempt: 2,
  outcome: 3,
  intervened: 4,
  note: 5,
  paused: 6,
  resumed: 7,
  carried: 8,
  standing: 9,
  closed: 10,
} as const satisfies Record<RecordType, number>;

/** An acceptance in its short form (packed-message.ts), as it is written since format 2. */
const packedAccepted = 11;

/** The number of a record's type, and its JSON part. */
export function writeContent(content: RecordContent): { readonly type: number; readonly json: string } {
  return content.type === 'accepted'
    ? { type: packedAccepted, json: JSON.stringify(packAccepted(content.data)) }
    : { type: recordNumbers[content.type], json: JSON.stringify(content.data) };
}

/** Reads a record's JSON part. The checksum has proved that these are the bytes that this program wrote. */
export function readContent(typeNumber: number, json: string): RecordContent | undefined {
  switch (typeNumber) {
    case packedAccepted:
      return { type: 'accepted', data: unpackAccepted(JSON.parse(json)) };
    case recordNumbers.accepted:
      return { type: 'accepted', data: JSON.parse(json) };
    case recordNumbers.attempt:
      return { type: 'attempt', data: JSON.parse(json) };
    case recordNumbers.outcome:
      return { type: 'outcome', data: JSON.parse(json) };
    case recordNumbers.intervened:
      return { type: 'intervened', data: JSON.parse(json) };
    case recordNumbers.note:
      return { type: 'note', data: JSON.parse(json) };
    case recordNumbers.paused:
      return { type: 'paused', data: JSON.parse(json) };
    case recordNumbers.resumed:
      return { type: 'resumed', data: JSON.parse(json) };
    case recordNumbers.carried:
      return { type: 'carried', data: JSON.parse(json) };
    case recordNumbers.standing:
      return { type: 'standing', data: JSON.parse(json) };
    case recordNumbers.closed:
      return { type: 'closed', data: JSON.parse(json) };
    default:
      return undefined;
  }
}
