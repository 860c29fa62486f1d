/** The decoded content of a part, read from its byte range in the message. */
import { Readable } from 'node:stream';
import { Decoder } from 'libbase64';
import { decode } from 'libqp';
import type { PartEncoding } from './attachment-fields.ts';

export interface ContentRange {
  readonly bodyStart: number;
  readonly bodyEnd: number;
  readonly encoding: PartEncoding;
}

/** A line of quoted-printable without end is decoded in pieces of this many bytes. */
const longestLine = 64 * 1024;

/**
 * @param streamFrom the message, from an offset on
 * @throws what the stream throws
 */
export async function* partContent(
  streamFrom: (offset: number) => AsyncIterable<Buffer>,
  { bodyStart, bodyEnd, encoding }: ContentRange,
): AsyncGenerator<Buffer> {
  const bytes = firstBytes(streamFrom(bodyStart), bodyEnd - bodyStart);
  switch (encoding) {
    case 'none':
      yield* bytes;
      return;
    case 'base64':
      yield* Readable.from(bytes, { objectMode: false }).compose(new Decoder());
      return;
    case 'quoted-printable':
      yield* decodeLines(bytes);
  }
}

/** So many bytes of a stream; the rest is not read. */
async function* firstBytes(stream: AsyncIterable<Buffer>, count: number): AsyncGenerator<Buffer> {
  let left = count;
  if (left <= 0) return;
  for await (const piece of stream) {
    yield piece.length > left ? piece.subarray(0, left) : piece;
    left -= piece.length;
    if (left <= 0) return;
  }
}

/** Whole lines at a time: an encoded byte, or blanks that a line end takes away, must not be cut in two. */
async function* decodeLines(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of bytes) {
    const read = Buffer.concat([rest, piece]);
    const end = wholeUntil(read);
    rest = Buffer.from(read.subarray(end));
    if (end > 0) yield decode(read.subarray(0, end));
  }
  if (rest.length > 0) yield decode(rest);
}

function wholeUntil(bytes: Buffer): number {
  const end = bytes.lastIndexOf('\n') + 1;
  if (end > 0 || bytes.length < longestLine) return end;
  // No such line is allowed (76 characters, RFC 2045 §6.7): cut it before an encoded byte that may go on.
  const encoded = bytes.lastIndexOf('=');
  return encoded > bytes.length - 3 ? encoded : bytes.length;
}
