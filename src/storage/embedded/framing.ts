/**
 * How segments and records look on disk.
 *
 * A segment `journal-<number>.log` opens with its header, written twice so that one damaged byte does not cost the whole
 * segment, and goes on with records, one after the other, up to the end of the file or to zeros (space reserved ahead).
 *
 * Each record opens with the segment's mark: eight bytes of chance, drawn when the segment is made. After damage the next
 * record is found by looking for the mark. Mail is written by strangers: without a mark that they cannot know, a mail
 * that holds the bytes of a record could pass for one.
 *
 * Numbers are little-endian.
 * Header (64 bytes, twice): `MRJOURNL`, format (u32), segment number (u32), mark (8), end of the segment before (f64),
 * created (f64), zeros, crc32 of the 60 bytes before it (u32).
 * Record (36 bytes, JSON, body): mark (8), type (u32), length of the JSON (u32), length of the body (u32), offset up to
 * which this segment was known to be synced (u32), place of the record in its segment (u32), crc32 of JSON and body
 * (u32), crc32 of the header's bytes before it (u32).
 */
import { crc32 } from 'node:zlib';

/** 2: acceptances have their short form. 3: body files have a sum in place of a crc32. Segments of 1 and 2 are read as they are. */
export const formatVersion = 3;
const magic = 'MRJOURNL';
export const headerBytes = 64;
/** Records begin here. */
export const firstRecordOffset = 2 * headerBytes;
export const recordHeaderBytes = 36;
export const markBytes = 8;

/** More than any record has: a length beyond it is damage, and is not used to read gigabytes. */
const longestJsonBytes = 64 * 1024 * 1024;
const longestBodyBytes = 64 * 1024 * 1024;

export interface SegmentHeader {
  readonly number: number;
  readonly mark: Buffer;
  /** Offset at which the segment before ends, whatever bytes follow there; 0 when there was none. */
  readonly previousEnd: number;
  readonly createdAt: number;
}

export function segmentName(number: number): string {
  return `journal-${String(number).padStart(10, '0')}.log`;
}

/** The number in a segment's name; `undefined` for any other file. */
export function segmentNumber(name: string): number | undefined {
  const digits = /^journal-(\d{10})\.log$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(headerBytes);
  bytes.write(magic, 0, 'latin1');
  bytes.writeUInt32LE(formatVersion, 8);
  bytes.writeUInt32LE(header.number, 12);
  header.mark.copy(bytes, 16);
  bytes.writeDoubleLE(header.previousEnd, 24);
  bytes.writeDoubleLE(header.createdAt, 32);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, headerBytes - 4)), headerBytes - 4);
  return Buffer.concat([bytes, bytes]);
}

/** Reads one copy of a header; `undefined` when it is damaged or not there. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length < headerBytes || bytes.toString('latin1', 0, 8) !== magic) return undefined;
  if (crc32(bytes.subarray(0, headerBytes - 4)) !== bytes.readUInt32LE(headerBytes - 4)) return undefined;
  const version = bytes.readUInt32LE(8);
  if (version > formatVersion)
    throw new Error(
      `The journal was written by a newer Mailroom (format ${version}; this one reads up to ${formatVersion}). Start that version again, or a later one.`,
    );
  return {
    number: bytes.readUInt32LE(12),
    mark: Buffer.from(bytes.subarray(16, 16 + markBytes)),
    previousEnd: bytes.readDoubleLE(24),
    createdAt: bytes.readDoubleLE(32),
  };
}

export interface RecordHeader {
  readonly type: number;
  readonly jsonBytes: number;
  readonly bodyBytes: number;
  readonly syncedTo: number;
  readonly place: number;
  /** crc32 of JSON and body. */
  readonly contentCrc: number;
}

/** Fills in the first 36 bytes of `target`. */
export function encodeRecordHeader(target: Buffer, mark: Buffer, header: RecordHeader): void {
  mark.copy(target, 0);
  target.writeUInt32LE(header.type, 8);
  target.writeUInt32LE(header.jsonBytes, 12);
  target.writeUInt32LE(header.bodyBytes, 16);
  target.writeUInt32LE(header.syncedTo, 20);
  target.writeUInt32LE(header.place, 24);
  target.writeUInt32LE(header.contentCrc, 28);
  target.writeUInt32LE(crc32(target.subarray(0, 32)), 32);
}

/** Reads a record's header; `undefined` when it is no header of this segment, or a damaged one. */
export function decodeRecordHeader(bytes: Buffer, mark: Buffer): RecordHeader | undefined {
  if (bytes.length < recordHeaderBytes || mark.compare(bytes, 0, markBytes) !== 0) return undefined;
  if (crc32(bytes.subarray(0, 32)) !== bytes.readUInt32LE(32)) return undefined;
  const header: RecordHeader = {
    type: bytes.readUInt32LE(8),
    jsonBytes: bytes.readUInt32LE(12),
    bodyBytes: bytes.readUInt32LE(16),
    syncedTo: bytes.readUInt32LE(20),
    place: bytes.readUInt32LE(24),
    contentCrc: bytes.readUInt32LE(28),
  };
  return header.jsonBytes <= longestJsonBytes && header.bodyBytes <= longestBodyBytes ? header : undefined;
}
