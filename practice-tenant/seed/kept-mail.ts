/** Mail in the state file: a body is written once, however many mailboxes hold it, and is named by its hash. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { folderNames, type MailCopy } from '../mailboxes/mailboxes.ts';

const instant = z.number();
/** Hash of the bytes. */
const body = z.string();

const address = z.object({ name: z.string(), address: z.string() });
const content = z.object({
  subject: z.string(),
  body: z.object({ contentType: z.enum(['text', 'html']), content: z.string() }),
  from: address.nullable(),
  sender: address.nullable(),
  to: z.array(address).readonly(),
  cc: z.array(address).readonly(),
  bcc: z.array(address).readonly(),
  replyTo: z.array(address).readonly(),
  internetMessageId: z.string(),
  importance: z.enum(['low', 'normal', 'high']),
  isDeliveryReceiptRequested: z.boolean(),
  isReadReceiptRequested: z.boolean(),
  headers: z.array(z.object({ name: z.string(), value: z.string() })).readonly(),
});
const attachment = z.object({
  id: z.string(),
  kind: z.enum(['file', 'item']),
  name: z.string(),
  contentType: z.string(),
  isInline: z.boolean(),
  contentId: z.string().nullable(),
  content: body,
  lastModifiedAt: instant,
});
const draft = z.object({
  content,
  mime: body.nullable(),
  attachments: z.array(attachment),
  withinMime: z.number(),
});
const marks = z.object({
  isRead: z.boolean().exactOptional(),
  categories: z.array(z.string()).readonly().exactOptional(),
  importance: z.enum(['low', 'normal', 'high']).exactOptional(),
  flagStatus: z.enum(['notFlagged', 'complete', 'flagged']).exactOptional(),
  inferenceClassification: z.enum(['focused', 'other']).exactOptional(),
});
export const keptCopySchema = z.object({
  id: z.string(),
  origin: z.number(),
  mailbox: z.string(),
  address: z.string(),
  folder: z.enum(folderNames),
  receivedAt: instant,
  internetMessageId: z.string(),
  subject: z.string(),
  size: z.number(),
  raw: body.exactOptional(),
  sha256: z.string().exactOptional(),
  draft: draft.exactOptional(),
  marks: marks.exactOptional(),
});
export type KeptCopy = z.infer<typeof keptCopySchema>;

/** @param keep takes the bytes of a body, and gives what names them */
export function keptCopy(copy: MailCopy, keep: (bytes: Buffer) => string): KeptCopy {
  const { raw, draft: own, ...rest } = copy;
  return {
    ...rest,
    ...(raw ? { raw: keep(raw) } : {}),
    ...(own ? { draft: keptDraft(own, keep) } : {}),
  };
}

type Draft = NonNullable<MailCopy['draft']>;

function keptDraft({ content: said, mime, attachments, withinMime }: Draft, keep: (bytes: Buffer) => string) {
  return {
    content: {
      ...said,
      from: said.from ?? null,
      sender: said.sender ?? null,
    },
    mime: mime ? keep(mime) : null,
    attachments: attachments.map((each) => ({ ...each, content: keep(each.content) })),
    withinMime,
  };
}

/** The way back. @throws Error for a body that is not there */
export function copyOf(kept: KeptCopy, bodies: ReadonlyMap<string, Buffer>): MailCopy {
  const bytes = (name: string) => {
    const found = bodies.get(name);
    if (!found) throw new Error(`the body ${name} of a message is missing`);
    return found;
  };
  const { raw, draft: own, ...rest } = kept;
  return {
    ...rest,
    ...(raw === undefined ? {} : { raw: bytes(raw) }),
    ...(own
      ? {
          draft: {
            content: { ...own.content, from: own.content.from ?? undefined, sender: own.content.sender ?? undefined },
            mime: own.mime === null ? undefined : bytes(own.mime),
            attachments: own.attachments.map((each) => ({ ...each, content: bytes(each.content) })),
            withinMime: own.withinMime,
          },
        }
      : {}),
  };
}

export function nameOfBody(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
