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
  /** Refused commands in one connection. */
  readonly errors: number;
  /** Recipients of one message. */
  readonly recipients: number;
  /** Length of a command line with its line end, in bytes; AUTH lines count as commands. */
  readonly commandLineBytes: number;
  /** Length of a line of a message, in bytes. RFC 5322 allows 998; real mail goes beyond it. */
  readonly lineBytes: number;
  readonly idleMs: number;
  readonly totalMs: number;
}

export const defaultSmtpLimits: SmtpLimits = {
  connections: 1000,
  connectionsPerAddress: 200,
  commands: 100_000,
  errors: 20,
  recipients: 1000,
  // AUTH PLAIN with long credentials, and paths of RFC 6531; RFC 5321 §4.5.3.1.4 asks for 512.
  commandLineBytes: 12_288,
  lineBytes: 1024 * 1024,
  // RFC 5321 §4.5.3.2.7 asks for five minutes.
  idleMs: 300_000,
  totalMs: 3_600_000,
};

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
