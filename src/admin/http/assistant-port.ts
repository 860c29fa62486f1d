/** What the console's interface needs of whoever sets Microsoft 365 up: work that takes long, plans, and consent. */
import type { Recorder } from './settings-port.ts';
import type { CheckView } from './surroundings.ts';

export interface JobLine {
  /** ms since the epoch. */
  readonly at: number;
  readonly state: 'yes' | 'no' | 'waits' | 'info';
  readonly text: string;
  /** Row of the set-up manual that it stands for, where it has one. */
  readonly row?: string;
  /** What was asked, and what answered. */
  readonly evidence?: readonly string[];
}

export interface JobView {
  readonly id: string;
  readonly kind: JobOrder['kind'];
  readonly connector: string;
  readonly by: string;
  readonly state: 'running' | 'done' | 'failed' | 'stopped';
  readonly lines: readonly JobLine[];
  /** Where an administrator signs in while it waits for that, and with which code; without one, the browser comes back. */
  readonly signIn: { readonly url: string; readonly code?: string } | undefined;
  /** What it is about to do, while it waits for a yes or no. */
  readonly asks: { readonly question: 'remove-limit'; readonly items: readonly string[] } | undefined;
}

/** How an administrator of the tenant signs in. */
export type SignInWish = {
  /** A public client of the tenant; Microsoft's own tools without it. */
  readonly clientId?: string;
} & (
  | { readonly way: 'code' }
  /** `redirectUri`: of the public client; `returnTo`: where in the console the browser goes on. */
  | { readonly way: 'browser'; readonly redirectUri: string; readonly returnTo: string }
);

/** Hosts of another cloud, as a practice tenant is one. */
export interface OtherCloud {
  readonly login: string;
  readonly graph: string;
}

export interface AutomaticOrder {
  readonly kind: 'automatic';
  readonly connector: string;
  readonly tenant: string;
  readonly userName: string;
  readonly applicationName: string;
  readonly credential: 'certificate' | 'secret';
  readonly days: number;
  readonly cloud: string | OtherCloud;
  readonly caFile: string | undefined;
  /** `upload` asks for Mail.ReadWrite as well; as the connector has it without it. */
  readonly largeMessages?: 'refuse' | 'upload' | undefined;
  readonly redirectUri: string;
  readonly signIn: SignInWish;
  readonly record: Recorder;
}

export interface LimitOrder {
  readonly kind: 'limit';
  readonly action: 'apply' | 'test' | 'list' | 'remove';
  readonly connector: string;
  readonly way: 'rbac' | 'access-policy';
  /** Access policies alone: the mailboxes are those that the app may not use. */
  readonly denies: boolean;
  readonly mailboxes: readonly string[];
  readonly forbidden: string | undefined;
  readonly owners: readonly string[];
  /** Address of the mail-enabled security group; one of our own without it. */
  readonly group: string | undefined;
  /** Removes the group as well; others may use it. */
  readonly withGroup: boolean;
  readonly signIn: SignInWish;
}

export interface MigrationOrder extends Omit<LimitOrder, 'kind' | 'action' | 'way' | 'denies' | 'withGroup'> {
  readonly kind: 'migration';
  /** How long Graph is given to honour the role, in minutes. */
  readonly settleMinutes: number;
  /** Takes it back, from wherever it stands. */
  readonly back: boolean;
}

export interface RenewalOrder {
  readonly kind: 'renewal';
  readonly connector: string;
  readonly by:
    | { readonly kind: 'app' }
    | { readonly kind: 'administrator'; readonly signIn: SignInWish }
    /** Made in the portal by hand; `endsOn` is an ISO date. */
    | {
        readonly kind: 'pasted';
        readonly secret: string;
        readonly endsOn: string | undefined;
        readonly record: Recorder;
      };
}

export interface UndoOrder {
  readonly kind: 'undo';
  readonly connector: string;
  /** Where there is no connector that says it. */
  readonly cloud: AutomaticOrder['cloud'];
  readonly caFile: string | undefined;
  readonly signIn: SignInWish;
  readonly record: Recorder;
}

/** Mail.ReadWrite beside Mail.Send, for large mail by uploads. */
export interface GrantOrder {
  readonly kind: 'grant';
  readonly connector: string;
  readonly signIn: SignInWish;
}

export type JobOrder = AutomaticOrder | LimitOrder | MigrationOrder | RenewalOrder | UndoOrder | GrantOrder;

/** What the automatic way has made for a connector. */
export interface MadeView {
  readonly tenantId: string;
  readonly clientId?: string;
  readonly credential?: 'certificate' | 'secret';
  /** ms since the epoch. */
  readonly endsAt?: number;
  readonly isGranted: boolean;
  /** Names in the vault. */
  readonly entries: readonly string[];
  /** The connector goes with it. */
  readonly hasConnector: boolean;
}

/** Times of what is done, ms since the epoch. */
export interface MigrationView {
  readonly roleGivenAt?: number;
  readonly consentWithdrawnAt?: number;
  readonly roleProvenAt?: number;
  readonly removedPolicies: readonly string[];
  readonly doneAt?: number;
  readonly goesOnAt?: number;
}

/** Settings of another program, as text. */
export interface ImportOrder {
  readonly from: 'postfix' | 'smtp2graph' | 'email-oauth2-proxy' | 'iis';
  readonly text: string;
  /** Postfix alone: its file of logins. */
  readonly logins: string | undefined;
}

export interface ImportItem {
  readonly list: 'connectors' | 'clients';
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** Keys that are still wanted: secrets, and what the other program did not know. */
  readonly blanks: readonly string[];
}

export interface ImportView {
  /** As a configuration file, in YAML. */
  readonly configuration: string;
  /** The part of it that the console does not set; empty where there is none. */
  readonly elsewhere: string;
  readonly items: readonly ImportItem[];
  readonly todo: readonly string[];
  readonly notCarried: readonly string[];
}

/** Name of a cloud, or the origin where people sign in. */
export type GuideCloud = string;

/** What was brought back and belongs into no field of the connector yet. */
export interface GuideAnswers {
  readonly userName?: string;
  readonly forbidden?: string;
}

/** The steps of the manual for one connector. */
export interface GuideView {
  readonly steps: readonly {
    readonly id: string;
    readonly rows: readonly string[];
    /** Into the portal of its own cloud. */
    readonly link: string;
    readonly done: boolean;
  }[];
  readonly answers: GuideAnswers;
}

export interface GuideStepOrder {
  readonly connector: string;
  readonly step: string;
  readonly answers: GuideAnswers;
  /** Goes on without the checks. */
  readonly skips: boolean;
  readonly signal: AbortSignal;
  readonly told: (check: CheckView) => void;
}

export interface LimitView {
  readonly title: string;
  /** Which way to choose, in two sentences. */
  readonly difference: string;
  readonly notes: readonly string[];
  readonly steps: readonly { readonly purpose: string; readonly command: string }[];
  readonly proofs: readonly { readonly command: string; readonly expected: 'granted' | 'refused' }[];
  readonly script: string;
}

export interface Assistant {
  /** Begins at once and goes on by itself. @throws FaultError `too-much-under-way` while another one of its connector runs */
  begin(order: JobOrder, by: string): JobView;
  job(id: string): JobView | undefined;
  /** The newest first. */
  jobs(): readonly JobView[];
  /** What is done stays done, and can be gone on with. */
  stop(id: string): void;
  /** Calls `told` with each state of a job from now on; the returned function ends that. */
  watch(id: string, told: (job: JobView) => void): () => void;
  /** Answers what a job asks; false when it asks nothing. */
  answer(id: string, yes: boolean): boolean;
  /** @throws FaultError `not-found`, `setup-impossible` with the reason */
  limit(order: Omit<LimitOrder, 'kind' | 'action' | 'withGroup' | 'signIn'>): Promise<LimitView>;
  /** Changes nothing. @throws FaultError `settings-invalid` where the text is not what it is said to be */
  importView(order: ImportOrder): ImportView;
  /** What an undo would take back. @throws FaultError `not-found` */
  made(connector: string): MadeView;
  guide(connector: string, cloud: GuideCloud): GuideView;
  /** Whether what must hold before the next step does. @throws FaultError `not-found` */
  passStep(order: GuideStepOrder): Promise<boolean>;
  /** How far the way from an access policy to RBAC for Applications has come. @throws FaultError `not-found` */
  migration(connector: string): MigrationView;
  /** The link by which an administrator grants the permission. @throws FaultError `not-found` */
  consentLink(connector: string, redirectUri: string): string;
  /** Whether it is granted, by a new token. @throws FaultError `not-found`, `setup-impossible` with the reason */
  isGranted(connector: string): Promise<boolean>;
  /** What a browser brought back from Entra's admin consent; gives the sentence for whoever sits there. */
  consented(query: URLSearchParams): Promise<string>;
  /** What it brought back from a sign-in: where it goes on; undefined where it is from none of ours. */
  signedIn(query: URLSearchParams): string | undefined;
}
