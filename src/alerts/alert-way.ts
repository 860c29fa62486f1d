/** A way out for alerts, and what is said by it. */
import type { Alert, AlertKind } from '../domain/alert.ts';
import type { AlertText } from '../domain/alert-text.ts';

/** An alert as it is told. */
export interface ToldAlert {
  /** The same at every attempt, so that whoever gets it twice can tell. */
  readonly id: string;
  /** ms since the epoch. */
  readonly at: number;
  /** Name of the server that tells it. */
  readonly host: string;
  readonly alert: Alert;
  readonly text: AlertText;
  /** The console's screen for it, where the console has an address. */
  readonly link?: string;
  /** The same came so many times more since then, and was kept back. */
  readonly again?: { readonly more: number; readonly since: number };
}

/** `why` and `answer` never hold the way's secrets. */
export type WayAnswer =
  | { readonly taken: true; readonly answer: string }
  | { readonly taken: false; readonly why: string; readonly retryAfterMs?: number };

export interface AlertWay {
  readonly name: string;
  readonly kind: 'webhook' | 'connector' | 'smtp';
  readonly events: readonly AlertKind[];
  readonly quietMs: number;
  /** The connector that it goes by; it is of no use for alerts about that one. */
  readonly dependsOn?: string;
  /** Never rejects. */
  send(told: ToldAlert): Promise<WayAnswer>;
  close(): Promise<void>;
}
