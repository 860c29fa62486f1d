/**
 * The topic of an alert: two alerts of one topic say the same, and the second is kept back for a time. Topics read from the
 * general to the particular, so that what belongs to a connector has a common beginning.
 */
import type { Alert } from '../domain/alert.ts';
import { type FaultCode, isFaultCode } from '../domain/catalogue.ts';

export function alertTopic(alert: Alert): string {
  switch (alert.kind) {
    case 'credential-ends':
      // By the day: whoever looks at it twice may read the end in the file and in Entra.
      return `${alert.kind}:${alert.connector}:${new Date(alert.endsAt).toISOString().slice(0, 10)}:${alert.mark}`;
    case 'connector-paused':
      return `${alert.kind}:${alert.connector}:${alert.reason}`;
    case 'check-failed':
      return `${alert.kind}:${alert.connector}:${alert.check}`;
    case 'connector-resumed':
    case 'renewal-failed':
    case 'queue-old':
    case 'queue-deep':
      return `${alert.kind}:${alert.connector}:`;
    case 'disk-low':
      return `${alert.kind}:${alert.folder}:${alert.freeBytes <= alert.reserveBytes ? 'full' : 'low'}`;
    case 'message-failed':
    case 'uncertain-held':
      return `${alert.kind}:`;
    case 'test':
      return `${alert.kind}:${alert.by}:`;
  }
}

/** The connector that an alert is about; a way that goes by it is of no use then. */
export function connectorOf(alert: Alert): string | undefined {
  return 'connector' in alert ? alert.connector : undefined;
}

/** Two of one topic as one: digests add up, and of all else the newer one holds. */
export function merged(older: Alert, newer: Alert): Alert {
  if (
    (older.kind !== 'message-failed' && older.kind !== 'uncertain-held') ||
    (newer.kind !== 'message-failed' && newer.kind !== 'uncertain-held')
  )
    return newer;
  const faults: Partial<Record<FaultCode, number>> = { ...older.faults };
  for (const [fault, count] of Object.entries(newer.faults))
    if (isFaultCode(fault)) faults[fault] = (faults[fault] ?? 0) + count;
  return {
    ...newer,
    count: older.count + newer.count,
    since: Math.min(older.since, newer.since),
    faults,
    messages: [...older.messages, ...newer.messages].slice(0, 10),
  };
}
