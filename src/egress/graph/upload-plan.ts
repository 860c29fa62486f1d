/** What becomes of a large message: a draft that one request can take, and the files that are added to it one by one. */
import { createHash } from 'node:crypto';
import type { QueuedMessage } from '../../domain/message.ts';
import type { ExchangeBody } from '../../microsoft/exchange.ts';
import { partContent } from '../../mime/part-content.ts';
import { findPartRanges } from '../../mime/part-ranges.ts';
import { fieldsNamed, parseRootHeader } from '../../mime/root-header.ts';
import { type TakenPart, takeOut, withoutCuts } from '../../mime/take-out.ts';
import type { RereadBody } from '../courier.ts';
import type { NewAttachment } from './draft-calls.ts';
import { makeOutgoingMail, maxMessageBytes } from './outgoing-mail.ts';

export interface PlannedAttachment extends NewAttachment {
  /** The decoded content, from its start. */
  readonly content: () => AsyncIterable<Buffer>;
}

export type UploadPlan =
  | {
      readonly fit: true;
      /** The draft, for one request. */
      readonly mime: { readonly body: () => ExchangeBody; readonly size: number };
      readonly attachments: readonly PlannedAttachment[];
      /** The same for the same draft and attachments: what an earlier attempt began can then be gone on with. */
      readonly hash: string;
      readonly notes: readonly string[];
    }
  | { readonly fit: false; readonly fault: 'too-large' | 'sealed-too-large' | 'message-unfit'; readonly why: string };

/** Largest file that Graph takes, in bytes (Graph, "Attach large files to Outlook messages"). */
const largestFile = 150 * 1024 * 1024;

/**
 * Reads the message once for its parts, once for what is left of it, and each file once for its size. No more of it than a
 * request can take stands in memory.
 * @throws what reading the body throws
 */
export async function planUpload(
  message: QueuedMessage,
  body: RereadBody,
  options: { readonly repairsQuotedPrintable?: boolean },
): Promise<UploadPlan> {
  const out = await takeOut(await findPartRanges(body.stream()), body.size, maxMessageBytes);
  if (!out.possible)
    return { fit: false, fault: out.why === 'sealed' ? 'sealed-too-large' : 'too-large', why: out.sentence };
  const left = await withoutCuts(body.stream(), out.cuts, out.size);
  const asMime = { ...message, route: { ...message.route, form: 'mime' as const } };
  const mail = await makeOutgoingMail(asMime, left, options);
  if (!mail.fit) return mail;
  const attachments: PlannedAttachment[] = [];
  for (const part of out.parts) attachments.push(await plannedAttachment(part, body));
  const tooLarge = attachments.find(({ size }) => size > largestFile);
  if (tooLarge)
    return { fit: false, fault: 'too-large', why: `One of its files has ${tooLarge.size} bytes; ${largestFile} fit.` };
  const shape = attachments.map(({ content: _content, ...fields }) => fields);
  const recipients = message.envelope.recipients.map(({ address }) => address);
  const hash = createHash('sha256')
    .update(left)
    .update(JSON.stringify({ shape, recipients, route: asMime.route }));
  return {
    fit: true,
    mime: { body: mail.body, size: mail.size },
    attachments,
    hash: hash.digest('hex'),
    notes: [...mail.notes, ...lostNotes(message, left)],
  };
}

async function plannedAttachment(part: TakenPart, body: RereadBody): Promise<PlannedAttachment> {
  const { bodyStart: _start, bodyEnd: _end, encoding: _encoding, ...fields } = part;
  const content = () => partContent((offset) => body.streamFrom(offset), part);
  let size = 0;
  for await (const piece of content()) size += piece.length;
  return { ...fields, size, content };
}

function lostNotes({ route }: QueuedMessage, left: Buffer): string[] {
  const isSignedByDomain = fieldsNamed(parseRootHeader(left), 'dkim-signature').length > 0;
  return [
    ...(isSignedByDomain
      ? ['its DKIM signature no longer fits, because its files were taken out and added again']
      : []),
    ...(route.saveToSentItems ? [] : ['a copy is left in Sent Items: a draft cannot be sent without one']),
  ];
}
