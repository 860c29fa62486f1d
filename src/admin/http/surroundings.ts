/** What the console is given of the server around it. Nothing in here holds a secret. */

import type { FastifyRequest } from 'fastify';
import type { Alert, AlertWayStanding, AlertWayTest } from '../../domain/alert.ts';
import type { Redaction } from '../../domain/message.ts';
import type { Clock, Logger } from '../../domain/ports.ts';
import type { RedactionFacts } from '../../policy/redaction.ts';
import type { TrialGate } from '../../policy/route-trial.ts';
import type { RouteRule } from '../../policy/routes.ts';
import type { BulkActions } from '../bulk-actions.ts';
import type { LocalOperator } from '../operator.ts';
import type { Assistant } from './assistant-port.ts';
import type { AuditTrail } from './audit-trail.ts';
import type { SettingsDesk } from './settings-port.ts';
import type { SigningIn } from './signing-in.ts';

/** A connector as it is configured. */
export interface ConnectorView {
  readonly name: string;
  readonly kind: 'graph' | 'smtp-oauth' | 'smtp';
  /** Absent for a smart host, like the two below. */
  readonly cloud?: string;
  readonly oauthClientId?: string;
  readonly tenantId?: string;
  /** Host and port of a smart host. */
  readonly server?: string;
  readonly userName: string;
  readonly credential: 'secret' | 'certificate' | 'federated' | 'managed-identity' | 'password' | 'none';
  /** End of the certificate, ms since the epoch; when a secret ends stands in Entra alone. */
  readonly credentialEndsAt: number | undefined;
  /** What becomes of mail over about 3 MB; of Graph alone. */
  readonly largeMessages?: 'refuse' | 'smtp-oauth' | 'upload';
  readonly uncertain: 'retry' | 'hold';
  /** Undefined: unlimited. */
  readonly limits:
    | { readonly concurrency: number; readonly messagesPerMinute: number; readonly recipientsPerDay: number }
    | undefined;
}

/** A client as it is configured. */
export interface ClientView {
  readonly name: string;
  readonly login: string | undefined;
  readonly hasApiKey: boolean;
  /** Until when a password or key of before is taken as well, ISO 8601; may have passed. */
  readonly previousPasswordUntil: string | undefined;
  readonly previousApiKeyUntil: string | undefined;
  readonly addresses: readonly string[];
  /** Undefined: the system account of its connector alone. */
  readonly senders: readonly string[] | undefined;
  readonly priority: string;
  readonly connector: string | undefined;
  readonly quota: Readonly<Record<string, number>>;
}

/** A route as it is configured; `when` in words of the configuration. */
export interface RouteView {
  readonly name: string;
  readonly when: readonly { readonly what: string; readonly is: readonly string[] }[];
  readonly connector: string | undefined;
  /** In place of `connector`: the first, and those to fall back on. */
  readonly connectors: readonly string[] | undefined;
  /** ms that a way has to be closed before the next one is taken. */
  readonly fallBackAfter: number;
  readonly sender: string | undefined;
  /** In place of `sender`: mailboxes that share the mail. */
  readonly senders: readonly string[] | undefined;
  readonly form: string;
  readonly saveToSentItems: boolean;
  readonly fromHeader: string;
  readonly hold: boolean;
}

/** How a listener wants to be talked to. */
export interface ListenerWishes {
  readonly tls: 'none' | 'starttls' | 'implicit';
  /** Whether somebody can log in there, or has to be known by address. */
  readonly login: boolean;
}

/** One check that has ended. */
export interface CheckView {
  readonly id: string;
  readonly statement: string;
  readonly state: 'pass' | 'warn' | 'fail' | 'unknown';
  readonly evidence: readonly string[];
  readonly remedy?: string;
  /** Where the remedy is carried out. */
  readonly link?: string;
  readonly row?: string;
  readonly durationMs: number;
}

/** The last run of a connector's checks. */
export interface LastChecks {
  readonly connector: string;
  /** ms since the epoch. */
  readonly at: number;
  readonly states: Readonly<Record<string, CheckView['state']>>;
  /** What was the most urgent, in a sentence; absent when nothing was. */
  readonly first?: string | undefined;
}

export interface CheckOrder {
  readonly connector: string;
  readonly forbidden: string | undefined;
  readonly send: boolean;
  readonly signal: AbortSignal;
  readonly told: (check: CheckView) => void;
}

/** One alert and what a way did with it. */
export interface ToldView {
  /** ms since the epoch. */
  readonly at: number;
  readonly way: string;
  readonly state: 'waiting' | 'told' | 'given-up';
  /** What the way answered last. */
  readonly answer: string;
  readonly alert: Alert;
}

/** Who is told when mail does not go out. */
export interface AlertsView {
  standing(): readonly AlertWayStanding[];
  /** The newest first. */
  recent(most: number): readonly ToldView[];
  test(by: string, way: string | undefined): Promise<readonly AlertWayTest[]>;
}

/** The server behind the console. */
export interface ConsoleServer {
  readonly operator: LocalOperator;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  readonly connectors: readonly ConnectorView[];
  readonly clients: readonly ClientView[];
  readonly routes: readonly RouteView[];
  /** Undefined for a listener that takes no mail. */
  listenerWishes(name: string): ListenerWishes | undefined;
  /** What takes mail in, and the rules that it goes by: asked which way a message would go. */
  readonly gate: TrialGate;
  readonly routeRules: readonly RouteRule[];
  /** What may be changed here; absent where the configuration is fixed as a whole. */
  readonly settings: SettingsDesk | undefined;
  /** How long what is kept, ms, and the rules of redaction in words of the configuration. */
  readonly keeping: {
    readonly bodiesMs: number;
    readonly failedBodiesMs: number;
    readonly historyMs: number;
    readonly expireAfterMs: number;
    readonly redaction: { readonly name: string; readonly when: string; readonly deletes: boolean }[];
  };
  /** Which rule keeps the content of such a message from being shown. */
  redactionOf(facts: RedactionFacts): Redaction | undefined;
  readonly alerts: AlertsView;
  /** Sets Microsoft 365 up. */
  readonly assistant: Assistant;
  /** Statements of the checks, for a list before they run. */
  readonly checks: readonly { readonly id: string; readonly statement: string }[];
  /** How long each credential is good for, as far as is known without asking anybody. */
  credentials(): readonly {
    readonly connector: string;
    /** ms since the epoch, like the next. */
    readonly endsAt?: number;
    /** When it will be renewed by itself; absent where it will not. */
    readonly renewsAt?: number;
  }[];
  /** What the checks said last, for each connector that they have run for. */
  lastChecks(): readonly LastChecks[];
  runChecks(order: CheckOrder): Promise<void>;
  /** A zip file for whoever helps from afar; no secret is in it. */
  supportBundle(): Promise<Uint8Array>;
  /** What ships, and under which licences. */
  licences(): readonly { readonly name: string; readonly version: string; readonly licence: string }[];
  /** Free bytes of the disk that holds the data folder, and how many of them acceptance leaves alone. */
  disk(): Promise<{ readonly freeBytes: number; readonly reserveBytes: number }>;
}

/** All that a group of routes may use. */
export interface RouteParts extends SigningIn {
  readonly server: ConsoleServer;
  readonly audit: AuditTrail;
  readonly bulk: BulkActions;
  /** Where Entra sends a browser back to, as whoever asks sees this console. */
  redirectUri(request: FastifyRequest): string;
}
