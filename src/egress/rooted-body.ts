/** A body with another root header in front of it, without reading more than the header into memory. */
import { findHeaderEnd, parseRootHeader, type RootHeader } from '../mime/root-header.ts';
import type { DeliveredBody } from './courier.ts';

/** Longer headers are refused when a message is handed in. */
const mostHeaderBytes = 2 * 1024 * 1024;

/** The root header of a body; its bytes are those of the header and, at most, of what came with them. */
export async function readRootHeader(body: DeliveredBody): Promise<RootHeader> {
  const pieces: Buffer[] = [];
  let bytes = Buffer.alloc(0);
  let size = 0;
  for await (const piece of body.stream()) {
    pieces.push(piece);
    size += piece.length;
    // Joined at doubled sizes: a header that comes in small pieces must not be copied once for each.
    if (size < bytes.length * 2) continue;
    const from = bytes.length;
    bytes = Buffer.concat(pieces);
    if (findHeaderEnd(bytes, from) !== -1 || size > mostHeaderBytes) return parseRootHeader(bytes);
  }
  return parseRootHeader(Buffer.concat(pieces));
}

/** The body with `header`, its empty line included, in the place of its first `bodyStart` bytes. */
export function withRootHeader(body: DeliveredBody, bodyStart: number, header: Buffer): DeliveredBody {
  const size = header.length + body.size - bodyStart;
  return {
    size,
    async bytes() {
      return Buffer.concat([header, (await body.bytes()).subarray(bodyStart)]);
    },
    async *stream() {
      yield header;
      let at = 0;
      for await (const piece of body.stream()) {
        const rest = piece.subarray(Math.max(0, Math.min(piece.length, bodyStart - at)));
        at += piece.length;
        if (rest.length > 0) yield rest;
      }
    },
  };
}
