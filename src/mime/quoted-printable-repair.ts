/**
 * A repair for quoted-printable parts in which an encoded byte stands right behind a soft line break. Graph has been seen to
 * mangle these when it takes a message apart. Such a part is written as base64 instead: the same content, in an encoding
 * that has no soft line breaks.
 *
 * This is the one place where bytes below the root header change. It is off unless a connector asks for it, and it leaves
 * alone whatever a signature covers: signed parts, and the whole message when its root header has a DKIM signature.
 */
import { decode } from 'libqp';
import { parseHeaderValue } from 'nodemailer/lib/mime-funcs';
import { isSigned } from './from-header.ts';
import { fieldsNamed, fieldValue, parseRootHeader, type RootHeader } from './root-header.ts';

export interface Repair {
  /** The message; the very buffer that was given when nothing had to be repaired. */
  readonly bytes: Buffer;
  /** Parts that are base64 now. */
  readonly parts: number;
}

/** Deeper nesting is no mail that a person reads; without an end a hostile message could exhaust the stack. */
const deepest = 20;

const encodedByteAfterSoftBreak = /=[ \t]*\r?\n=[0-9A-Fa-f]{2}/;

/** Characters on a line of base64 (RFC 2045 §6.8). */
const base64Line = /.{1,76}/g;

/** Repairs every part of a message that needs it. Never throws: what cannot be read is left as it is. */
export function repairQuotedPrintable(message: Buffer): Repair {
  // Most mail has none: one look over the bytes instead of taking every message apart.
  if (!encodedByteAfterSoftBreak.test(message.toString('latin1'))) return { bytes: message, parts: 0 };
  const count = { parts: 0 };
  const pieces = repaired(message, 0, count);
  return count.parts === 0 ? { bytes: message, parts: 0 } : { bytes: Buffer.concat(pieces), parts: count.parts };
}

function repaired(entity: Buffer, depth: number, count: { parts: number }): Buffer[] {
  const header = parseRootHeader(entity);
  if (depth > deepest || isSigned(header)) return [entity];
  const type = contentType(header);
  if (!type.value.startsWith('multipart/')) return repairedLeaf(entity, header, type.value, count);
  const boundary = type.params.boundary ?? '';
  return boundary === '' ? [entity] : repairedParts(entity, header.bodyStart, boundary, depth, count);
}

function repairedParts(
  entity: Buffer,
  bodyStart: number,
  boundary: string,
  depth: number,
  count: { parts: number },
): Buffer[] {
  const pieces: Buffer[] = [];
  let kept = 0;
  let partStart = -1;
  for (const delimiter of delimiters(entity, bodyStart, boundary)) {
    if (partStart !== -1) {
      pieces.push(entity.subarray(kept, partStart));
      pieces.push(...repaired(entity.subarray(partStart, delimiter.start), depth + 1, count));
      kept = delimiter.start;
    }
    partStart = delimiter.isLast ? -1 : delimiter.end;
    if (delimiter.isLast) break;
  }
  pieces.push(entity.subarray(kept));
  return pieces;
}

/** Delimiter lines, each with the line end before it, which belongs to the delimiter and not to the part (RFC 2046 §5.1.1). */
function* delimiters(
  entity: Buffer,
  from: number,
  boundary: string,
): Generator<{ start: number; end: number; isLast: boolean }> {
  const dashes = Buffer.from(`--${boundary}`, 'latin1');
  for (let at = entity.indexOf(dashes, from); at !== -1; at = entity.indexOf(dashes, at + dashes.length)) {
    if (at > from && entity[at - 1] !== 0x0a) continue;
    const lineEnd = entity.indexOf(0x0a, at);
    const rest = entity.toString('latin1', at + dashes.length, lineEnd === -1 ? entity.length : lineEnd).trimEnd();
    // A longer word is the delimiter of another boundary that begins like this one.
    if (rest !== '' && rest !== '--') continue;
    const breakLength = at === from ? 0 : entity[at - 2] === 0x0d ? 2 : 1;
    yield { start: at - breakLength, end: lineEnd === -1 ? entity.length : lineEnd + 1, isLast: rest === '--' };
  }
}

function repairedLeaf(entity: Buffer, header: RootHeader, type: string, count: { parts: number }): Buffer[] {
  const [encoding, ...others] = fieldsNamed(header, 'content-transfer-encoding');
  // An encoding is not allowed on a message within the message (RFC 2046 §5.2.1), and two of them mean nothing.
  if (!encoding || others.length > 0 || type.startsWith('message/')) return [entity];
  if (fieldValue(header, encoding).toLowerCase() !== 'quoted-printable') return [entity];
  const body = entity.toString('latin1', header.bodyStart);
  if (!encodedByteAfterSoftBreak.test(body)) return [entity];
  count.parts += 1;
  const lines = decode(body).toString('base64').match(base64Line) ?? [];
  return [
    entity.subarray(0, encoding.start),
    Buffer.from('Content-Transfer-Encoding: base64\r\n'),
    entity.subarray(encoding.end, header.bodyStart),
    Buffer.from(`${lines.join('\r\n')}\r\n`),
  ];
}

function contentType(header: RootHeader): { value: string; params: Readonly<Record<string, string>> } {
  const [field] = fieldsNamed(header, 'content-type');
  if (!field) return { value: 'text/plain', params: {} };
  const { value, params } = parseHeaderValue(fieldValue(header, field));
  return { value: value.trim().toLowerCase(), params };
}
