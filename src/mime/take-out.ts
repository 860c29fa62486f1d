/**
 * Decides which parts of a message are taken out, so that what is left fits into one request: those go into the draft as
 * attachments of their own. The largest go first, and no more than have to; what stays keeps its bytes and its order.
 *
 * - Taken out are files within multipart/mixed and multipart/related, and a message that is one file. Text that is read
 *   as the message itself, and the parts of an alternative, stay.
 * - Where all parts of a multipart go, an empty text stands in the place of the first: a multipart has at least one.
 * - A message in which anything is signed or encrypted is never taken apart, nor one that two readers could see differently.
 */
import {
  type AttachmentFields,
  attachmentFieldsOf,
  encodingOf,
  isNamedFile,
  type PartEncoding,
} from './attachment-fields.ts';
import type { Container, PartRange } from './part-ranges.ts';

export interface TakenPart extends AttachmentFields {
  /** Of its body in the message. */
  readonly bodyStart: number;
  readonly bodyEnd: number;
  readonly encoding: PartEncoding;
}

/** A range of the message, and what stands in its place. */
export interface Cut {
  readonly start: number;
  readonly end: number;
  readonly instead: Buffer;
}

export type TakeOut =
  | {
      readonly possible: true;
      /** In the order of the message. */
      readonly parts: readonly TakenPart[];
      /** In the order of the message; they do not touch each other. */
      readonly cuts: readonly Cut[];
      /** Bytes of what is left. */
      readonly size: number;
    }
  | { readonly possible: false; readonly why: 'sealed' | 'unclear' | 'text'; readonly sentence: string };

const emptyText = Buffer.from('Content-Type: text/plain; charset=us-ascii\r\n\r\n');
const nothing = Buffer.alloc(0);
/** Exchange takes no more attachments in one message. */
const mostTaken = 250;

/** @param size of the message; @param mostBytes that may be left of it */
export async function takeOut(ranges: readonly PartRange[], size: number, mostBytes: number): Promise<TakeOut> {
  const refused = refusal(ranges);
  if (refused) return refused;
  const bySize = ranges.filter(isFile).toSorted((one, other) => saving(other) - saving(one));
  const taken = new Set<PartRange>();
  let left = size;
  for (const part of bySize.slice(0, mostTaken)) {
    if (left <= mostBytes) break;
    taken.add(part);
    left -= Math.max(0, saving(part));
  }
  if (left > mostBytes)
    return {
      possible: false,
      why: 'text',
      sentence: `Without its ${taken.size} largest files the message has ${left} bytes; ${mostBytes} fit into one request.`,
    };
  const inOrder = ranges.filter((part) => taken.has(part));
  const parts = await Promise.all(
    inOrder.map(async (part, index) => ({
      ...(await attachmentFieldsOf(part, index + 1)),
      bodyStart: part.bodyStart,
      bodyEnd: part.bodyEnd,
      encoding: encodingOf(part) ?? 'none',
    })),
  );
  const cuts = cutsFor(ranges, taken);
  const saved = cuts.reduce((sum, { start, end, instead }) => sum + end - start - instead.length, 0);
  return { possible: true, parts, cuts, size: size - saved };
}

/** Bytes that are saved at the least when a part is taken out. */
function saving({ delimiterStart, end }: PartRange): number {
  return end - delimiterStart - emptyText.length;
}

function refusal(ranges: readonly PartRange[]): Extract<TakeOut, { possible: false }> | undefined {
  if (ranges.some(({ kind }) => kind === 'sealed'))
    return {
      possible: false,
      why: 'sealed',
      sentence: 'It is signed or encrypted, or a part of it is: taken apart, it would be worth nothing.',
    };
  if (ranges.length === 0 || ranges.some(({ kind }) => kind === 'unclear'))
    return {
      possible: false,
      why: 'unclear',
      sentence: 'Its MIME structure is not sound: nobody can say for sure where its parts begin and end.',
    };
  return undefined;
}

function isFile(part: PartRange): boolean {
  const { type, around, index } = part;
  if (encodingOf(part) === undefined) return false;
  if (type.startsWith('multipart/')) return false;
  if (type.startsWith('message/') && type !== 'message/rfc822' && type !== 'message/global') return false;
  if (type.startsWith('text/') && !isNamedFile(part)) return false;
  const inner = around.at(-1);
  if (!inner) return true;
  // The first part of multipart/related is the text that the others belong to (RFC 2387 §3.2).
  if (inner.type !== 'multipart/mixed' && (inner.type !== 'multipart/related' || index === 0)) return false;
  return around.every(({ type: each }) => /^multipart\/(?:mixed|related|alternative)$/.test(each));
}

/** A part goes with the delimiter line in front of it; the line end before that now belongs to the delimiter behind it. */
function cutsFor(ranges: readonly PartRange[], taken: ReadonlySet<PartRange>): readonly Cut[] {
  const left = new Map<Container, number>();
  for (const { around } of taken) {
    const inner = around.at(-1);
    if (inner) left.set(inner, (left.get(inner) ?? inner.parts) - 1);
  }
  const filled = new Set<Container>();
  return ranges.flatMap((part): Cut[] => {
    if (!taken.has(part)) return [];
    const inner = part.around.at(-1);
    if (!inner) return wholeMessage(part);
    if (left.get(inner) === 0 && !filled.has(inner)) {
      filled.add(inner);
      return [{ start: part.start, end: part.bodyEnd, instead: emptyText }];
    }
    return [{ start: part.delimiterStart, end: part.end, instead: nothing }];
  });
}

/** The message is one file: its content fields go with it, and an empty text stays. */
function wholeMessage({ header, end }: PartRange): Cut[] {
  const fields = header.fields
    .filter(({ name }) => name.startsWith('content-'))
    .map(({ start, end: fieldEnd }) => ({ start, end: fieldEnd, instead: nothing }));
  return [...fields, { start: header.headerEnd, end, instead: emptyText }];
}

/** What is left of a message, in one piece. @throws what the stream throws */
export async function withoutCuts(message: AsyncIterable<Buffer>, cuts: readonly Cut[], size: number): Promise<Buffer> {
  const left = Buffer.allocUnsafe(size);
  let filled = 0;
  let at = 0;
  let next = 0;
  const keep = (bytes: Buffer) => {
    filled += bytes.copy(left, filled);
  };
  for await (const piece of message) {
    let from = 0;
    for (let cut = cuts[next]; cut && cut.start < at + piece.length; cut = cuts[next]) {
      if (cut.start >= at) {
        keep(piece.subarray(from, cut.start - at));
        keep(cut.instead);
      }
      from = Math.min(piece.length, cut.end - at);
      if (cut.end > at + piece.length) break;
      next += 1;
    }
    keep(piece.subarray(from));
    at += piece.length;
  }
  return left.subarray(0, filled);
}
