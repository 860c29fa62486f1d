/**
 * The envelope of a submission: who gets it and who is told when it fails, whatever its headers say (RFC 5321 §2.3.1).
 */

/** What a client wants to be told about one recipient (RFC 3461 §4.1). Absent means the default: on failure. */
export type NotifyOn = 'never' | 'success' | 'failure' | 'delay';

export interface Recipient {
  /** Mailbox as `local@domain`, as the client gave it, without angle brackets or source route. */
  readonly address: string;
  readonly notify?: readonly NotifyOn[];
  /** ORCPT of RFC 3461 §4.2, still in xtext form. */
  readonly originalRecipient?: string;
}

export interface Envelope {
  /** Reverse path; '' is the null reverse path of a notice (RFC 5321 §4.5.5). */
  readonly mailFrom: string;
  /** At least one, in the order given, no address twice. */
  readonly recipients: readonly Recipient[];
  /** RET and ENVID of RFC 3461 §4.3 and §4.4 (ENVID still in xtext form). */
  readonly returnContent?: 'full' | 'headers';
  readonly envelopeId?: string;
  /** The client announced SMTPUTF8 (RFC 6531): addresses or header fields may hold UTF-8. */
  readonly smtpUtf8: boolean;
}
