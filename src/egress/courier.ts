/**
 * A courier takes one message to one service, once. It knows nothing of queues, retries or lanes: it reports what the
 * attempt came to, and the queue draws the conclusion.
 */
import type { QueuedMessage } from '../domain/message.ts';
import type { AttemptResult } from '../domain/outcome.ts';

/** The bytes of a message; they can be read again for each attempt. */
export interface DeliveredBody {
  readonly size: number;
  /** All at once; for messages that are small enough for one request. */
  bytes(): Promise<Buffer>;
  /** From the start, in pieces. A damaged body ends in an error before its last piece. */
  stream(): AsyncIterable<Buffer>;
}

/** As it lies in the store. */
export interface RereadBody extends DeliveredBody {
  /** From an offset on, for what is sent part by part. Not proven by a checksum: `stream` has done that before. */
  streamFrom(offset: number): AsyncIterable<Buffer>;
}

export interface Delivery {
  /** Its envelope names those alone for whom this attempt is. */
  readonly message: QueuedMessage;
  /** Bytes of the whole message; asked for again on each attempt, so that a retry never posts an empty body. */
  bytes(): Promise<Buffer>;
  /** The same, for messages that must not stand in memory as a whole. */
  body(): Promise<RereadBody>;
  /** UUID of this attempt. */
  readonly clientRequestId: string;
  /** Aborted when a drain's deadline has passed: an attempt whose bytes are out then ends `uncertain`. */
  readonly signal: AbortSignal;
}

export interface Courier {
  /** Never rejects: whatever goes wrong is an outcome. */
  send(delivery: Delivery): Promise<AttemptResult>;
  /** Largest message that it can take, in bytes; asked before acceptance, so that a client is told at once. */
  readonly maxMessageBytes: number;
  /** Most recipients it can take in one message. */
  readonly maxRecipients: number;
  /** Lets connections go. */
  close(): Promise<void>;
}
