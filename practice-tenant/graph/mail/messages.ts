/**
 * Messages of a mailbox: list, create as a draft, read, change, delete, send.
 * Source: Graph v1.0 "List messages", "Create message", "Update message", "message: send".
 */
import { randomUUID } from 'node:crypto';
import type { TenantResponse } from '../../http/exchange.ts';
import type { FolderName, MailCopy } from '../../mailboxes/mailboxes.ts';
import type { Draft } from '../../mailboxes/message-content.ts';
import { submitMessage } from '../../mailboxes/transport.ts';
import { json, noContent } from '../graph-answer.ts';
import { exchangeRefusal, refusal, unknownSegment } from '../graph-error.ts';
import { matches } from '../odata/filter.ts';
import type { Filter } from '../odata/filter-parser.ts';
import { answerAttachments } from './attachments.ts';
import { decodeBase64 } from './base64.ts';
import { composeDraft, composeMessage } from './compose-message.ts';
import { kindOfBody, readLowerCaseJson } from './lower-case-json.ts';
import {
  contextUrl,
  findMessage,
  idOf,
  invalidForItem,
  type MailCall,
  mailUrl,
  preferenceHeaders,
  recipientsOf,
  requireRoom,
  requireSendAs,
  withSender,
} from './mail-call.ts';
import { count } from './mail-folders.ts';
import { compareBy, nextLink, propertiesUsed, readMailQuery, selectContext, selected } from './mail-query.ts';
import { alwaysShown, attachmentJson, contentOf, messageEntity, messageJson } from './message-json.ts';
import { attachmentsFrom, contentFrom, type MessageBody, marksFrom, readMessageBody } from './message-schema.ts';
import { readMessage } from './mime-message.ts';

/** Answers what stands behind `messages` in the path. @param folder undefined for the whole mailbox */
export async function answerMessages(
  call: MailCall,
  folder: FolderName | undefined,
  path: readonly string[],
): Promise<TenantResponse> {
  const { method } = call.request;
  const [id, part, ...rest] = path;
  if (id === undefined) {
    if (method === 'GET') return listMessages(call, folder);
    if (method === 'POST') return createDraft(call, folder ?? 'drafts');
    throw refusal('methodNotAllowed');
  }
  if (id === '$count') {
    if (method !== 'GET') throw refusal('methodNotAllowed');
    return count((await passing(call, folder)).length);
  }
  const copy = findMessage(call, id);
  if (folder !== undefined && copy.folder !== folder) throw refusal('itemNotFound');
  if (part?.toLowerCase() === 'attachments') return answerAttachments(call, copy, rest);
  if (rest[0] !== undefined) throw unknownSegment(rest[0]);
  switch (`${method} ${part?.toLowerCase() ?? ''}`) {
    case 'GET ':
      return readOne(call, copy);
    case 'PATCH ':
      return changeOne(call, copy);
    case 'DELETE ':
      return deleteOne(call, copy);
    case 'GET $value':
      return mimeOf(call, copy);
    case 'POST send':
      return sendDraft(call, copy);
    default:
      if (part === undefined || part === '$value' || part.toLowerCase() === 'send') throw refusal('methodNotAllowed');
      throw unknownSegment(part);
  }
}

async function listMessages(call: MailCall, folder: FolderName | undefined): Promise<TenantResponse> {
  const { request, service } = call;
  const query = readMailQuery(request, messageEntity);
  const { skip, top, select } = query;
  const found = await passing(call, folder);
  const used = propertiesUsed(query);
  const value: object[] = [];
  for (const copy of found.slice(skip, skip + top)) value.push(await shown(call, copy, used, select, query.expand));
  const place = folder === undefined ? 'messages' : `mailFolders('${folder}')/messages`;
  return json(
    {
      '@odata.context': contextUrl(call, `${place}${selectContext(query)}`),
      ...(query.count ? { '@odata.count': found.length } : {}),
      ...(skip + top < found.length ? { '@odata.nextLink': nextLink(service.origin, request, skip + top) } : {}),
      value,
    },
    200,
    preferenceHeaders(call),
  );
}

/** The messages that the query lets pass, in its order; the newest first when it names none. */
async function passing(call: MailCall, folder: FolderName | undefined): Promise<readonly MailCopy[]> {
  const { tenant, mailbox } = call;
  const query = readMailQuery(call.request, messageEntity);
  const { filter, orderBy } = query;
  const { mailboxes } = tenant;
  const all = (folder ? mailboxes.of(mailbox.address, folder) : mailboxes.all(mailbox.address)).toReversed();
  const wantedId = filter && onlyByMessageId(filter);
  if (wantedId !== undefined && orderBy.length === 0)
    return all.filter(({ internetMessageId }) => internetMessageId.toLowerCase() === wantedId);
  if (!filter && orderBy.length === 0) return all;
  const used = propertiesUsed({ ...query, select: ['id'] });
  const candidates: { readonly copy: MailCopy; readonly item: Readonly<Record<string, unknown>> }[] = [];
  for (const copy of all) {
    const item = await messageJson(call, copy, used);
    if (!filter || matches(item, filter)) candidates.push({ copy, item });
  }
  if (orderBy.length > 0) {
    const compare = compareBy(orderBy);
    candidates.sort((a, b) => compare(a.item, b.item));
  }
  return candidates.map(({ copy }) => copy);
}

/** The search that clients make most: it must not read every message of a big folder. */
function onlyByMessageId(filter: Filter): string | undefined {
  const isById =
    filter.kind === 'compare' &&
    filter.operator === 'eq' &&
    filter.path.join('/').toLowerCase() === 'internetmessageid';
  return isById && typeof filter.value === 'string' ? filter.value.toLowerCase() : undefined;
}

async function shown(
  call: MailCall,
  copy: MailCopy,
  used: ReadonlySet<string> | undefined,
  select: readonly string[] | undefined,
  expand: readonly string[] = [],
): Promise<object> {
  const item = selected(await messageJson(call, copy, used), select, alwaysShown);
  if (expand.length === 0) return item;
  const { attachments } = await contentOf(call, copy);
  return { ...item, attachments: attachments.map((each) => attachmentJson(each, true)) };
}

async function readOne(call: MailCall, copy: MailCopy): Promise<TenantResponse> {
  const query = readMailQuery(call.request, messageEntity);
  const item = await shown(call, copy, propertiesUsed(query), query.select, query.expand);
  return json(
    { '@odata.context': contextUrl(call, `messages${selectContext(query)}/$entity`), ...item },
    200,
    preferenceHeaders(call),
  );
}

async function createDraft(call: MailCall, folder: FolderName): Promise<TenantResponse> {
  requireRoom(call);
  const { tenant, mailbox, request } = call;
  const isMime = kindOfBody(request) === 'mime';
  const body = isMime ? undefined : readMessageBody(readLowerCaseJson(request));
  const draft = body ? await draftOfJson(call, body) : await draftOfMime(call);
  const saved = tenant.mailboxes.saveDraft(mailbox.address, named(draft, tenant.directory.domain), folder);
  const copy = body ? tenant.mailboxes.change(saved, { marks: marksFrom(body) }) : saved;
  return json(
    {
      '@odata.context': contextUrl(call, 'messages/$entity'),
      ...(await messageJson(call, copy, undefined)),
    },
    201,
    { location: mailUrl(call, `messages('${idOf(call, copy)}')`), ...preferenceHeaders(call) },
  );
}

async function draftOfJson(call: MailCall, body: MessageBody): Promise<Draft> {
  const attachments = await attachmentsFrom(body.attachments ?? [], call.now, (content, within) =>
    composeMessage(content, within, call.now),
  );
  return { content: contentFrom(body), mime: undefined, attachments, withinMime: 0 };
}

async function draftOfMime({ request, now }: MailCall): Promise<Draft> {
  const mime = decodeBase64(request.body.toString('latin1'));
  if (!mime || mime.length === 0) throw refusal('invalidBase64');
  const { content, attachments } = await readMessage(mime, now);
  return { content, mime, attachments, withinMime: attachments.length };
}

/** A draft has an internetMessageId from the beginning. MIME that brought none is not touched for it. */
function named(draft: Draft, domain: string): Draft {
  if (draft.content.internetMessageId !== '') return draft;
  return { ...draft, content: { ...draft.content, internetMessageId: `<${randomUUID()}@${domain}>` } };
}

/** Properties that change what will be sent; they can only be changed while it is a draft. */
const draftOnly = [
  'subject',
  'body',
  'from',
  'sender',
  'torecipients',
  'ccrecipients',
  'bccrecipients',
  'replyto',
  'internetmessageid',
  'isdeliveryreceiptrequested',
  'isreadreceiptrequested',
] as const;

async function changeOne(call: MailCall, copy: MailCopy): Promise<TenantResponse> {
  const body = readMessageBody(readLowerCaseJson(call.request));
  const { draft } = copy;
  const changesContent = draftOnly.some((name) => body[name] !== undefined);
  if (changesContent && !draft) throw invalidForItem('The property can be changed only while the message is a draft.');
  if (body.internetmessageheaders || body.attachments)
    throw invalidForItem('Headers and attachments cannot be changed by an update of the message.');
  const content = draft && (changesContent || body.importance) ? contentFrom(body, draft.content) : undefined;
  const changed = call.tenant.mailboxes.change(copy, {
    marks: marksFrom(body),
    ...(draft && content ? { draft: { ...draft, content, mime: undefined, withinMime: 0 } } : {}),
  });
  return readOne(call, changed);
}

/** To Deleted Items, and from there away for good. */
function deleteOne({ tenant }: MailCall, copy: MailCopy): TenantResponse {
  if (copy.folder === 'deleteditems') tenant.mailboxes.remove(copy);
  else tenant.mailboxes.move(copy, 'deleteditems');
  return noContent;
}

async function mimeOf(call: MailCall, copy: MailCopy): Promise<TenantResponse> {
  const { draft, raw } = copy;
  const body = draft ? await composeDraft(withDraftSender(call, draft), call.now) : (raw ?? Buffer.alloc(0));
  return { status: 200, headers: { 'content-type': 'text/plain' }, body };
}

async function sendDraft(call: MailCall, copy: MailCopy): Promise<TenantResponse> {
  const { service, tenant, mailbox, now } = call;
  if (!copy.draft) throw invalidForItem('Only a draft can be sent.');
  requireRoom(call);
  const draft = withDraftSender(call, copy.draft);
  const { content } = draft;
  const recipients = recipientsOf(content);
  if (recipients.length === 0) throw refusal('invalidRecipients');
  requireSendAs(call, content.from?.address, draft.mime ? undefined : content.sender?.address);
  const raw = await composeDraft(draft, now);
  // Composing takes a while: two requests to send the same draft must not both find it, nor send what was changed since.
  if (findMessage(call, copy.id) !== copy)
    throw exchangeRefusal(409, 'ErrorIrresolvableConflict', 'The draft was changed while it was being sent.');
  submitMessage(service, tenant, {
    sender: mailbox,
    recipients,
    raw,
    from: content.from?.address,
    saveToSentItems: true,
    internetMessageId: content.internetMessageId,
    subject: content.subject,
    draft: copy,
  });
  return { status: 202 };
}

function withDraftSender({ mailbox }: MailCall, draft: Draft): Draft {
  return { ...draft, content: withSender(draft.content, mailbox) };
}
