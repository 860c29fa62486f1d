/** What the console's interface needs of whoever sets Microsoft 365 up: work that takes long, plans, and consent. */
import type { Recorder } from './settings-port.ts';

export interface JobLine {
  /** ms since the epoch. */
  readonly at: number;
  readonly state: 'yes' | 'no' | 'waits' | 'info';
  readonly text: string;
  /** Row of the set-up manual that it stands for, where it has one. */
  readonly row?: string;
}

export interface JobView {
  readonly id: string;
  readonly kind: JobOrder['kind'];
  readonly connector: string;
  readonly by: string;
  readonly state: 'running' | 'done' | 'failed' | 'stopped';
  readonly lines: readonly JobLine[];
  /** Where an administrator signs in, and with which code, while it waits for that. */
  readonly signIn: { readonly url: string; readonly code: string } | undefined;
}

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
  readonly redirectUri: string;
  readonly record: Recorder;
}

export interface LimitOrder {
  readonly kind: 'limit';
  readonly connector: string;
  readonly way: 'rbac' | 'access-policy';
  readonly mailboxes: readonly string[];
  readonly forbidden: string | undefined;
  readonly owners: readonly string[];
}

export interface RenewalOrder {
  readonly kind: 'renewal';
  readonly connector: string;
}

export type JobOrder = AutomaticOrder | LimitOrder | RenewalOrder;

export interface LimitView {
  readonly title: string;
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
  /** @throws FaultError `not-found`, `setup-impossible` with the reason */
  limit(order: LimitOrder): Promise<LimitView>;
  /** The link by which an administrator grants the permission. @throws FaultError `not-found` */
  consentLink(connector: string, redirectUri: string): string;
  /** Whether it is granted, by a new token. @throws FaultError `not-found`, `setup-impossible` with the reason */
  isGranted(connector: string): Promise<boolean>;
  /** What a browser brought back from Entra; gives the sentence for whoever sits there. */
  consented(query: URLSearchParams): Promise<string>;
}
