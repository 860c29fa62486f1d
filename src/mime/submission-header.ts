/**
 * What a submission server does to a header (RFC 6409 §8): adds Message-ID, Date and From when the client left them out,
 * and reads what search, trail and rules need. Nothing else is changed.
 */
import { decodeWords } from 'postal-mime';
import type { HeaderSummary } from '../domain/message.ts';
import { possibleAddresses } from './addresses.ts';
import { fromLatin1, isMailbox, mailboxText } from './mailbox.ts';
import { fieldText, fieldValue, hasText, type RootHeader } from './root-header.ts';

const maxSubjectLength = 256;
/** As much of the field as is decoded: in an encoded word one character takes up to twelve. */
const maxEncodedLength = 12 * maxSubjectLength;
const noBytes = Buffer.alloc(0);

export interface HeaderFacts extends HeaderSummary {
  /** Addresses of all From fields, every possible reading; empty when there is no From field or none can be read. */
  readonly from: readonly string[];
  /** There is a From field that is not empty. */
  readonly hasFrom: boolean;
  /** Servers that the message has passed, by its Received fields. */
  readonly hops: number;
  /** Made by a machine (RFC 3834 §5): nobody is to answer it with another. */
  readonly automatic: boolean;
  /** Message-ID that the conversation began with; absent when the message begins one. */
  readonly conversation?: string;
}

/** Reads what is known of a header; `fallbackMessageId` is the one that `missingFields` adds. */
export function readHeaderFacts(header: RootHeader, fallbackMessageId: string): HeaderFacts {
  let subject = '';
  let messageId = '';
  let hops = 0;
  let hasFrom = false;
  let automatic = false;
  let references: string | undefined;
  let inReplyTo: string | undefined;
  const from: string[] = [];
  for (const field of header.fields) {
    switch (field.name) {
      case 'subject':
        subject ||= decodeSubject(fieldValue(header, field));
        break;
      case 'message-id':
        messageId ||= fieldValue(header, field);
        break;
      case 'references':
        references ??= firstId(fieldValue(header, field));
        break;
      case 'in-reply-to':
        inReplyTo ??= firstId(fieldValue(header, field));
        break;
      case 'received':
        hops += 1;
        break;
      case 'auto-submitted':
        automatic ||= !/^no\b/i.test(fieldValue(header, field));
        break;
      case 'from':
        hasFrom ||= hasText(header, field);
        for (const address of possibleAddresses(fieldText(header, field))) from.push(address);
        break;
    }
  }
  const conversation = references ?? inReplyTo;
  return {
    subject,
    messageId: messageId.slice(0, 998) || fallbackMessageId,
    from,
    hasFrom,
    hops,
    automatic,
    ...(conversation === undefined ? {} : { conversation }),
  };
}

/** The first Message-ID of a list of them: the one that a conversation began with (RFC 5322 §3.6.4). */
function firstId(value: string): string | undefined {
  return /<[^<>\s]{1,990}>/.exec(value)?.[0];
}

function decodeSubject(value: string): string {
  const text = fromLatin1(value).slice(0, maxEncodedLength);
  const decoded = text.includes('=?') ? decodeWords(text) : text;
  // Control characters must not reach a terminal or a log.
  return decoded
    .replace(/\p{Cc}+/gu, ' ')
    .slice(0, maxSubjectLength)
    .toWellFormed();
}

export interface AddedFields {
  readonly messageId: string;
  /** ms since the epoch. */
  readonly now: number;
  /** Address for a missing From: the envelope sender, or the system account for the null reverse path. */
  readonly from: string;
}

/**
 * The header fields that are missing, as bytes to be put before the message; empty when none is. For a message without
 * any header they end with the empty line, so that its first line stays body. A From that
 * would not be a mailbox is not added: Graph puts the sending mailbox there.
 */
export function missingFields(header: RootHeader, added: AddedFields): Buffer {
  let text = '';
  if (!hasValue(header, 'message-id')) text += `Message-ID: ${added.messageId}\r\n`;
  if (!hasValue(header, 'date')) text += `Date: ${rfc5322Date(added.now)}\r\n`;
  if (!hasValue(header, 'from') && isMailbox(added.from)) text += `From: ${mailboxText(added.from)}\r\n`;
  if (text === '') return noBytes;
  return Buffer.from(header.fields.length === 0 && header.bodyStart === 0 ? `${text}\r\n` : text, 'latin1');
}

function hasValue(header: RootHeader, name: string): boolean {
  return header.fields.some((field) => field.name === name && hasText(header, field));
}

/** A date-time of RFC 5322 §3.3, in UTC. */
export function rfc5322Date(now: number): string {
  return new Date(now).toUTCString().replace('GMT', '+0000');
}
