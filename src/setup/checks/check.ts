/**
 * A check is one statement about the set-up that can be proven: what was asked, what answered, and what to do. The checks
 * run in an order in which the first that fails is the cause: what rests on it is not looked at, and says so.
 */

import type { Cloud } from '../../microsoft/clouds.ts';
import type { Connections } from '../../microsoft/connections.ts';
import type { Portals } from '../../microsoft/portals.ts';
import type { TokenRefusal } from '../../microsoft/token-error.ts';
import type { Credential } from '../../microsoft/token-source.ts';
import type { LaneLimits } from '../../queue/lane-limits.ts';
import type { Cmdlets } from '../limit/run-plan.ts';
import type { ExchangeToken } from './exchange-token.ts';
import type { OpenFile } from './private-files.ts';
import type { DnsLookup } from './sender-domain.ts';

/** `unknown`: it could not be looked at, and the evidence says why. */
export type CheckState = 'pass' | 'warn' | 'fail' | 'unknown';

export interface CheckResult {
  readonly state: CheckState;
  /** What was asked and what answered, with the service's request ids. */
  readonly evidence: readonly string[];
  /** What to do; for everything but `pass`. */
  readonly remedy?: string;
  /** Where it is done: a deep link into the portal of the connector's cloud. */
  readonly link?: string;
  /** Not known, and right all the same: nobody has to be told of it every day. */
  readonly mayStayOpen?: true;
  /** A change that was made may not have reached Graph yet: asking again later may give another answer. */
  readonly mayStillCome?: true;
  /** The same for what comes within so many ms or not at all: a credential or an app that was made just now. */
  readonly comesWithinMs?: number;
}

/** What is looked at: one connector. */
export interface CheckedConnector {
  readonly name: string;
  readonly kind: 'graph' | 'smtp-oauth';
  readonly cloud: Cloud;
  readonly tenantId: string;
  readonly clientId: string;
  /** The system account. */
  readonly userName: string;
  readonly credential: Credential;
  /** Whether the connector looks into Sent Items, which needs a permission of its own. */
  readonly readsSentItems: boolean;
  /** Whether mail that is too large for Graph goes by SMTP with the same registration. */
  readonly largeMailBySmtp: boolean;
  /** Whether it goes by a draft and upload sessions, which needs a permission of its own. */
  readonly largeMailByUpload: boolean;
  /** Origin where Exchange takes cmdlets. */
  readonly exchangeAdmin: string;
  readonly limits: LaneLimits;
  /** Whether it may renew its client secret by itself, which needs a permission of its own. */
  readonly renewsItself: boolean;
  /** End of the client secret as a person has noted it, ms since the epoch. */
  readonly secretEndsAt?: number;
  readonly portals: Portals;
  /** URL of the proxy on the way; may hold a password. */
  readonly proxy?: string;
  /** PEM of further authorities to trust. */
  readonly ca?: string;
}

export interface CheckWishes {
  /** Mailboxes that the app must not be able to use. */
  readonly forbidden: readonly string[];
  /** Sends a real message from the system account to itself. */
  readonly send: boolean;
  /** How long it may take to arrive, in ms. Default: a minute. */
  readonly arrivesWithinMs?: number;
  /** Who gets it instead. */
  readonly sendTo?: string;
  /** Looks into DNS for the sender's domain. */
  readonly dns?: boolean;
}

/** What checks learn, for those behind them. */
export interface CheckFindings {
  token?: string;
  /** Why there is no token. */
  refusal?: TokenRefusal;
  /** App roles of the token. */
  roles?: readonly string[];
  /** Object ID of the enterprise application, as the token has it. */
  servicePrincipalId?: string;
  /** Primary address of the system account, where it is known. */
  primaryAddress?: string;
  /** The app's token for Exchange, asked for once. */
  exchangeToken?: Promise<ExchangeToken>;
  /** Cmdlets of Exchange that the app itself may run. */
  exchange?: Cmdlets;
  /** The real message: its subject, and the part of it by which it and a report of it are found in the inbox. */
  sent?: { readonly subject: string; readonly mark: string };
}

/** What Exchange said when an administrator was signed in for the checks. */
export interface LastAsked {
  /** ms since the epoch. */
  readonly at: number;
  readonly answers: readonly {
    readonly id: string;
    readonly state: CheckState;
    readonly evidence: string;
    readonly remedy?: string | undefined;
  }[];
}

export interface CheckContext {
  readonly connector: CheckedConnector;
  readonly wishes: CheckWishes;
  readonly findings: CheckFindings;
  readonly connections: Connections;
  readonly dns: DnsLookup;
  /** Cmdlets of Exchange, while an administrator is signed in. Checks ask by `cmdletsOf`: the app may have its own. */
  readonly exchange?: Cmdlets;
  /** What Exchange said to an administrator before; absent where nobody has asked. */
  readonly lastAsked?: LastAsked;
  /** Files with keys and secrets that others on this machine may read; absent where nobody has looked. */
  readonly openFiles?: readonly OpenFile[];
  readonly pause: (ms: number) => Promise<void>;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly newId: () => string;
  readonly signal?: AbortSignal;
}

export interface Check {
  /** Stable name, for programs. */
  readonly id: string;
  /** The statement that holds when it passes. */
  readonly statement: string;
  /** Row of the set-up manual that it stands for, where it has one. */
  readonly row?: string;
  /** Checks that must have passed, or at most warned, before it makes sense. */
  readonly needs: readonly string[];
  /** Kinds of connector that it is about. Default: both. */
  readonly kinds?: readonly CheckedConnector['kind'][];
  /** Not run at all unless this says so. */
  readonly wanted?: (context: CheckContext) => boolean;
  /** Where its remedy is carried out. */
  readonly link?: (context: CheckContext, result: CheckResult) => string | undefined;
  run(context: CheckContext): Promise<CheckResult>;
}
