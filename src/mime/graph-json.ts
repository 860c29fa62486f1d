/**
 * The JSON form of sendMail, for routes that must not fill Sent Items: MIME has no switch for that, JSON has. It rebuilds
 * the message, so it is never used for mail that would break by it, and what it cannot carry is named for the trail.
 */
import PostalMime, { type Email } from 'postal-mime';
import { canonicalAddress } from './addresses.ts';
import { isSigned } from './from-header.ts';
import { fieldValue, parseRootHeader, type RootHeader } from './root-header.ts';

/** Graph takes no more than five custom header fields, and only those that begin with x- (InvalidInternetMessageHeader). */
const maxCustomHeaders = 5;
const notCarried = [
  'in-reply-to',
  'references',
  'list-unsubscribe',
  'list-unsubscribe-post',
  'list-id',
  'auto-submitted',
];

interface GraphRecipient {
  readonly emailAddress: { readonly address: string; readonly name?: string };
}

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

/** Rebuilds a message as Graph JSON for exactly these envelope recipients. */
export async function toJsonForm(mime: Buffer, recipients: readonly string[]): Promise<JsonForm> {
  const header = parseRootHeader(mime);
  if (isSigned(header)) return { possible: false, why: 'the message is signed or encrypted' };
  const email = await PostalMime.parse(mime);
  if (email.attachments.some((attachment) => attachment.mimeType === 'text/calendar'))
    return { possible: false, why: 'the message is an invitation' };
  const { html, text } = email;
  return {
    possible: true,
    lost: [
      ...notCarried.filter((name) => header.fields.some((field) => field.name === name)),
      ...(html && text ? ['text alternative'] : []),
    ],
    message: {
      subject: email.subject ?? '',
      body: html ? { contentType: 'html', content: html } : { contentType: 'text', content: text ?? '' },
      ...recipientFields(email, recipients),
      replyTo: addressList(email.replyTo).map(toRecipient),
      importance: importance(header),
      ...customHeaders(header),
      ...(email.messageId ? { internetMessageId: email.messageId } : {}),
      attachments: email.attachments.map((attachment, index) => ({
        '@odata.type': '#microsoft.graph.fileAttachment',
        name: attachment.filename ?? `attachment-${index + 1}`,
        contentType: attachment.mimeType,
        contentBytes: contentBytes(attachment.content).toString('base64'),
        isInline: attachment.disposition === 'inline' || attachment.related === true,
        ...(attachment.contentId ? { contentId: attachment.contentId.replace(/^<|>$/g, '') } : {}),
      })),
    },
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

function recipientFields(email: Email, recipients: readonly string[]) {
  const left = new Map(recipients.map((address) => [canonicalAddress(address), address]));
  const take = (list: Listed) =>
    addressList(list)
      .filter(({ address }) => left.delete(canonicalAddress(address)))
      .map(toRecipient);
  const toRecipients = take(email.to);
  const ccRecipients = take(email.cc);
  const bccRecipients = [...left.values()].map((address) => toRecipient({ address, name: '' }));
  const from = email.from?.address ? { from: toRecipient({ address: email.from.address, name: email.from.name }) } : {};
  return { toRecipients, ccRecipients, bccRecipients, ...from };
}

function customHeaders(header: RootHeader) {
  const custom = header.fields
    .filter((field) => field.name.startsWith('x-'))
    .slice(0, maxCustomHeaders)
    .map((field) => ({ name: field.name, value: fieldValue(header, field) }));
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
