/**
 * What ingress asks before it takes anything: who is this, may they send as that, which way does it go.
 *
 * Each answer is either what was asked for or a `Fault`, whose `detail` names the rule for the log. Decisions are made
 * from the configuration alone and are immediate, but for passwords, whose hashing is slow on purpose.
 */
import type { Fault } from '../domain/catalogue.ts';
import type { Envelope } from '../domain/envelope.ts';
import type { HeaderSummary, Priority, RouteDecision } from '../domain/message.ts';

/** A client as ingress knows it after it has shown who it is. */
export interface KnownClient {
  readonly name: string;
  readonly priority: Priority;
}

export type Decision<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault };

export interface Gate {
  /** The client whose address ranges hold this address, for listeners that let addresses stand for a login. */
  clientByAddress(remoteAddress: string): KnownClient | undefined;
  /** A login and password of SMTP AUTH. Throttled by address. */
  authenticatePassword(login: string, password: string, remoteAddress: string): Promise<Decision<KnownClient>>;
  /** A bearer API key. Throttled by address. */
  authenticateKey(key: string, remoteAddress: string): Promise<Decision<KnownClient>>;
  /** May this client use this envelope sender? '' is the null reverse path. */
  checkMailFrom(client: KnownClient, mailFrom: string): Fault | undefined;
  /** Bytes of the largest message that any way out can take: what is larger need not be sent here at all. */
  largestMessage(): number;
  /** Holds the From header against the client's senders. `from` is undefined when the header cannot be read. */
  checkHeaderFrom(client: KnownClient, from: readonly string[] | undefined): Fault | undefined;
  /** Counts one more message against the client's quota, or refuses. */
  takeQuota(client: KnownClient, recipients: number): Fault | undefined;
  /** Picks connector and sender. `size` is in bytes. Refuses what the way out cannot take. */
  route(client: KnownClient, envelope: Envelope, summary: HeaderSummary, size: number): Decision<RouteDecision>;
}
