/**
 * Reply → outcome for mail that leaves by SMTP: one table for Exchange Online, which is asked first there, and one for any
 * server. The first row that fits decides; what no row fits is temporary.
 */
import type { SmtpReply, SmtpStage } from './smtp/smtp-reply.ts';
import { deferred, failed, type Verdict } from './verdict.ts';

/** A row that fits when all that it names fits. */
export interface SmtpRow {
  readonly stages?: readonly SmtpStage[];
  readonly codes?: readonly number[] | { readonly from: number; readonly until: number };
  /** Enhanced status codes. */
  readonly enhanced?: readonly string[];
  readonly text?: RegExp;
  readonly verdict: Verdict;
  /** Why this and nothing else. */
  readonly because: string;
}

/**
 * Replies of smtp.office365.com
 * (https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth,
 * https://learn.microsoft.com/exchange/troubleshoot/send-emails/smtp-submission-improvements).
 */
export const exchangeReplies: readonly SmtpRow[] = [
  {
    stages: ['auth'],
    enhanced: ['5.7.139'],
    text: /SmtpClientAuthentication is disabled for the Mailbox/i,
    verdict: deferred('sender', 'smtp-auth-disabled'),
    because: 'the switch of this mailbox; others of the connector may send',
  },
  {
    stages: ['auth'],
    enhanced: ['5.7.139'],
    text: /SmtpClientAuthentication is disabled/i,
    verdict: deferred('connector', 'smtp-auth-disabled'),
    because: 'the switch of the tenant',
  },
  {
    stages: ['auth'],
    enhanced: ['5.7.139'],
    verdict: deferred('connector', 'sign-in-blocked'),
    because: 'security defaults or Conditional Access refuse the sign-in',
  },
  {
    enhanced: ['5.7.30'],
    verdict: deferred('connector', 'smtp-login-refused'),
    because: 'a password where only OAuth is taken: every message would meet the same',
  },
  {
    stages: ['auth'],
    codes: [535],
    verdict: deferred('sender', 'smtp-login-refused'),
    because:
      'the courier has tried a fresh token already; the mailbox, its switch or the service principal is at fault',
  },
  {
    enhanced: ['5.7.57'],
    verdict: deferred('sender', 'smtp-login-refused'),
    because: 'not logged in, on a connection that was: it is closed, and the next one logs in anew',
  },
  {
    codes: [430],
    text: /STOREDRV|logon failure|MapiExceptionLogonFailed/i,
    verdict: deferred('sender', 'smtp-mailbox-right'),
    because: 'comes after a login that succeeded: no right on the mailbox, or not in force yet, for up to an hour',
  },
  {
    codes: [432],
    verdict: deferred('lane', 'throttled'),
    because: 'more than three connections of the mailbox: another program sends as it',
  },
  { enhanced: ['4.3.2'], verdict: deferred('lane', 'throttled'), because: 'the older words of the same limit' },
  {
    enhanced: ['5.7.60', '5.2.252'],
    verdict: deferred('message', 'send-as-denied'),
    because: 'the sender differs from message to message; the right can be granted and takes an hour to apply',
  },
  {
    text: /SendAsDenied/i,
    verdict: deferred('message', 'send-as-denied'),
    because: 'the same with an older code (554 5.2.0)',
  },
  { enhanced: ['5.2.2'], verdict: deferred('sender', 'mailbox-full'), because: 'space can be made' },
  {
    text: /SubmissionQuotaExceeded/i,
    verdict: deferred('sender', 'sender-blocked'),
    because: 'the recipients of the day are used up; it ends by itself within 24 hours',
  },
  {
    enhanced: ['5.1.90', '5.7.232', '5.7.233', '5.7.705', '5.7.708'],
    verdict: deferred('sender', 'sender-blocked'),
    because: 'a limit of mailbox or tenant for the day, or a block that an administrator or Microsoft takes away',
  },
];

/** Replies of any server (RFC 5321 §4.2.2 and §4.2.3, RFC 4954 §6, RFC 3463). */
export const smtpReplies: readonly SmtpRow[] = [
  { codes: [421], verdict: deferred('lane', 'service-unavailable'), because: 'the server closes the connection' },
  {
    enhanced: ['4.7.500', '4.4.2'],
    verdict: deferred('lane', 'service-unavailable'),
    because: 'busy, or a connection that was idle for too long',
  },
  {
    stages: ['connect'],
    codes: { from: 400, until: 499 },
    verdict: deferred('lane', 'service-unavailable'),
    because: 'nothing was taken, and the next message would meet the same',
  },
  {
    stages: ['connect'],
    verdict: deferred('connector', 'smtp-server-refuses'),
    because: 'the server does not speak with this machine, whatever the message',
  },
  {
    stages: ['auth'],
    codes: { from: 400, until: 499 },
    verdict: deferred('lane', 'service-unavailable'),
    because: 'a passing fault of its login (454)',
  },
  {
    stages: ['auth'],
    verdict: deferred('connector', 'smtp-login-refused'),
    because: 'login and password are the same for every message',
  },
  {
    codes: [530],
    verdict: deferred('connector', 'smtp-login-refused'),
    because: 'the server wants a login, or TLS before it, for every message',
  },
  { codes: [552], enhanced: ['5.2.2'], verdict: failed('recipient-refused'), because: 'the mailbox is full (5.2.2)' },
  { codes: [552], verdict: failed('too-large'), because: 'it will not become smaller' },
  { enhanced: ['5.3.4', '5.2.3'], verdict: failed('too-large'), because: 'it will not become smaller' },
  {
    stages: ['recipient'],
    codes: { from: 400, until: 499 },
    verdict: deferred('message', 'recipient-deferred'),
    because: 'this recipient alone: greylisting, a full mailbox, or too many recipients at once (452 4.5.3)',
  },
  { stages: ['recipient'], verdict: failed('recipient-refused'), because: 'this recipient alone, for good' },
  {
    codes: { from: 400, until: 499 },
    verdict: deferred('message', 'smtp-deferred'),
    because: 'temporary by its own words',
  },
  {
    stages: ['mail', 'data', 'message'],
    codes: { from: 500, until: 599 },
    verdict: failed('message-refused'),
    because: 'permanent by its own words, for this sender or this content',
  },
];

/** Judges a reply that is no success. `exchange`: of Exchange Online, whose rows come first. */
export function classifySmtp(reply: SmtpReply, exchange: boolean): Verdict {
  const rows = exchange ? [...exchangeReplies, ...smtpReplies] : smtpReplies;
  return rows.find((row) => fits(row, reply))?.verdict ?? deferred('message', 'unlisted-answer');
}

function fits(row: SmtpRow, reply: SmtpReply): boolean {
  if (row.stages && !row.stages.includes(reply.stage)) return false;
  if (row.codes && !codeFits(row.codes, reply.code)) return false;
  if (row.enhanced && (reply.enhanced === undefined || !row.enhanced.includes(reply.enhanced))) return false;
  return !row.text || row.text.test(reply.text);
}

function codeFits(wanted: NonNullable<SmtpRow['codes']>, code: number): boolean {
  return 'from' in wanted ? code >= wanted.from && code <= wanted.until : wanted.includes(code);
}
