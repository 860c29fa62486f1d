/**
 * Finds the leaf parts of a message as byte ranges, while it streams by: nothing but the header of one part and one line
 * stands in memory, so that a message of 150 MB costs no more than a small one.
 *
 * A part is header until its empty line, then body until a delimiter of any multipart around it; a multipart that lacks
 * its last delimiter so ends with the one around it. What is signed or encrypted, and a message within the message, are
 * leaves here: they are not looked into, because they must not be taken apart. Where two readers could see different
 * parts (two content types, a boundary that is missing, a header without end) the part is `unclear`.
 */
import { parseHeaderValue } from 'nodemailer/lib/mime-funcs';
import { fieldsNamed, fieldValue, parseRootHeader, type RootHeader } from './root-header.ts';

/** A multipart around a part; parts of the same one share the object. */
export interface Container {
  /** `multipart/mixed`, in lower case. */
  readonly type: string;
  /** Parts directly within it, those that are multiparts again included. */
  parts: number;
}

export interface PartRange {
  /** The part's own header, its empty line included. */
  readonly header: RootHeader;
  /** `multipart/…` for what is not looked into; in lower case, without parameters. */
  readonly type: string;
  /** Offset of the delimiter line in front of it; 0 for a message that is one part. */
  readonly delimiterStart: number;
  /** Offset of the first byte of its header. */
  readonly start: number;
  readonly bodyStart: number;
  /** End of the body, without the line end that belongs to the delimiter (RFC 2046 §5.1.1). */
  readonly bodyEnd: number;
  /** Offset of the delimiter line behind it, or the end of the message. */
  readonly end: number;
  /** The multiparts around it, the outermost first. */
  readonly around: readonly Container[];
  /** 0 for the first part of the multipart that it stands in. */
  readonly index: number;
  readonly kind: 'plain' | 'sealed' | 'unclear';
}

/** Deeper nesting is no mail that a person reads; what lies deeper is `unclear`. */
const deepest = 20;
/** A line longer than this is no delimiter (70 characters at most, RFC 2046 §5.1.1). */
const longestDelimiter = 1024;
/** A part with a longer header is `unclear`; a root header of this size is refused when a message is handed in. */
const mostHeaderBytes = 2 * 1024 * 1024;

/** More parts are no mail that anybody reads: what is left of such a message is `unclear`. */
const mostParts = 10_000;

const LF = 10;
const CR = 13;
const DASH = 45;
const nextDelimiter = Buffer.from('\n--');

/**
 * The leaf parts in the order of the message.
 * @throws what the stream throws.
 */
export async function findPartRanges(stream: AsyncIterable<Buffer>): Promise<readonly PartRange[]> {
  const scan = new PartScan();
  for await (const piece of stream) scan.take(piece);
  return scan.end();
}

interface OpenPart {
  readonly delimiterStart: number;
  readonly start: number;
  readonly index: number;
  header: RootHeader | undefined;
  bodyStart: number;
  kind: PartRange['kind'];
  type: string;
}

class PartScan {
  readonly #found: PartRange[] = [];
  readonly #open: { readonly boundary: string; readonly container: Container }[] = [];
  /** The part that is being read; undefined in a preamble or an epilogue. */
  #part: OpenPart | undefined = openPart(0, 0, 0);
  #headerLines: Buffer[] = [];
  #headerBytes = 0;
  /** Start of a line whose end has not come yet. */
  #carry: Buffer = Buffer.alloc(0);
  /** The line is longer than any delimiter, and its start is read already. */
  #isWithinLongLine = false;
  #at = 0;
  /** Length of the line end before `#at`. */
  #lineEnd = 0;
  #lastByte = 0;

  take(piece: Buffer): void {
    let from = 0;
    while (from < piece.length) {
      from = this.#skipBody(piece, from);
      const stop = piece.indexOf(LF, from);
      if (stop === -1) break;
      const rest = piece.subarray(from, stop + 1);
      const line = this.#carry.length > 0 ? Buffer.concat([this.#carry, rest]) : rest;
      this.#carry = Buffer.alloc(0);
      this.#line(line, true);
      from = stop + 1;
    }
    if (from >= piece.length) return;
    const rest = Buffer.concat([this.#carry, piece.subarray(from)]);
    const isLong = rest.length > longestDelimiter;
    // Copied: a stream may use the memory of its piece again.
    this.#carry = isLong ? Buffer.alloc(0) : rest;
    if (isLong) this.#line(rest, false);
  }

  end(): readonly PartRange[] {
    if (this.#carry.length > 0) this.#line(this.#carry, true);
    this.#close(this.#at, this.#at);
    return this.#found;
  }

  /** Within a body only a line that begins with two dashes matters; all before it is passed over in one go. */
  #skipBody(piece: Buffer, from: number): number {
    if (this.#carry.length > 0 || (this.#part && !this.#part.header)) return from;
    if (!this.#isWithinLongLine && piece[from] === DASH) return from;
    const found = piece.indexOf(nextDelimiter, from);
    // At the end of the piece a delimiter may have begun: from its last line on it is read line by line.
    const stop = found === -1 ? piece.lastIndexOf(LF) : found;
    if (stop < from) return from;
    const before = stop > from ? piece[stop - 1] : this.#lastByte;
    this.#lineEnd = before === CR ? 2 : 1;
    this.#lastByte = LF;
    this.#at += stop + 1 - from;
    this.#isWithinLongLine = false;
    return stop + 1;
  }

  #line(line: Buffer, isWhole: boolean): void {
    const isStart = !this.#isWithinLongLine;
    const start = this.#at;
    this.#at += line.length;
    this.#isWithinLongLine = !isWhole;
    const isDelimiter = isStart && isWhole && line[0] === DASH && line[1] === DASH && this.#delimiter(line, start);
    if (!isDelimiter && this.#part && !this.#part.header) this.#headerLine(line, isStart && isWhole);
    const beforeLast = line.length > 1 ? line[line.length - 2] : this.#lastByte;
    this.#lastByte = line[line.length - 1] ?? 0;
    this.#lineEnd = this.#lastByte !== LF ? 0 : beforeLast === CR ? 2 : 1;
  }

  #delimiter(line: Buffer, start: number): boolean {
    if (line.length > longestDelimiter) return false;
    const text = line.toString('latin1', 2).trimEnd();
    for (let index = this.#open.length - 1; index >= 0; index -= 1) {
      const open = this.#open[index];
      if (!open) continue;
      const isLast = text === `${open.boundary}--`;
      if (!isLast && text !== open.boundary) continue;
      this.#close(start - this.#lineEnd, start);
      this.#open.length = isLast ? index : index + 1;
      this.#part = isLast ? undefined : openPart(start, this.#at, open.container.parts);
      if (!isLast) open.container.parts += 1;
      return true;
    }
    return false;
  }

  #headerLine(line: Buffer, isWhole: boolean): void {
    const isEmpty = isWhole && (line[0] === LF || (line[0] === CR && line[1] === LF));
    this.#headerBytes += line.length;
    if (this.#headerBytes <= mostHeaderBytes) this.#headerLines.push(Buffer.from(line));
    if (isEmpty) this.#headerEnds();
  }

  #headerEnds(): void {
    const part = this.#part;
    if (!part) return;
    const boundary = this.#judge(part);
    part.bodyStart = this.#at;
    if (boundary === undefined) return;
    this.#open.push({ boundary, container: { type: part.type, parts: 0 } });
    this.#part = undefined;
  }

  /** Reads the header that has been gathered. Returns the boundary of a multipart that is to be looked into. */
  #judge(part: OpenPart): string | undefined {
    const header = parseRootHeader(Buffer.concat(this.#headerLines));
    const isCut = this.#headerBytes > mostHeaderBytes;
    // Another reader of line ends sees the end of the header elsewhere.
    const endsElsewhere = header.bodyStart !== this.#headerBytes && this.#headerBytes > 0;
    this.#headerLines = [];
    this.#headerBytes = 0;
    const types = fieldsNamed(header, 'content-type');
    const [field] = types;
    const { value, params } = parseHeaderValue(field ? fieldValue(header, field) : 'text/plain');
    part.header = header;
    part.type = value.trim().toLowerCase();
    part.kind = isSealed(part.type) ? 'sealed' : 'plain';
    const isUnclear = isCut || endsElsewhere || types.length > 1;
    const boundary = (params['boundary'] ?? '').trimEnd();
    if (part.kind === 'plain' && isUnclear) part.kind = 'unclear';
    if (part.kind !== 'plain' || !part.type.startsWith('multipart/')) return undefined;
    if (boundary !== '' && this.#open.length < deepest) return boundary;
    part.kind = 'unclear';
    return undefined;
  }

  /** @param end of the body; @param nextLine the delimiter line that ended it, or the end of the message */
  #close(end: number, nextLine: number): void {
    const part = this.#part;
    if (!part) return;
    const hasBody = part.header !== undefined;
    if (!hasBody) this.#judge(part);
    this.#part = undefined;
    const { header = parseRootHeader(Buffer.alloc(0)), delimiterStart, start, index, kind, type } = part;
    // A part that ends within its header has no body. The line end before a delimiter right behind the empty line is that
    // of the empty line.
    const bodyStart = hasBody ? part.bodyStart : Math.max(start, end);
    const bodyEnd = Math.max(bodyStart, end);
    const around = this.#open.map(({ container }) => container);
    const range = { header, type, delimiterStart, start, bodyStart, bodyEnd, end: nextLine, around, index };
    // A multipart without a body has nothing to look into.
    const isUnclear = (!hasBody && type.startsWith('multipart/')) || this.#found.length === mostParts - 1;
    if (this.#found.length < mostParts) this.#found.push({ ...range, kind: isUnclear ? 'unclear' : kind });
  }
}

function openPart(delimiterStart: number, start: number, index: number): OpenPart {
  return { delimiterStart, start, index, header: undefined, bodyStart: start, kind: 'plain', type: 'text/plain' };
}

/** Whether taking it apart would break a signature, or make something of it that its reader can no longer open. */
function isSealed(type: string): boolean {
  return /^(?:multipart\/(?:signed|encrypted)|application\/(?:(?:x-)?pkcs7-mime|pgp-encrypted))$/.test(type);
}
