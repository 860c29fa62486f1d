/**
 * Reads raw messages as the service does: recipients are those of the header. Addresses are read by a library that is not
 * the product's, so that the product cannot be its own judge.
 */
import type { Address, Email } from 'postal-mime';
import { lazily } from '../../lazily.ts';
import type { Attachment, HeaderField, MailAddress, MessageContent } from '../../mailboxes/message-content.ts';
import { endOfHeader } from '../../mailboxes/without-bcc.ts';
import { exchangeRefusal } from '../graph-error.ts';
import { mediaType } from './message-schema.ts';

const postalMime = lazily(async () => (await import('postal-mime')).default);

/** What sending needs to know of a message. */
export interface MessageHeader {
  /** Of To, Cc and Bcc, each once. */
  readonly recipients: readonly string[];
  readonly from: string | undefined;
  readonly internetMessageId: string;
  readonly subject: string;
}

/** Reads the header alone. @throws GraphRefusal 400 for what cannot be read as a message */
export async function readHeader(raw: Buffer): Promise<MessageHeader> {
  const email = await parseHeader(raw);
  const recipients = new Map<string, string>();
  for (const list of [email.to, email.cc, email.bcc])
    for (const { address } of addresses(list))
      if (!recipients.has(address.toLowerCase())) recipients.set(address.toLowerCase(), address);
  return {
    recipients: [...recipients.values()],
    from: addresses(email.from ? [email.from] : [])[0]?.address,
    internetMessageId: email.messageId ?? '',
    subject: email.subject ?? '',
  };
}

export interface ParsedMessage {
  readonly content: MessageContent;
  readonly attachments: readonly Attachment[];
  /** Every field of the header, as it stands there. */
  readonly allHeaders: readonly HeaderField[];
  /** ms since the epoch of the Date field. */
  readonly sentAt: number | undefined;
}

/** Fields that properties stand for, that belong to the MIME form, or that the service writes itself. */
const ownFields =
  /^(?:from|sender|to|cc|bcc|reply-to|subject|message-id|date|importance|mime-version|content-[\w-]+|received|return-path)$/;

/** Reads a whole message. @throws GraphRefusal 400 for what cannot be read as a message */
export async function readMessage(raw: Buffer, now: number): Promise<ParsedMessage> {
  const parser = await postalMime();
  const email = await parser.parse(raw, { forceRfc822Attachments: true }).catch(() => parseHeader(raw));
  const field = (name: string) => email.headers.find(({ key }) => key === name)?.value ?? '';
  const isHtml = Boolean(email.html);
  const allHeaders = email.headers.map(({ key, originalKey, value }) => ({ name: originalKey || key, value }));
  const sentAt = Date.parse(field('date'));
  return {
    content: {
      subject: email.subject ?? '',
      body: { contentType: isHtml ? 'html' : 'text', content: (isHtml ? email.html : email.text) ?? '' },
      from: addresses(email.from ? [email.from] : [])[0],
      sender: addresses(email.sender ? [email.sender] : [])[0],
      to: addresses(email.to),
      cc: addresses(email.cc),
      bcc: addresses(email.bcc),
      replyTo: addresses(email.replyTo),
      internetMessageId: email.messageId ?? '',
      importance: importanceOf(field('importance'), field('x-priority')),
      isDeliveryReceiptRequested: field('return-receipt-to') !== '',
      isReadReceiptRequested: field('disposition-notification-to') !== '',
      headers: allHeaders.filter(({ name }) => !ownFields.test(name.toLowerCase())),
    },
    attachments: email.attachments.map((each, index): Attachment => {
      const isItem = each.mimeType === 'message/rfc822';
      return {
        id: `AAMkAT${String(index).padStart(8, '0')}`,
        kind: isItem ? 'item' : 'file',
        name: each.filename ?? '',
        contentType: mediaType(each.mimeType),
        isInline: each.disposition === 'inline' || each.related === true,
        contentId: each.contentId?.replace(/^<|>$/g, '') ?? null,
        content: typeof each.content === 'string' ? Buffer.from(each.content) : bufferOf(each.content),
        lastModifiedAt: now,
      };
    }),
    allHeaders,
    sentAt: Number.isNaN(sentAt) ? undefined : sentAt,
  };
}

function bufferOf(content: ArrayBuffer | Uint8Array): Buffer {
  return content instanceof ArrayBuffer ? Buffer.from(content) : Buffer.from(content);
}

async function parseHeader(raw: Buffer): Promise<Email> {
  const header = raw.subarray(0, endOfHeader(raw));
  const parser = await postalMime();
  try {
    return await parser.parse(Buffer.concat([header, Buffer.from('\r\n\r\n')]));
  } catch {
    throw exchangeRefusal(400, 'ErrorMimeContentInvalid', 'The MIME content is invalid.');
  }
}

function importanceOf(importance: string, priority: string): MessageContent['importance'] {
  const word = importance.trim().toLowerCase();
  if (word === 'high' || word === 'low') return word;
  if (word !== '') return 'normal';
  const digit = priority.trim()[0] ?? '3';
  if (digit === '1' || digit === '2') return 'high';
  return digit === '4' || digit === '5' ? 'low' : 'normal';
}

function addresses(list: readonly Address[] | undefined): MailAddress[] {
  return (list ?? [])
    .flatMap((entry) => entry.group ?? [entry])
    .flatMap(({ name, address }) => (address?.includes('@') ? [{ name: name ?? '', address }] : []));
}
