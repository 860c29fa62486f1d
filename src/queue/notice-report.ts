/**
 * The bytes of a delivery status notification: a multipart/report (RFC 6522, before it RFC 3462) of words for a person,
 * fields for a program (RFC 3464), and the header or the whole of what it is about. Addresses beyond ASCII make it the
 * kind of RFC 6533.
 */
import { randomBytes } from 'node:crypto';
import { encode, wrap } from 'nodemailer/lib/qp';
import type { Recipient } from '../domain/envelope.ts';
import type { QueuedMessage } from '../domain/message.ts';
import { headerWithoutBcc } from '../mime/envelope-header.ts';
import { parseRootHeader } from '../mime/root-header.ts';
import { decodeXtext, printable } from './xtext.ts';

export interface NoticeContent {
  /** The message that it is about. */
  readonly message: QueuedMessage;
  readonly original: Buffer;
  /** Those who are told of, at least one. */
  readonly recipients: readonly Recipient[];
  /** RFC 3464 §2.3.3. */
  readonly action: 'failed' | 'relayed' | 'delayed';
  /** RFC 3463. */
  readonly status: string;
  /** What happened, in words for the sender. */
  readonly sentence: string;
  /** What the service said; absent when it said nothing. */
  readonly diagnostic?: string;
  readonly lastAttemptAt?: number;
  /** Until when it is tried again; of a delay. */
  readonly willRetryUntil?: number;
  readonly at: number;
  /** With angle brackets. */
  readonly messageId: string;
  /** Name of this machine, for Reporting-MTA. */
  readonly reportingHost: string;
  /** Give the whole message back, not its header alone. */
  readonly full: boolean;
}

const subjects = {
  failed: 'Undelivered mail: your message could not be sent',
  relayed: 'Your message was handed on',
  delayed: 'Your message is delayed',
} as const satisfies Record<NoticeContent['action'], string>;

export function writeNotice(content: NoticeContent): Buffer {
  const { message, at, messageId, action } = content;
  const isGlobal = hasUnicode(content);
  const boundary = `=_report_${randomBytes(12).toString('hex')}`;
  const about = printable(message.summary.messageId);
  const header = [
    // By Graph a message can only be from a mailbox: there is no null sender to be seen in it.
    `From: Mail Delivery System <${message.route.sender}>`,
    `To: <${message.envelope.mailFrom}>`,
    `Subject: ${subjects[action]}`,
    `Date: ${dateTime(at)}`,
    `Message-ID: ${messageId}`,
    `In-Reply-To: ${about}`,
    `References: ${about}`,
    // RFC 3834 §5: nobody's program is to answer it.
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status;',
    ` boundary="${boundary}"`,
  ].join('\r\n');
  const words = part('text/plain; charset=utf-8', 'quoted-printable', wrap(encode(wordsOf(content)), 76));
  const fields = part(
    isGlobal ? 'message/global-delivery-status' : 'message/delivery-status',
    '8bit',
    fieldsOf(content, isGlobal),
  );
  const opening = [header, '', 'This is a report about a message, in several parts.', ''].join('\r\n');
  return Buffer.concat([
    Buffer.from(`${opening}\r\n--${boundary}\r\n${words}\r\n--${boundary}\r\n${fields}\r\n--${boundary}\r\n`),
    returned(content, isGlobal),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
}

function part(type: string, encoding: string, text: string): string {
  return `Content-Type: ${type}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${text}\r\n`;
}

const whats = {
  failed: 'could not be sent to',
  relayed: 'was handed on to the mail service for',
  delayed: 'has not been sent yet to',
} as const satisfies Record<NoticeContent['action'], string>;

function wordsOf({ message, recipients, action, sentence, diagnostic, willRetryUntil }: NoticeContent): string {
  return [
    `Your message of ${dateTime(message.acceptedAt)}`,
    `with the subject "${printable(message.summary.subject)}"`,
    `${whats[action]}:`,
    '',
    ...recipients.map(({ address }) => `    ${address}`),
    '',
    sentence,
    ...(willRetryUntil === undefined ? [] : [`It is given up on ${dateTime(willRetryUntil)}, and you are told then.`]),
    ...(diagnostic === undefined ? [] : ['', 'The mail service said:', `    ${diagnostic}`]),
    ...(action === 'relayed' ? ['', 'Whether it arrives is not told by that service.'] : []),
    '',
    `Number of the message, if you ask about it: ${message.id}`,
    '',
  ].join('\r\n');
}

function fieldsOf(content: NoticeContent, isGlobal: boolean): string {
  const { message, recipients, reportingHost } = content;
  const { envelopeId } = message.envelope;
  const about = [
    `Reporting-MTA: dns; ${reportingHost}`,
    ...(envelopeId === undefined ? [] : [`Original-Envelope-Id: ${decodeXtext(envelopeId)}`]),
    `Arrival-Date: ${dateTime(message.acceptedAt)}`,
    '',
  ];
  return [...about, ...recipients.flatMap((recipient) => recipientFields(content, recipient, isGlobal))].join('\r\n');
}

function recipientFields(content: NoticeContent, recipient: Recipient, isGlobal: boolean): string[] {
  const { action, status, diagnostic, lastAttemptAt, willRetryUntil } = content;
  const original = recipient.originalRecipient;
  const [, type = 'rfc822', address = ''] = /^([^;]+);(.*)$/s.exec(original ?? '') ?? [];
  return [
    ...(original === undefined ? [] : [`Original-Recipient: ${printable(type)}; ${decodeXtext(address)}`]),
    `Final-Recipient: ${isGlobal ? 'utf-8' : 'rfc822'}; ${recipient.address}`,
    `Action: ${action}`,
    `Status: ${status}`,
    ...(diagnostic === undefined
      ? []
      : [`Diagnostic-Code: x-microsoft-graph; ${ascii(printable(diagnostic), isGlobal)}`]),
    ...(lastAttemptAt === undefined ? [] : [`Last-Attempt-Date: ${dateTime(lastAttemptAt)}`]),
    ...(willRetryUntil === undefined ? [] : [`Will-Retry-Until: ${dateTime(willRetryUntil)}`]),
    '',
  ];
}

/** What is given back, without the Bcc that the report's readers may not be meant to see. */
function returned({ original, full }: NoticeContent, isGlobal: boolean): Buffer {
  const root = parseRootHeader(original);
  const header = headerWithoutBcc(root);
  const type = full
    ? `message/${isGlobal ? 'global' : 'rfc822'}`
    : isGlobal
      ? 'message/global-headers'
      : 'text/rfc822-headers';
  // 8bit and nothing else is allowed for a message part that holds bytes beyond ASCII (RFC 2045 §6.4).
  const opening = Buffer.from(`Content-Type: ${type}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n`);
  return Buffer.concat(full ? [opening, header, original.subarray(root.bodyStart)] : [opening, header]);
}

function hasUnicode({ message, recipients }: NoticeContent): boolean {
  const addresses = [message.envelope.mailFrom, message.route.sender, ...recipients.map(({ address }) => address)];
  return addresses.some((address) => /[^\p{ASCII}]/u.test(address));
}

function ascii(text: string, isGlobal: boolean): string {
  return isGlobal ? text : text.replace(/[^\p{ASCII}]/gu, '?');
}

/** Date of RFC 5322 §3.3, in UTC. */
function dateTime(at: number): string {
  return new Date(at).toUTCString().replace('GMT', '+0000');
}
