/**
 * The message of a request as a schema over names in lower case, and the content that it stands for.
 * Source: Graph v1.0 "message resource type", "internetMessageHeader"; the schema of the metadata document.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Attachment, MailAddress, Marks, MessageContent } from '../../mailboxes/message-content.ts';
import { exchangeRefusal, invalidHeaderName, refusal } from '../graph-error.ts';
import { decodeBase64 } from './base64.ts';
import { bodyRefusal, validated } from './lower-case-json.ts';

/** An address that a header can hold without becoming two, or somebody else's: no comma, semicolon, bracket or comment. */
const oneAddress = /^[^\s@,;:<>()[\]\\"]+@[^\s@,;<>()\\"]+$/;
const controlCharacter = /\p{Cc}/u;
const customHeaderLimit = 5;

const text = z.string().nullish();
const flag = z.boolean().nullish();
const word = <const T extends readonly string[]>(words: T) =>
  z
    .string()
    .transform((each) => each.toLowerCase())
    .pipe(z.enum(words))
    .nullish();

/** Of which nothing is kept: only its type is looked at. */
const instant = z.iso.datetime({ offset: true }).nullish();

/** An object with these properties and no others; annotations of OData may stand in it. */
function only<const T extends z.ZodRawShape>(shape: T) {
  return z.preprocess((value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const isOwn = (name: string) => name in shape || !/^\w*@(?:odata|microsoft\.graph)\.\w+$/.test(name);
    return Object.fromEntries(Object.entries(value).filter(([name]) => isOwn(name)));
  }, z.strictObject(shape));
}

const recipientSchema = only({ emailaddress: only({ name: text, address: text }).nullish() });
const recipients = z.array(recipientSchema).nullish();
const headerSchema = only({ name: text, value: text });
const itemBodySchema = only({ contenttype: word(['text', 'html']), content: text });
const dayInZone = only({ datetime: text, timezone: text }).nullish();

const attachmentSchema = only({
  '@odata.type': text,
  name: text,
  contenttype: text,
  isinline: flag,
  contentid: text,
  contentbytes: text,
  item: z.unknown().optional(),
  // Taken, and set by the service alone.
  id: text,
  size: z.int().nullish(),
  lastmodifieddatetime: instant,
  contentlocation: text,
});
export type AttachmentBody = z.infer<typeof attachmentSchema>;

/** Properties that may be sent and are not kept, or that only the service sets. */
const passedOver = {
  id: text,
  bodypreview: text,
  changekey: text,
  conversationid: text,
  conversationindex: text,
  createddatetime: instant,
  hasattachments: flag,
  isdraft: flag,
  lastmodifieddatetime: instant,
  parentfolderid: text,
  receiveddatetime: instant,
  sentdatetime: instant,
  uniquebody: itemBodySchema.nullish(),
  weblink: text,
  extensions: z.array(z.unknown()).nullish(),
  multivalueextendedproperties: z.array(z.unknown()).nullish(),
  singlevalueextendedproperties: z.array(z.unknown()).nullish(),
};

const messageSchema = only({
  ...passedOver,
  subject: text,
  body: itemBodySchema.nullish(),
  from: recipientSchema.nullish(),
  sender: recipientSchema.nullish(),
  torecipients: recipients,
  ccrecipients: recipients,
  bccrecipients: recipients,
  replyto: recipients,
  internetmessageid: text,
  internetmessageheaders: z.array(headerSchema).nullish(),
  importance: word(['low', 'normal', 'high']),
  isdeliveryreceiptrequested: flag,
  isreadreceiptrequested: flag,
  isread: flag,
  categories: z.array(z.string()).nullish(),
  flag: only({
    flagstatus: word(['notflagged', 'complete', 'flagged']),
    completeddatetime: dayInZone,
    duedatetime: dayInZone,
    startdatetime: dayInZone,
  }).nullish(),
  inferenceclassification: word(['focused', 'other']),
  attachments: z.array(attachmentSchema).nullish(),
});
export type MessageBody = z.infer<typeof messageSchema>;

/** @throws GraphRefusal 400 */
export function readMessageBody(value: unknown): MessageBody {
  return validated(value, messageSchema, 'message');
}

/** @throws GraphRefusal 400 */
export function readAttachmentBody(value: unknown): AttachmentBody {
  return validated(value, attachmentSchema, 'attachment');
}

const emptyContent: MessageContent = {
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
};

/**
 * The content that a body stands for; what it does not name is as in `before`.
 * @throws GraphRefusal 400 for addresses that are none, and for header fields that are not custom ones
 */
export function contentFrom(body: MessageBody, before: MessageContent = emptyContent): MessageContent {
  return {
    subject: body.subject === undefined ? before.subject : (body.subject ?? ''),
    body: body.body ? { contentType: body.body.contenttype ?? 'text', content: body.body.content ?? '' } : before.body,
    from: body.from === undefined ? before.from : oneOf(body.from),
    sender: body.sender === undefined ? before.sender : oneOf(body.sender),
    to: listOf(body.torecipients, before.to),
    cc: listOf(body.ccrecipients, before.cc),
    bcc: listOf(body.bccrecipients, before.bcc),
    replyTo: listOf(body.replyto, before.replyTo),
    internetMessageId: body.internetmessageid ? messageId(body.internetmessageid) : before.internetMessageId,
    importance: body.importance ?? before.importance,
    isDeliveryReceiptRequested: body.isdeliveryreceiptrequested ?? before.isDeliveryReceiptRequested,
    isReadReceiptRequested: body.isreadreceiptrequested ?? before.isReadReceiptRequested,
    headers: body.internetmessageheaders ? customHeaders(body.internetmessageheaders) : before.headers,
  };
}

/** What a body notes about an item. */
export function marksFrom(body: MessageBody): Marks {
  const flagStatus = body.flag?.flagstatus;
  return {
    ...(typeof body.isread === 'boolean' ? { isRead: body.isread } : {}),
    ...(body.categories ? { categories: body.categories } : {}),
    ...(body.importance ? { importance: body.importance } : {}),
    ...(flagStatus ? { flagStatus: flagStatus === 'notflagged' ? 'notFlagged' : flagStatus } : {}),
    ...(body.inferenceclassification ? { inferenceClassification: body.inferenceclassification } : {}),
  };
}

type RecipientBody = z.infer<typeof recipientSchema>;

function listOf(list: readonly RecipientBody[] | null | undefined, before: readonly MailAddress[]) {
  if (list === undefined) return before;
  return (list ?? []).map((each) => {
    const address = addressOf(each);
    if (!address) throw refusal('invalidRecipients');
    return address;
  });
}

function oneOf(recipient: RecipientBody | null): MailAddress | undefined {
  if (!recipient?.emailaddress?.address) return undefined;
  const address = addressOf(recipient);
  if (!address) throw refusal('invalidRecipients');
  return address;
}

function addressOf({ emailaddress }: RecipientBody): MailAddress | undefined {
  const address = emailaddress?.address ?? '';
  return oneAddress.test(address) && !controlCharacter.test(address)
    ? { name: emailaddress?.name ?? '', address }
    : undefined;
}

function customHeaders(list: readonly z.infer<typeof headerSchema>[]) {
  if (list.length > customHeaderLimit) throw refusal('tooManyHeaders');
  return list.map(({ name, value }) => {
    const field = { name: name ?? '', value: value ?? '' };
    // A name with a colon or a line end in it would begin a field of its own, such as Bcc.
    if (!/^x-[!-9;-~]*$/i.test(field.name)) throw invalidHeaderName(field.name);
    if (controlCharacter.test(field.value))
      throw exchangeRefusal(400, 'InvalidInternetMessageHeader', `The value of the header '${field.name}' is invalid.`);
    return field;
  });
}

function messageId(id: string): string {
  if (/^\S{1,900}$/.test(id) && !controlCharacter.test(id)) return id;
  throw bodyRefusal("The value of the property 'internetMessageId' does not fit its type.");
}

/** The attachments of a body. `compose` turns the message within an item attachment into MIME. @throws GraphRefusal 400 */
export async function attachmentsFrom(
  bodies: readonly AttachmentBody[],
  now: number,
  compose: (content: MessageContent, attachments: readonly Attachment[]) => Promise<Buffer>,
): Promise<Attachment[]> {
  const made: Attachment[] = [];
  for (const body of bodies) made.push(await attachmentFrom(body, now, compose));
  return made;
}

async function attachmentFrom(
  body: AttachmentBody,
  now: number,
  compose: (content: MessageContent, attachments: readonly Attachment[]) => Promise<Buffer>,
): Promise<Attachment> {
  const common = {
    id: `AAMkAT${randomUUID().replaceAll('-', '')}`,
    name: body.name ?? '',
    isInline: body.isinline ?? false,
    contentId: body.contentid?.replace(/^<|>$/g, '') || null,
    lastModifiedAt: now,
  };
  const type = body['@odata.type']?.toLowerCase() ?? '';
  if (type.endsWith('itemattachment')) {
    const inner = readMessageBody(body.item ?? undefined);
    const within = await attachmentsFrom(inner.attachments ?? [], now, compose);
    const content = await compose(contentFrom(inner), within);
    return {
      ...common,
      kind: 'item',
      name: common.name || (inner.subject ?? ''),
      contentType: 'message/rfc822',
      content,
    };
  }
  // The declared type is abstract: without a word of what it is, nothing of a file is known of it.
  if (type === '')
    throw bodyRefusal(
      "The property 'contentBytes' does not exist on type 'microsoft.graph.attachment'. Make sure to only use property names that are defined by the type.",
    );
  if (!type.endsWith('fileattachment'))
    throw bodyRefusal(`Attachments of the type '${body['@odata.type'] ?? ''}' cannot be added to a message.`);
  const content = decodeBase64(body.contentbytes ?? '');
  if (!content || typeof body.contentbytes !== 'string')
    throw bodyRefusal("Cannot convert the value of the property 'contentBytes' to the expected type 'Edm.Binary'.");
  return { ...common, kind: 'file', contentType: mediaType(body.contenttype), content };
}

/** Only a plain media type gets into the header of a part. */
export function mediaType(type: string | null | undefined): string {
  return type && /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:;[ -~]*)?$/.test(type) ? type : 'application/octet-stream';
}
