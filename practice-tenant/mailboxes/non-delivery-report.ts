/**
 * Non-delivery reports as Exchange writes them into the sender's inbox: a text for people, the status for machines, and the
 * header of the message that did not arrive.
 * Source: RFC 3462, RFC 3464; Exchange "Email non-delivery reports and SMTP errors in Exchange Online".
 */
import { randomUUID } from 'node:crypto';
import { endOfHeader } from './without-bcc.ts';

export type FailureReason =
  | 'unknown-recipient'
  | 'mailbox-full'
  | 'too-large'
  | 'too-many-recipients'
  | 'daily-recipients'
  | 'tenant-external-limit';

export interface DeliveryFailure {
  readonly address: string;
  readonly reason: FailureReason;
}

interface FailureRow {
  readonly status: string;
  readonly diagnostic: string;
  readonly text: string;
}

const rows: Readonly<Record<FailureReason, FailureRow>> = {
  'unknown-recipient': {
    status: '5.1.10',
    diagnostic: '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup',
    text: "wasn't found in this organisation. Check the address, and send the message again.",
  },
  'mailbox-full': {
    status: '5.2.2',
    diagnostic:
      '554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded',
    text: 'has a full mailbox and takes no messages now.',
  },
  'too-large': {
    status: '5.2.3',
    diagnostic: '550 5.2.3 RESOLVER.RST.SendSizeLimit.Sender; message too large for this sender',
    text: 'was not sent the message, because it is larger than the sender may send.',
  },
  'too-many-recipients': {
    status: '5.5.3',
    diagnostic: '550 5.5.3 RESOLVER.ADR.RecipLimit; too many recipients',
    text: 'was not sent the message, because it has more recipients than the sender may address at once.',
  },
  'daily-recipients': {
    status: '5.1.90',
    diagnostic: "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
    text: 'was not sent the message, because the sender has reached the limit of recipients for one day.',
  },
  'tenant-external-limit': {
    status: '5.7.233',
    diagnostic:
      '550 5.7.233 Your message can not be sent because your tenant exceeded its daily limit for sending email to external recipients (tenant external recipient rate limit or TERRL)',
    text: 'was not sent the message, because the organisation has reached its daily limit of recipients outside it.',
  },
};

export interface ReportWish {
  /** Of the tenant. */
  readonly domain: string;
  readonly to: string;
  readonly failures: readonly DeliveryFailure[];
  /** Of the message that did not arrive. */
  readonly header: Buffer;
  readonly internetMessageId: string;
  readonly subject: string;
  /** ms since the epoch. */
  readonly now: number;
}

export interface Report {
  readonly raw: Buffer;
  readonly internetMessageId: string;
  readonly subject: string;
}

/** Whether a copy in a mailbox is such a report, by the field that Exchange marks it with. */
export function isNonDeliveryReport({ raw }: { readonly raw?: Buffer }): boolean {
  if (raw === undefined) return false;
  return /^X-MS-Exchange-Message-Is-Ndr:/im.test(raw.subarray(0, endOfHeader(raw)).toString('latin1'));
}

export function nonDeliveryReport(wish: ReportWish): Report {
  const { domain, failures, header, now } = wish;
  const internetMessageId = `<${randomUUID()}@${domain}>`;
  const subject = `Undeliverable: ${oneLine(wish.subject)}`;
  const boundary = `_${randomUUID()}_`;
  const original = oneLine(wish.internetMessageId);
  const lines = [
    `From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@${domain}>`,
    `To: <${oneLine(wish.to)}>`,
    `Subject: ${encoded(subject)}`,
    `Date: ${new Date(now).toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: ${internetMessageId}`,
    `In-Reply-To: ${original}`,
    `References: ${original}`,
    'Auto-Submitted: auto-replied',
    'X-MS-Exchange-Message-Is-Ndr:',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=delivery-status; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    "Your message couldn't be delivered to everybody:",
    '',
    ...failures.map(({ address, reason }) => `${oneLine(address)} ${rows[reason].text} (${rows[reason].diagnostic})`),
    '',
    `--${boundary}`,
    'Content-Type: message/delivery-status',
    '',
    `Reporting-MTA: dns;${domain}`,
    `Arrival-Date: ${new Date(now).toUTCString().replace('GMT', '+0000')}`,
    '',
    ...failures.flatMap(({ address, reason }) => [
      `Final-Recipient: rfc822;${oneLine(address)}`,
      'Action: failed',
      `Status: ${rows[reason].status}`,
      `Diagnostic-Code: smtp;${rows[reason].diagnostic}`,
      '',
    ]),
    `--${boundary}`,
    'Content-Type: text/rfc822-headers',
    '',
    '',
  ];
  const raw = Buffer.concat([Buffer.from(lines.join('\r\n')), header, Buffer.from(`\r\n\r\n--${boundary}--\r\n`)]);
  return { raw, internetMessageId, subject };
}

/** Values come from strangers: a line end in one would begin a field of its own. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').trim();
}

/** As encoded words (RFC 2047) where it must be, each of at most 75 characters. */
function encoded(text: string): string {
  if (/^[ -~]{0,900}$/.test(text)) return text;
  const words: string[] = [];
  let piece = '';
  for (const char of text) {
    if (Buffer.byteLength(piece + char) > 42) {
      words.push(piece);
      piece = '';
    }
    piece += char;
  }
  return [...words, piece].map((word) => `=?utf-8?B?${Buffer.from(word).toString('base64')}?=`).join('\r\n ');
}
