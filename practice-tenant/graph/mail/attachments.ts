/**
 * Attachments of a message: add a small one, list, read, delete, and the session for a big one.
 * Source: Graph v1.0 "Add attachment", "attachment: createUploadSession", "Attach large files to Outlook messages".
 */
import { z } from 'zod';
import type { TenantResponse } from '../../http/exchange.ts';
import { immutableIdOf, type MailCopy } from '../../mailboxes/mailboxes.ts';
import type { Attachment, Draft } from '../../mailboxes/message-content.ts';
import type { UploadWish } from '../../mailboxes/upload-sessions.ts';
import { json, noContent } from '../graph-answer.ts';
import { exchangeRefusal, refusal, unknownSegment } from '../graph-error.ts';
import { matches } from '../odata/filter.ts';
import { composeMessage } from './compose-message.ts';
import { kindOfBody, readLowerCaseJson, validated } from './lower-case-json.ts';
import { contextUrl, findMessage, idOf, invalidForItem, type MailCall, mailUrl, requireRoom } from './mail-call.ts';
import { count } from './mail-folders.ts';
import { compareBy, type MailEntity, nextLink, readMailQuery, selectContext, selected } from './mail-query.ts';
import { attachmentJson, contentOf, messageJson } from './message-json.ts';
import { attachmentsFrom, mediaType, readAttachmentBody } from './message-schema.ts';
import { readMessage } from './mime-message.ts';
import { uploadAddress } from './upload-session.ts';

const mib = 1024 * 1024;
/** A single POST takes less than this. */
const singlePostBytes = 3 * mib;
/** Seen in the field, where the documentation says 3 MB. */
const leastSessionBytes = 2 * mib;
const mostSessionBytes = 150 * mib;

const attachmentEntity: MailEntity = {
  name: 'attachment',
  properties: [
    'id',
    'lastModifiedDateTime',
    'name',
    'contentType',
    'size',
    'isInline',
    'contentId',
    'contentLocation',
    'contentBytes',
  ],
  navigation: ['item'],
};

/** Answers what stands behind `messages/{id}/attachments` in the path. */
export async function answerAttachments(
  call: MailCall,
  copy: MailCopy,
  path: readonly string[],
): Promise<TenantResponse> {
  const { method } = call.request;
  const [id, part, ...rest] = path;
  if (id === undefined) {
    if (method === 'GET') return listAttachments(call, copy);
    if (method === 'POST') return addAttachment(call, copy);
    throw refusal('methodNotAllowed');
  }
  if (rest[0] !== undefined) throw unknownSegment(rest[0]);
  if (id.toLowerCase() === 'createuploadsession' && part === undefined) {
    if (method !== 'POST') throw refusal('methodNotAllowed');
    return createUploadSession(call, copy);
  }
  const { attachments } = await contentOf(call, copy);
  if (id === '$count' && method === 'GET' && part === undefined) return count(attachments.length);
  const attachment = attachments.find((each) => each.id === id);
  if (!attachment) throw refusal('itemNotFound');
  switch (`${method} ${part?.toLowerCase() ?? ''}`) {
    case 'GET ':
      return readAttachment(call, copy, attachment);
    case 'GET $value':
      return { status: 200, headers: { 'content-type': attachment.contentType }, body: attachment.content };
    case 'DELETE ':
      return deleteAttachment(call, copy, attachment);
    default:
      if (part === undefined || part.toLowerCase() === '$value') throw refusal('methodNotAllowed');
      throw unknownSegment(part);
  }
}

async function listAttachments(call: MailCall, copy: MailCopy): Promise<TenantResponse> {
  const query = readMailQuery(call.request, attachmentEntity);
  const { filter, orderBy, skip, top } = query;
  const { attachments } = await contentOf(call, copy);
  const all = attachments.map((each) => attachmentJson(each, true)).filter((each) => !filter || matches(each, filter));
  if (orderBy.length > 0) all.sort(compareBy(orderBy));
  return json({
    '@odata.context': contextUrl(call, `${placeOf(call, copy)}${selectContext(query)}`),
    ...(query.count ? { '@odata.count': all.length } : {}),
    ...(skip + top < all.length ? { '@odata.nextLink': nextLink(call.service.origin, call.request, skip + top) } : {}),
    value: all.slice(skip, skip + top).map((each) => selected(each, query.select, ['id'])),
  });
}

async function readAttachment(call: MailCall, copy: MailCopy, attachment: Attachment): Promise<TenantResponse> {
  // Clients expand it by its full name, `microsoft.graph.itemAttachment/item`.
  const expand = call.request.query.get('$expand') ?? '';
  const query = new URLSearchParams(call.request.query);
  query.delete('$expand');
  const { select } = readMailQuery({ ...call.request, query }, attachmentEntity);
  const wantsItem = attachment.kind === 'item' && /(?:^|\/)item\b/i.test(expand);
  return json({
    '@odata.context': contextUrl(call, `${placeOf(call, copy)}/$entity`),
    ...selected(attachmentJson(attachment, true), select, ['id']),
    ...(wantsItem ? { item: await itemJson(call, copy, attachment) } : {}),
  });
}

/** The message within an attachment, which lies in no folder. */
async function itemJson(call: MailCall, copy: MailCopy, attachment: Attachment): Promise<object> {
  const { content } = await readMessage(attachment.content, call.now);
  const { draft: _draft, ...rest } = copy;
  const { subject, internetMessageId } = content;
  const inner = await messageJson(call, { ...rest, raw: attachment.content, subject, internetMessageId }, undefined);
  const { parentFolderId: _folder, ...item } = inner;
  return { '@odata.type': '#microsoft.graph.message', ...item, id: '' };
}

async function addAttachment(call: MailCall, copy: MailCopy): Promise<TenantResponse> {
  requireRoom(call);
  draftOf(copy);
  if (kindOfBody(call.request) !== 'json') throw refusal('unsupportedMediaType');
  const body = readAttachmentBody(readLowerCaseJson(call.request));
  const [added] = await attachmentsFrom([body], call.now, (content, within) =>
    composeMessage(content, within, call.now),
  );
  if (!added || added.content.length >= singlePostBytes) throw refusal('tooLarge');
  // Another request may have changed the draft meanwhile.
  const current = findMessage(call, copy.id);
  const draft = draftOf(current);
  call.tenant.mailboxes.change(current, { draft: { ...draft, attachments: [...draft.attachments, added] } });
  return json(
    { '@odata.context': contextUrl(call, `${placeOf(call, copy)}/$entity`), ...attachmentJson(added, true) },
    201,
    { location: mailUrl(call, `${placeOf(call, copy)}('${added.id}')`) },
  );
}

/** What came within MIME can only go by writing the message anew. */
function deleteAttachment(call: MailCall, copy: MailCopy, attachment: Attachment): TenantResponse {
  const current = findMessage(call, copy.id);
  const draft = draftOf(current);
  const attachments = draft.attachments.filter(({ id }) => id !== attachment.id);
  const isWithinMime = draft.attachments.slice(0, draft.withinMime).some(({ id }) => id === attachment.id);
  const mime = isWithinMime ? { mime: undefined, withinMime: 0 } : {};
  call.tenant.mailboxes.change(current, { draft: { ...draft, attachments, ...mime } });
  return noContent;
}

const kinds = ['file', 'item', 'reference'] as const;
const wishSchema = z.object({
  attachmentitem: z.looseObject({
    attachmenttype: z
      .string()
      .transform((each) => each.toLowerCase())
      .pipe(z.enum(kinds)),
    name: z.string().min(1),
    size: z.number().int().positive(),
    contenttype: z.string().nullish(),
    isinline: z.boolean().nullish(),
    contentid: z.string().nullish(),
  }),
});

function createUploadSession(call: MailCall, copy: MailCopy): TenantResponse {
  requireRoom(call);
  draftOf(copy);
  if (kindOfBody(call.request) !== 'json') throw refusal('unsupportedMediaType');
  const { attachmentitem: item } = validated(readLowerCaseJson(call.request), wishSchema, 'attachmentItem');
  if (item.attachmenttype === 'reference')
    throw invalidForItem('Reference attachments cannot be uploaded in a session.');
  if (item.size < leastSessionBytes)
    throw exchangeRefusal(
      400,
      'ErrorAttachmentSizeShouldNotBeLessThanMinimumSize',
      'Attachment size must be greater than the minimum size.',
    );
  if (item.size > mostSessionBytes)
    throw exchangeRefusal(
      400,
      'ErrorAttachmentSizeLimitExceeded',
      'The file attachment exceeds the maximum supported size.',
    );
  const wish: UploadWish = {
    name: item.name,
    size: item.size,
    contentType: mediaType(item.contenttype),
    isInline: item.isinline ?? false,
    contentId: item.contentid?.replace(/^<|>$/g, '') || null,
    kind: item.attachmenttype,
  };
  const { tenant, mailbox, caller, service } = call;
  const { session, token } = tenant.mailboxes.uploads.start({
    userId: mailbox.id,
    mailbox: mailbox.address,
    draftId: immutableIdOf(copy),
    appId: caller.appId,
    wish,
  });
  return json(
    {
      '@odata.context': `${service.origin}/v1.0/$metadata#microsoft.graph.uploadSession`,
      uploadUrl: uploadAddress(service, tenant, session, token),
      expirationDateTime: new Date(session.expiresAt).toISOString(),
      nextExpectedRanges: ['0-'],
    },
    201,
  );
}

function draftOf({ draft }: MailCopy): Draft {
  if (!draft) throw invalidForItem('Attachments can be changed only while the message is a draft.');
  return draft;
}

function placeOf(call: MailCall, copy: MailCopy): string {
  return `messages('${idOf(call, copy)}')/attachments`;
}
