/**
 * Alerts: what an administrator must hear of without looking. Any part may raise one; `src/alerts` says it once, by ways
 * out that do not depend on what has failed.
 *
 * An alert never holds a secret, an address of a recipient, a subject or a byte of a message.
 */
import type { FaultCode } from './catalogue.ts';
import type { MessageId } from './message.ts';

export const alertKinds = [
  'credential-ends',
  'connector-paused',
  'connector-resumed',
  'check-failed',
  'renewal-failed',
  'message-failed',
  'uncertain-held',
  'queue-old',
  'queue-deep',
  'disk-low',
  'test',
] as const;
export type AlertKind = (typeof alertKinds)[number];

/** Days before its end at which a credential is warned of; 0: it has ended. */
export const credentialMarks = [30, 14, 7, 1, 0] as const;
export type CredentialMark = (typeof credentialMarks)[number];

/** Times are ms since the epoch, lengths of time ms. */
export type Alert =
  | {
      readonly kind: 'credential-ends';
      readonly connector: string;
      readonly credential: 'client secret' | 'certificate';
      readonly endsAt: number;
      readonly mark: CredentialMark;
      /** It will be renewed by itself; a person needs to do nothing yet. */
      readonly renewsItself?: boolean;
    }
  | {
      readonly kind: 'connector-paused';
      readonly connector: string;
      /** A fault of the catalogue, or `operator` when a person paused it. */
      readonly reason: FaultCode | 'operator';
      /** In words, with the service's answer. */
      readonly detail: string;
    }
  | { readonly kind: 'connector-resumed'; readonly connector: string; readonly detail: string }
  | {
      readonly kind: 'check-failed';
      readonly connector: string;
      /** Id of the check. */
      readonly check: string;
      readonly sentence: string;
      readonly remedy: string;
    }
  | {
      readonly kind: 'renewal-failed';
      readonly connector: string;
      readonly why: string;
      /** When the credential in use ends, where it is known. */
      readonly endsAt?: number;
    }
  /** A digest: many failures are one alert. */
  | {
      readonly kind: 'message-failed' | 'uncertain-held';
      readonly count: number;
      readonly since: number;
      /** How many of each fault. */
      readonly faults: Readonly<Partial<Record<FaultCode, number>>>;
      /** The first of them, 10 at most. */
      readonly messages: readonly MessageId[];
    }
  | { readonly kind: 'queue-old'; readonly connector: string; readonly oldestMs: number; readonly waiting: number }
  | { readonly kind: 'queue-deep'; readonly connector: string; readonly waiting: number; readonly limit: number }
  | {
      readonly kind: 'disk-low';
      readonly folder: string;
      readonly freeBytes: number;
      /** At so many free bytes no more mail is accepted. */
      readonly reserveBytes: number;
    }
  | { readonly kind: 'test'; readonly by: string };

/** What an alert can be about that gets well again by itself, by kind. */
export type SettledKind = 'check-failed' | 'queue-old' | 'queue-deep' | 'disk-low';

/** Takes alerts, and never throws: whoever raises one has other work to do. */
export interface AlertSink {
  raise(alert: Alert): void;
}

/** Where alerts are kept back and told. */
export interface AlertDesk extends AlertSink {
  /** What was told of a connector or folder is no longer so: what is kept back of it is dropped, and not told late. */
  settled(kind: SettledKind, subject: string): void;
}

/** How a way out for alerts stands, for status and metrics. */
export interface AlertWayStanding {
  readonly way: string;
  readonly kind: 'webhook' | 'connector' | 'smtp';
  /** Alerts that it has not taken yet. */
  readonly waiting: number;
  /** Why it does not take them; absent while it does. */
  readonly failing?: string;
}

/** What came of a test alert. */
export interface AlertWayTest {
  readonly way: string;
  readonly taken: boolean;
  /** What the way answered, or why it did not. */
  readonly answer: string;
}

const dayMs = 86_400_000;

/** The last mark that a credential has passed; undefined while more than 30 days are left. */
export function credentialMarkOf(endsAt: number, now: number): CredentialMark | undefined {
  const daysLeft = (endsAt - now) / dayMs;
  return credentialMarks.findLast((mark) => daysLeft <= mark);
}
