/** Client submission to Exchange Online: SMTP with a token of the application in place of a password (XOAUTH2). */

import type { CrashProbe } from '../../domain/crash-point.ts';
import type { Connections } from '../../microsoft/connections.ts';
import type { TokenSource } from '../../microsoft/token-source.ts';
import { tokenFinding } from '../finding.ts';
import { SmtpCourier } from '../smtp/smtp-courier.ts';
import type { SmtpServer } from '../smtp/smtp-link.ts';

/** Recipients of one message; 500 unless the tenant has set the mailbox's RecipientLimits otherwise. */
const maxRecipients = 500;

/** Connections of a mailbox at a time, whoever's they are (Exchange, "SMTP AUTH client submission"). */
const mostLinks = 3;

export interface ExchangeSubmissionOptions {
  /** Host of the cloud's client submission. */
  readonly server: SmtpServer;
  /** Tokens for Exchange Online, not for Graph. */
  readonly tokens: Pick<TokenSource, 'token' | 'forget'>;
  /** What the tokens come over; belongs to the courier from here on. */
  readonly connections: Connections;
  readonly severalSenders: boolean;
  /** MaxSendSize of the mailbox, bytes. */
  readonly maxMessageBytes: number;
  readonly probe?: CrashProbe;
}

/** Each connection belongs to a mailbox, which Exchange lets have three of them. */
export function exchangeCourier(options: ExchangeSubmissionOptions): SmtpCourier {
  const { server, tokens, connections, severalSenders, maxMessageBytes, probe } = options;
  return new SmtpCourier({
    server,
    login: async (user) => ({ kind: 'token', user, token: await tokens.token() }),
    loginFinding: tokenFinding,
    // What was granted since is only in a new token.
    loginRefused: () => tokens.forget(),
    linksBySender: true,
    mostLinks,
    exchange: true,
    severalSenders,
    maxMessageBytes,
    maxRecipients,
    closed: () => connections.close(),
    ...(probe ? { probe } : {}),
  });
}
