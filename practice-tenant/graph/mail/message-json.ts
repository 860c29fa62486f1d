/**
 * A message of a mailbox as Graph shows it. What needs the body to be read is only made when somebody asks for it, so that a
 * look for an id among thousands stays quick.
 * Source: Graph v1.0 "message resource type"; the schema of the metadata document.
 */
import { createHash } from 'node:crypto';
import type { MailCopy } from '../../mailboxes/mailboxes.ts';
import type { Attachment, MailAddress, MessageContent } from '../../mailboxes/message-content.ts';
import { folderIdOf } from './folder-id.ts';
import { idOf, type MailCall, ownAddress } from './mail-call.ts';
import type { MailEntity } from './mail-query.ts';
import { type ParsedMessage, readMessage } from './mime-message.ts';

/** Made without the body. */
const quickProperties = [
  'id',
  'createdDateTime',
  'lastModifiedDateTime',
  'changeKey',
  'categories',
  'receivedDateTime',
  'internetMessageId',
  'subject',
  'parentFolderId',
  'conversationId',
  'conversationIndex',
  'isRead',
  'isDraft',
  'webLink',
  'inferenceClassification',
  'flag',
] as const;
const bodyProperties = [
  'sentDateTime',
  'hasAttachments',
  'bodyPreview',
  'importance',
  'isDeliveryReceiptRequested',
  'isReadReceiptRequested',
  'body',
  'sender',
  'from',
  'toRecipients',
  'ccRecipients',
  'bccRecipients',
  'replyTo',
] as const;
/** Shown only where $select names them. */
const onRequest = ['internetMessageHeaders', 'uniqueBody'] as const;

export const messageEntity: MailEntity = {
  name: 'message',
  properties: [...quickProperties, ...bodyProperties, ...onRequest],
  navigation: ['attachments'],
};

/** Properties without which an object is never shown. */
export const alwaysShown = ['id'];

export type MessageJson = Readonly<Record<string, unknown>>;

/** @param used names in lower case of what is wanted; everything but what comes on request when not given */
export async function messageJson(
  call: MailCall,
  copy: MailCopy,
  used: ReadonlySet<string> | undefined,
): Promise<MessageJson> {
  const quick = quickJson(call, copy);
  const wantsBody = !used || [...bodyProperties, ...onRequest].some((name) => used.has(name.toLowerCase()));
  return wantsBody ? { ...quick, ...(await bodyJson(call, copy, used)) } : quick;
}

function quickJson(call: MailCall, copy: MailCopy): MessageJson {
  const { receivedAt, internetMessageId, subject, folder, marks = {} } = copy;
  const id = idOf(call, copy);
  const at = graphTime(receivedAt);
  const changeKey = digest(JSON.stringify([copy.id, marks, subject, copy.size]))
    .subarray(0, 12)
    .toString('base64');
  const conversation = digest(subject.replace(/^(?:(?:re|fwd?|aw|wg): *)+/i, ''));
  return {
    '@odata.etag': `W/"${changeKey}"`,
    id,
    createdDateTime: at,
    lastModifiedDateTime: at,
    changeKey,
    categories: marks.categories ?? [],
    receivedDateTime: at,
    internetMessageId,
    subject,
    parentFolderId: folderIdOf(call.mailbox, folder),
    conversationId: `AAQk${conversation.toString('base64url')}`,
    conversationIndex: conversation.subarray(0, 22).toString('base64'),
    isRead: marks.isRead ?? folder !== 'inbox',
    isDraft: copy.draft !== undefined,
    webLink: `https://outlook.office365.com/owa/?ItemID=${encodeURIComponent(id)}&exvsurl=1&viewmodel=ReadMessageItem`,
    inferenceClassification: marks.inferenceClassification ?? 'focused',
    flag: { flagStatus: marks.flagStatus ?? 'notFlagged' },
  };
}

async function bodyJson(call: MailCall, copy: MailCopy, used: ReadonlySet<string> | undefined): Promise<MessageJson> {
  const { content, attachments, allHeaders, sentAt } = await contentOf(call, copy);
  const from = content.from ?? (copy.draft ? ownAddress(call.mailbox) : undefined);
  const body = { contentType: content.body.contentType, content: content.body.content };
  return {
    sentDateTime: graphTime(sentAt ?? copy.receivedAt),
    hasAttachments: attachments.some(({ isInline }) => !isInline),
    bodyPreview: preview(content),
    importance: copy.marks?.importance ?? content.importance,
    isDeliveryReceiptRequested: content.isDeliveryReceiptRequested,
    isReadReceiptRequested: content.isReadReceiptRequested,
    body,
    ...(content.sender || from ? { sender: recipient(content.sender ?? from) } : {}),
    ...(from ? { from: recipient(from) } : {}),
    toRecipients: content.to.map(recipient),
    ccRecipients: content.cc.map(recipient),
    bccRecipients: content.bcc.map(recipient),
    replyTo: content.replyTo.map(recipient),
    ...(used?.has('internetmessageheaders') ? { internetMessageHeaders: allHeaders } : {}),
    ...(used?.has('uniquebody') ? { uniqueBody: body } : {}),
  };
}

const nothing: ParsedMessage = {
  content: {
    subject: '',
    body: { contentType: 'text', content: '' },
    from: undefined,
    sender: undefined,
    to: [],
    cc: [],
    bcc: [],
    replyTo: [],
    internetMessageId: '',
    importance: 'normal',
    isDeliveryReceiptRequested: false,
    isReadReceiptRequested: false,
    headers: [],
  },
  attachments: [],
  allHeaders: [],
  sentAt: undefined,
};

/** What a message holds; nothing where bodies are not kept. */
export async function contentOf({ now }: MailCall, { draft, raw }: MailCopy): Promise<ParsedMessage> {
  if (draft) {
    const { content, attachments } = draft;
    return { content, attachments, allHeaders: content.headers, sentAt: undefined };
  }
  return raw ? readMessage(raw, now) : nothing;
}

/** One attachment as Graph shows it. @param full with the content */
export function attachmentJson(attachment: Attachment, full: boolean): MessageJson {
  const { id, kind, name, contentType, isInline, contentId, content, lastModifiedAt } = attachment;
  const common = {
    id,
    lastModifiedDateTime: graphTime(lastModifiedAt),
    name,
    contentType,
    size: content.length,
    isInline,
  };
  if (kind === 'item') return { '@odata.type': '#microsoft.graph.itemAttachment', ...common };
  return {
    '@odata.type': '#microsoft.graph.fileAttachment',
    '@odata.mediaContentType': contentType,
    ...common,
    contentId,
    contentLocation: null,
    ...(full ? { contentBytes: content.toString('base64') } : {}),
  };
}

function recipient(address: MailAddress | undefined) {
  return { emailAddress: { name: address?.name || address?.address || '', address: address?.address ?? '' } };
}

/** Without fractions, as Exchange writes times. */
export function graphTime(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** The first 255 characters of the text. Only the beginning of the body is looked at, whatever its size. */
function preview({ body }: MessageContent): string {
  const start = body.content.slice(0, 4096);
  const text =
    body.contentType === 'html' ? start.replace(/<(?:style|script)\b[\s\S]*?<\/[^>]*>|<[^>]*>/gi, ' ') : start;
  return text.replace(/\s+/g, ' ').trim().slice(0, 255);
}
