/**
 * The JSON form of sendMail, for routes that must not fill Sent Items: MIME has no switch for that, JSON has. It rebuilds
 * the message, so it is never used for mail that would break by it, and what it cannot carry is named for the trail.
 */
import PostalMime, { type Attachment, type Email } from 'postal-mime';
import { isSigned } from './from-header.ts';
import { canonicalAddress, fromLatin1 } from './mailbox.ts';
import { fieldsNamed, fieldValue, type HeaderField, parseRootHeader, type RootHeader } from './root-header.ts';

/** Graph takes no more than five custom header fields, and only those that begin with x- (InvalidInternetMessageHeader). */
const maxCustomHeaders = 5;

/** Fields that the JSON form has a place for, that only describe the MIME form, or that Exchange writes itself. */
const carriedNames = new Set(
  ['subject', 'from', 'to', 'cc', 'bcc', 'reply-to', 'message-id', 'date', 'importance', 'x-priority'].concat([
    'mime-version',
    'received',
    'return-path',
    'delivered-to',
    'sender',
    'apparently-to',
    '',
  ]),
);

interface GraphRecipient {
  readonly emailAddress: { readonly address: string; readonly name?: string };
}

/** The `message` of a sendMail request (https://learn.microsoft.com/graph/api/resources/message). */
export interface GraphMessage {
  readonly subject: string;
  readonly body: { readonly contentType: 'html' | 'text'; readonly content: string };
  readonly from?: GraphRecipient;
  readonly toRecipients: readonly GraphRecipient[];
  readonly ccRecipients: readonly GraphRecipient[];
  readonly bccRecipients: readonly GraphRecipient[];
  readonly replyTo: readonly GraphRecipient[];
  readonly internetMessageId?: string;
  readonly importance: 'low' | 'normal' | 'high';
  readonly internetMessageHeaders?: readonly { readonly name: string; readonly value: string }[];
  readonly attachments: readonly GraphAttachment[];
}

interface GraphAttachment {
  readonly '@odata.type': '#microsoft.graph.fileAttachment';
  readonly name: string;
  readonly contentType: string;
  readonly contentBytes: string;
  readonly isInline: boolean;
  readonly contentId?: string;
}

export type JsonForm =
  | { readonly possible: true; readonly message: GraphMessage; readonly lost: readonly string[] }
  | { readonly possible: false; readonly why: string };

/**
 * Rebuilds a message as Graph JSON for exactly these envelope recipients. Never rejects: what cannot be rebuilt is not
 * possible, with the reason.
 */
export async function toJsonForm(mime: Buffer, recipients: readonly string[]): Promise<JsonForm> {
  const header = parseRootHeader(mime);
  const refused = refusalByHeader(header);
  if (refused) return { possible: false, why: refused };
  let email: Email;
  try {
    // A forwarded message is an attachment; merged into the text, it would be lost as a message.
    email = await PostalMime.parse(mime, { forceRfc822Attachments: true, attachmentEncoding: 'arraybuffer' });
  } catch {
    return { possible: false, why: 'its MIME structure cannot be read' };
  }
  const refusedByParts = email.attachments.map(refusalByPart).find((why) => why !== undefined);
  if (refusedByParts) return { possible: false, why: refusedByParts };
  const { html, text } = email;
  const custom = header.fields.filter(isCustom);
  return {
    possible: true,
    lost: [...lostFields(header, custom.slice(maxCustomHeaders)), ...(html && text ? ['text alternative'] : [])],
    message: {
      subject: email.subject ?? '',
      body: html ? { contentType: 'html', content: html } : { contentType: 'text', content: text ?? '' },
      ...recipientFields(email, recipients),
      replyTo: addressList(email.replyTo).map(toRecipient),
      importance: importance(header),
      ...customHeaders(header, custom.slice(0, maxCustomHeaders)),
      ...(email.messageId ? { internetMessageId: email.messageId } : {}),
      attachments: email.attachments.map(toAttachment),
    },
  };
}

function refusalByHeader(header: RootHeader): string | undefined {
  if (isSigned(header)) return 'the message is signed or encrypted';
  const types = fieldsNamed(header, 'content-type').map((field) => fieldValue(header, field).toLowerCase());
  if (types.some((type) => type.startsWith('multipart/encrypted'))) return 'the message is encrypted';
  if (types.some((type) => type.startsWith('multipart/report'))) return 'the message is a delivery report';
  if (types.some((type) => type.startsWith('text/calendar'))) return 'the message is an invitation';
  return undefined;
}

/** Signed, encrypted and calendar parts may stand below a multipart/mixed that a list or a scanner put around them. */
function refusalByPart({ mimeType }: Attachment): string | undefined {
  if (mimeType === 'text/calendar') return 'the message is an invitation';
  if (/^application\/(?:(?:x-)?pkcs7-(?:mime|signature)|pgp-(?:encrypted|signature))$/i.test(mimeType))
    return 'a part of the message is signed or encrypted';
  return undefined;
}

function isCustom(field: HeaderField): boolean {
  return field.name.startsWith('x-') && !carriedNames.has(field.name);
}

/** Names of fields that are not carried, each once, spelt as RFCs spell them. */
function lostFields(header: RootHeader, customTooMany: readonly HeaderField[]): string[] {
  const lost = header.fields.filter(
    (field) => !carriedNames.has(field.name) && !field.name.startsWith('content-') && !isCustom(field),
  );
  const names = [...lost, ...customTooMany].map(({ name }) =>
    name.replace(/(?:^|-)[a-z]/g, (part) => part.toUpperCase()),
  );
  return [...new Set(names)];
}

function toAttachment(attachment: Attachment, index: number): GraphAttachment {
  return {
    '@odata.type': '#microsoft.graph.fileAttachment',
    name: attachment.filename ?? `attachment-${index + 1}${attachment.mimeType === 'message/rfc822' ? '.eml' : ''}`,
    contentType: attachment.mimeType,
    contentBytes: contentBytes(attachment.content).toString('base64'),
    isInline: attachment.disposition === 'inline' || attachment.related === true,
    ...(attachment.contentId ? { contentId: attachment.contentId.replace(/^<|>$/g, '') } : {}),
  };
}

type Listed = Email['to'];
interface NamedAddress {
  readonly address: string;
  readonly name: string;
}

function addressList(list: Listed): NamedAddress[] {
  return (list ?? [])
    .flatMap((entry) => entry.group ?? [entry])
    .flatMap((entry) => (entry.address ? [{ address: entry.address, name: entry.name }] : []));
}

function toRecipient({ address, name }: NamedAddress): GraphRecipient {
  return { emailAddress: name ? { address, name } : { address } };
}

/** To and Cc as far as the envelope has them, each address once and spelt as the envelope spells it; the rest is Bcc. */
function recipientFields(email: Email, recipients: readonly string[]) {
  const left = new Map(recipients.map((address) => [canonicalAddress(address), address]));
  const take = (list: Listed) =>
    addressList(list).flatMap(({ address, name }) => {
      const canonical = canonicalAddress(address);
      const wanted = left.get(canonical);
      left.delete(canonical);
      return wanted === undefined ? [] : [toRecipient({ address: wanted, name })];
    });
  const toRecipients = take(email.to);
  const ccRecipients = take(email.cc);
  const bccRecipients = [...left.values()].map((address) => toRecipient({ address, name: '' }));
  const from = email.from?.address ? { from: toRecipient({ address: email.from.address, name: email.from.name }) } : {};
  return { toRecipients, ccRecipients, bccRecipients, ...from };
}

function customHeaders(header: RootHeader, fields: readonly HeaderField[]) {
  const custom = fields.map((field) => ({ name: field.name, value: fromLatin1(fieldValue(header, field)) }));
  return custom.length > 0 ? { internetMessageHeaders: custom } : {};
}

function importance(header: RootHeader): GraphMessage['importance'] {
  const field = header.fields.find((each) => each.name === 'importance' || each.name === 'x-priority');
  const value = field ? fieldValue(header, field).toLowerCase() : '';
  if (/^(?:high|1|2)/.test(value)) return 'high';
  return /^(?:low|4|5)/.test(value) ? 'low' : 'normal';
}

function contentBytes(content: string | ArrayBuffer | Uint8Array): Buffer {
  return typeof content === 'string' ? Buffer.from(content) : Buffer.from(new Uint8Array(content));
}
