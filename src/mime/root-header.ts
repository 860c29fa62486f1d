/**
 * Reads the root header of a message as byte ranges, so that whatever is not rewritten stays as it came.
 *
 * A line ends here at CR LF, at a bare LF and at a bare CR. Clients may mean only the first, but a service that reads
 * one of the others would find fields that we had not seen, a `Bcc:` behind a bare LF among them.
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
  /** Where the value starts, after the colon. */
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
}

/** Length of the line end at `at`: 2 for CR LF, 1 for a bare CR or LF, 0 for none. */
function lineEndLength(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === CR) return bytes[at + 1] === LF ? 2 : 1;
  return byte === LF ? 1 : 0;
}

/** Offset of the next CR or LF from `from`, or the length of the bytes. */
function lineStop(bytes: Buffer, from: number): number {
  const lf = bytes.indexOf(LF, from);
  const end = lf === -1 ? bytes.length : lf;
  // indexOf for CR is bounded by the LF found, or a body of LF lines would be searched to its end for every line.
  for (let at = from; at < end; at += 1) if (bytes[at] === CR) return at;
  return end;
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

function isMboxLine(bytes: Buffer, start: number): boolean {
  return bytes.subarray(start, start + 5).equals(mboxStart) || bytes.subarray(start, start + 6).equals(quotedMboxStart);
}
const mboxStart = Buffer.from('From ');
const quotedMboxStart = Buffer.from('>From ');

/**
 * Reads the root header. A message whose first line is no field has no header at all: everything is body.
 */
export function parseRootHeader(bytes: Buffer): RootHeader {
  const fields: { name: string; start: number; end: number; valueStart: number }[] = [];
  let hasBareLineEnds = false;
  let at = 0;
  while (at < bytes.length) {
    const stop = lineStop(bytes, at);
    const ending = lineEndLength(bytes, stop);
    if (stop === at) {
      if (ending !== 2) hasBareLineEnds = true;
      return { bytes, fields, headerEnd: at, bodyStart: at + ending, hasBareLineEnds };
    }
    if (ending === 1) hasBareLineEnds = true;
    const end = stop + ending;
    const previous = fields.at(-1);
    if (previous && (bytes[at] === SPACE || bytes[at] === TAB)) {
      previous.end = end;
    } else {
      const nameStop = nameEnd(bytes, at, stop);
      if (nameStop === -1 && fields.length === 0 && !isMboxLine(bytes, at))
        return { bytes, fields: [], headerEnd: 0, bodyStart: 0, hasBareLineEnds: false };
      fields.push({
        name: nameStop === -1 ? '' : bytes.toString('latin1', at, nameStop).toLowerCase(),
        start: at,
        end,
        valueStart: nameStop === -1 ? at : bytes.indexOf(COLON, nameStop) + 1,
      });
    }
    at = end;
  }
  return { bytes, fields, headerEnd: bytes.length, bodyStart: bytes.length, hasBareLineEnds };
}

/**
 * Offset of the first body byte, or -1 while the empty line has not come yet. For a receiver that reads a header while
 * it arrives: `from` is where an earlier call gave up, so that nothing is searched twice.
 */
export function findHeaderEnd(bytes: Buffer, from = 0): number {
  // Step back: the line end before an empty line may have been the last bytes of the earlier call.
  for (let at = Math.max(0, from - 3); at < bytes.length; at += 1) {
    const first = lineEndLength(bytes, at);
    if (first === 0) continue;
    if (at === 0) return bytes[0] === CR && bytes.length === 1 ? -1 : first;
    const second = lineEndLength(bytes, at + first);
    // CR at the very end may be the first half of CR LF.
    const undecided = at + first + second === bytes.length && bytes[bytes.length - 1] === CR;
    if (second > 0 && !undecided) return at + first + second;
    if (undecided) return -1;
    at += first - 1;
  }
  return -1;
}

/** The value of a field, unfolded, as latin1 text (one character a byte). */
export function fieldValue(header: RootHeader, field: HeaderField): string {
  return header.bytes
    .toString('latin1', field.valueStart, field.end)
    .replace(/(?:\r\n|\r|\n)[ \t]/g, ' ')
    .replace(/[\r\n]+$/, '')
    .trim();
}

/** All fields of a name (lower case), in order. */
export function fieldsNamed(header: RootHeader, name: string): readonly HeaderField[] {
  return header.fields.filter((field) => field.name === name);
}
