/**
 * Reads the root header of a message as byte ranges, so that whatever is not rewritten stays as it came.
 *
 * A line ends here at CR LF, at a bare LF and at a bare CR. Clients may mean only the first, but a service that reads
 * one of the others would find fields that we had not seen, a `Bcc:` behind a bare LF among them. CR CR LF, which text
 * mode makes of CR LF, counts as one line end: as two it would end the header behind its first field.
 */

const CR = 13;
const LF = 10;
const SPACE = 32;
const TAB = 9;
const COLON = 58;

/** One field with its folded lines, or one line that is no field at all. */
export interface HeaderField {
  /** Lower case; '' for a line that is no field (a broken line, an mbox `From ` line). */
  readonly name: string;
  /** Range of the whole field in the message, its last line end included. */
  readonly start: number;
  readonly end: number;
  /** Where the value starts, after the colon; `start` for a line that is no field. */
  readonly valueStart: number;
}

export interface RootHeader {
  readonly bytes: Buffer;
  readonly fields: readonly HeaderField[];
  /** End of the last field, before the empty line. */
  readonly headerEnd: number;
  /** First byte of the body, after the empty line; the length of the message when it has no body. */
  readonly bodyStart: number;
  /** A line of the header ends in something else than CR LF. */
  readonly hasBareLineEnds: boolean;
  /**
   * Offset of the first line that some reader may take for the end of the header: a line that is no field, or one of
   * blanks only. What stands behind it is not sure to be read as header. The length of the bytes when there is none.
   */
  readonly soundEnd: number;
}

/** Length of the line end at `at`: 3 for CR CR LF, 2 for CR LF, 1 for a bare CR or LF, 0 for none. */
function lineEndLength(bytes: Uint8Array, at: number): number {
  if (bytes[at] === LF) return 1;
  if (bytes[at] !== CR) return 0;
  if (bytes[at + 1] === LF) return 2;
  return bytes[at + 1] === CR && bytes[at + 2] === LF ? 3 : 1;
}

/** Finds the line stops one after the other; each search goes on where the last of its kind ended. */
class LineStops {
  readonly #bytes: Buffer;
  #cr = -1;
  #lf = -1;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Offset of the next CR or LF from `from`, or the length of the bytes. `from` must not go back. */
  next(from: number): number {
    if (this.#cr < from) this.#cr = this.#search(CR, from);
    if (this.#lf < from) this.#lf = this.#search(LF, from);
    return Math.min(this.#cr, this.#lf);
  }

  #search(byte: number, from: number): number {
    const found = this.#bytes.indexOf(byte, from);
    return found === -1 ? this.#bytes.length : found;
  }
}

/** A field name of RFC 5322 §3.6.8 before a colon; blanks before the colon are let through (obsolete syntax, §4.5). */
function nameEnd(bytes: Buffer, start: number, end: number): number {
  let at = start;
  for (; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === COLON) break;
    if (byte <= SPACE || byte >= 127) break;
  }
  const stop = at;
  while (at < end && (bytes[at] === SPACE || bytes[at] === TAB)) at += 1;
  return at < end && bytes[at] === COLON && stop > start ? stop : -1;
}

const mboxStart = Buffer.from('From ');
const quotedMboxStart = Buffer.from('>From ');

/** Whether the line at `start` is the separator of an mbox file, left in by a tool that cut the file up. */
export function isMboxLine(bytes: Buffer, start: number): boolean {
  return bytes.subarray(start, start + 5).equals(mboxStart) || bytes.subarray(start, start + 6).equals(quotedMboxStart);
}

function isBlankLine(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (bytes[at] !== SPACE && bytes[at] !== TAB) return false;
  return true;
}

/**
 * Reads the root header. A message whose first line is no field has no header at all: everything is body.
 */
export function parseRootHeader(bytes: Buffer): RootHeader {
  const fields: { name: string; start: number; end: number; valueStart: number }[] = [];
  const stops = new LineStops(bytes);
  let hasBareLineEnds = false;
  let soundEnd = bytes.length;
  let at = 0;
  while (at < bytes.length) {
    const stop = stops.next(at);
    const ending = lineEndLength(bytes, stop);
    if (ending !== 2) hasBareLineEnds = true;
    if (stop === at) return { bytes, fields, headerEnd: at, bodyStart: at + ending, hasBareLineEnds, soundEnd };
    const end = stop + ending;
    const previous = fields.at(-1);
    if (previous && (bytes[at] === SPACE || bytes[at] === TAB)) {
      previous.end = end;
      if (isBlankLine(bytes, at, stop)) soundEnd = Math.min(soundEnd, at);
    } else {
      const nameStop = nameEnd(bytes, at, stop);
      const isMbox = nameStop === -1 && isMboxLine(bytes, at);
      if (nameStop === -1 && fields.length === 0 && !isMbox)
        return { bytes, fields: [], headerEnd: 0, bodyStart: 0, hasBareLineEnds: false, soundEnd: bytes.length };
      if (nameStop === -1 && !isMbox) soundEnd = Math.min(soundEnd, at);
      fields.push({
        name: nameStop === -1 ? '' : bytes.toString('latin1', at, nameStop).toLowerCase(),
        start: at,
        end,
        valueStart: nameStop === -1 ? at : bytes.indexOf(COLON, nameStop) + 1,
      });
    }
    at = end;
  }
  return { bytes, fields, headerEnd: bytes.length, bodyStart: bytes.length, hasBareLineEnds, soundEnd };
}

/**
 * Offset of the first body byte, or -1 while the empty line has not come yet. For a receiver that reads a header while
 * it arrives: `from` is where an earlier call gave up, so that nothing is searched twice.
 */
export function findHeaderEnd(bytes: Buffer, from = 0): number {
  // Step back: the line ends before an empty line may have been the last bytes of the earlier call.
  const stops = new LineStops(bytes);
  for (let at = startOfLineEnd(bytes, from); ; ) {
    const stop = stops.next(at);
    const first = lineEndLength(bytes, stop);
    if (stop === bytes.length || isUndecided(bytes, stop)) return -1;
    if (stop === 0) return first;
    const next = stop + first;
    if (isUndecided(bytes, next)) return -1;
    const second = lineEndLength(bytes, next);
    if (second > 0) return next + second;
    at = next;
  }
}

/** A line end that more bytes could make longer: CR or CR CR at the very end. */
function isUndecided(bytes: Buffer, at: number): boolean {
  if (bytes[at] !== CR) return false;
  return at + 1 === bytes.length || (bytes[at + 1] === CR && at + 2 === bytes.length);
}

/** Where to take the search up again: before all line ends that touch `from`. */
function startOfLineEnd(bytes: Buffer, from: number): number {
  let at = Math.min(from, bytes.length);
  // Six bytes hold the longest pair of line ends; a longer run of CR has been found to be an empty line before.
  for (let steps = 0; steps < 6 && at > 0 && (bytes[at - 1] === CR || bytes[at - 1] === LF); steps += 1) at -= 1;
  return at;
}

/** The value of a field as it stands there, without its last line end: folds included, as latin1 (one character a byte). */
export function fieldText(header: RootHeader, field: HeaderField): string {
  return header.bytes.toString('latin1', field.valueStart, field.end).replace(/[\r\n]+$/, '');
}

/** The value of a field, unfolded and trimmed, as latin1 text (one character a byte). */
export function fieldValue(header: RootHeader, field: HeaderField): string {
  const text = fieldText(header, field);
  // Not trim() and \s: they take the byte A0 for a blank, which is half of an à in UTF-8.
  return text
    .replace(/\r?\r\n|[\r\n]/g, '')
    .replace(/^[ \t]+/, '')
    .replace(trailingBlanks, '');
}

/** Whether anything but blanks and line ends stands in a field. Asked of every message, so it makes no text of it. */
export function hasText({ bytes }: RootHeader, { valueStart, end }: HeaderField): boolean {
  for (let at = valueStart; at < end; at += 1) {
    const byte = bytes[at];
    if (byte !== SPACE && byte !== TAB && byte !== CR && byte !== LF) return true;
  }
  return false;
}

// Looks back from a non-blank, so that a long run of blanks inside is tried but once.
const trailingBlanks = /(?<![ \t])[ \t]+$/;

/** All fields of a name (lower case), in order. */
export function fieldsNamed(header: RootHeader, name: string): readonly HeaderField[] {
  return header.fields.filter((field) => field.name === name);
}
