/**
 * What a submission server does to a header (RFC 6409 §8): adds Message-ID, Date and From when the client left them out,
 * and reads what search, trail and rules need. Nothing else is changed.
 */
import { decodeWords } from 'postal-mime';
import type { HeaderSummary } from '../domain/message.ts';
import { fromLatin1, possibleAddresses } from './addresses.ts';
import { fieldsNamed, fieldValue, type RootHeader } from './root-header.ts';

const maxSubjectLength = 256;
const noBytes = Buffer.alloc(0);

export interface HeaderFacts extends HeaderSummary {
  /** Addresses of all From fields, every possible reading; empty when there is no From field or none can be read. */
  readonly from: readonly string[];
  readonly hasFrom: boolean;
  /** Servers that the message has passed, by its Received fields. */
  readonly hops: number;
}

/** Reads what is known of a header; `fallbackMessageId` is the one that `missingFields` adds. */
export function readHeaderFacts(header: RootHeader, fallbackMessageId: string): HeaderFacts {
  let subject = '';
  let messageId = '';
  let hops = 0;
  let hasFrom = false;
  const from: string[] = [];
  for (const field of header.fields) {
    switch (field.name) {
      case 'subject':
        subject ||= decodeSubject(fieldValue(header, field));
        break;
      case 'message-id':
        messageId ||= fieldValue(header, field);
        break;
      case 'received':
        hops += 1;
        break;
      case 'from':
        hasFrom = true;
        from.push(...possibleAddresses(fieldValue(header, field)));
        break;
    }
  }
  return { subject, messageId: messageId.slice(0, 998) || fallbackMessageId, from, hasFrom, hops };
}

function decodeSubject(value: string): string {
  const text = fromLatin1(value.slice(0, 4 * maxSubjectLength));
  const decoded = text.includes('=?') ? decodeWords(text) : text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not reach a terminal.
  return decoded.replace(/[\x00-\x1f\x7f]+/g, ' ').slice(0, maxSubjectLength);
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
 * any header they end with the empty line, so that its first line stays body.
 */
export function missingFields(header: RootHeader, added: AddedFields): Buffer {
  let text = '';
  if (!hasValue(header, 'message-id')) text += `Message-ID: ${added.messageId}\r\n`;
  if (!hasValue(header, 'date')) text += `Date: ${rfc5322Date(added.now)}\r\n`;
  if (!hasValue(header, 'from')) text += `From: ${added.from}\r\n`;
  if (text === '') return noBytes;
  return Buffer.from(header.fields.length === 0 && header.bodyStart === 0 ? `${text}\r\n` : text, 'utf8');
}

function hasValue(header: RootHeader, name: string): boolean {
  return fieldsNamed(header, name).some((field) => fieldValue(header, field) !== '');
}

/** A date-time of RFC 5322 §3.3, in UTC. */
export function rfc5322Date(now: number): string {
  return new Date(now).toUTCString().replace('GMT', '+0000');
}
