/**
 * What can be set about one SMTP listener.
 */
import type { TlsCertificate } from './tls-certificate.ts';

/** Everything that a stranger can make grow, with its end. Times in ms. */
export interface SmtpLimits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** Commands in one connection. */
  readonly commands: number;
  /** Refused commands since the last accepted message, or in all. Refused recipients and messages are none. */
  readonly errors: number;
  /** Recipients of one message. */
  readonly recipients: number;
  /** Length of a command line with its line end, in bytes. RFC 5321 §4.5.3.1.4 has 512; AUTH takes 12,288 (RFC 4954 §4). */
  readonly commandLineBytes: number;
  /** Length of a line of a message, in bytes. RFC 5322 allows 998; real mail goes beyond it. */
  readonly lineBytes: number;
  /** Silence of the client after which the connection ends (RFC 5321 §4.5.3.2.7 asks for five minutes). */
  readonly idleMs: number;
  /** Life of a connection: it ends then between two messages, and in the midst of one after as much time again. */
  readonly totalMs: number;
}

export interface SmtpListenerOptions {
  readonly name: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Name of this server in the banner and in EHLO. */
  readonly hostname: string;
  /** Words behind the name in the banner. */
  readonly banner?: string;
  readonly tls: 'none' | 'offered' | 'required' | 'implicit';
  /** Needed for every TLS rule but `none`. */
  readonly certificate?: TlsCertificate;
  readonly auth: 'required' | 'optional' | 'none';
  /** Lets a client log in without TLS: for devices that know none. */
  readonly allowPlaintextAuth: boolean;
  /** Ranges that may connect at all; everybody when empty. */
  readonly allowFrom: readonly string[];
  readonly maxMessageBytes: number;
  /** `keep` lets a CR or LF that is not part of CR LF through as data; it never ends a line or the data. */
  readonly bareNewlines: 'refuse' | 'keep';
  readonly limits: SmtpLimits;
}

/** What a listener counts. A message is counted as a message, never a connection as one. */
export interface SmtpMetrics {
  connectionOpened(listener: string): void;
  connectionClosed(listener: string): void;
  connectionRefused(listener: string, code: string): void;
  authFailed(listener: string): void;
  tlsFailed(listener: string): void;
  /** A message was answered: with 250, or with a refusal of this code. `ms` from its end to the answer. */
  messageAnswered(listener: string, code: string | undefined, ms: number): void;
}
