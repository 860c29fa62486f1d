/**
 * What a lane may do, as Microsoft documents it (https://learn.microsoft.com/graph/throttling-limits and
 * https://learn.microsoft.com/office365/servicedescriptions/exchange-online-service-description/exchange-online-limits).
 */

export interface LaneLimits {
  /** Attempts in flight. */
  readonly concurrency: number;
  readonly messagesPerMinute: number;
  readonly requestsPer10Minutes: number;
  /** Bytes of request bodies, base64 included. */
  readonly uploadBytesPer5Minutes: number;
  /** In any 24 hours; kept over a restart. */
  readonly recipientsPerDay: number;
}

export const documentedLimits: LaneLimits = {
  concurrency: 4,
  messagesPerMinute: 30,
  requestsPer10Minutes: 10_000,
  uploadBytesPer5Minutes: 150 * 1024 * 1024,
  recipientsPerDay: 10_000,
};

/** For tests, measurements and services without limits: as much at once as one process can usefully have under way. */
export const unlimited: LaneLimits = {
  concurrency: 64,
  messagesPerMinute: Number.POSITIVE_INFINITY,
  requestsPer10Minutes: Number.POSITIVE_INFINITY,
  uploadBytesPer5Minutes: Number.POSITIVE_INFINITY,
  recipientsPerDay: Number.POSITIVE_INFINITY,
};
