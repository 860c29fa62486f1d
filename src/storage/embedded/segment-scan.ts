/**
 * Reads the records of one segment, in order, and decides what a place without a valid record means.
 *
 * Three things can stand where a record should: the zeros of reserved space (the end), a torn tail (the end: what was
 * being written when the machine stopped, and nobody was answered), or damage to what had been synced (bit rot, a bad
 * sector), after which valid records follow. To tell the last two apart, each record carries the offset up to which its
 * segment was synced when it was written, and each segment's header where the segment before ends. A valid record that
 * knows the bad place as synced proves damage: it is reported, skipped, and reading goes on at the next valid record.
 * Without such a proof the bad place ends the journal, and valid records behind it are left out: pages of one write
 * reach the disk in any order, so these belong to the group that was never answered.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import {
  decodeRecordHeader,
  decodeSegmentHeader,
  firstRecordOffset,
  headerBytes,
  markBytes,
  recordHeaderBytes,
  type SegmentHeader,
} from './framing.ts';

export interface ScannedRecord {
  readonly type: number;
  readonly offset: number;
  /** Of the whole record, header included. */
  readonly length: number;
  readonly syncedTo: number;
  readonly json: string;
  readonly body: Buffer;
}

export interface Damage {
  readonly segment: number;
  readonly from: number;
  readonly to: number;
}

export type ScanStep =
  | { readonly kind: 'record'; readonly record: ScannedRecord }
  | { readonly kind: 'damage'; readonly damage: Damage }
  /** `torn` when bytes other than zeros follow. */
  | { readonly kind: 'end'; readonly offset: number; readonly torn: boolean };

const windowBytes = 4 * 1024 * 1024;

/** A segment file, read through a window. */
export class SegmentFile {
  readonly number: number;
  readonly header: SegmentHeader | undefined;
  readonly size: number;
  readonly #fd: number;
  #window: Buffer = Buffer.alloc(0);
  #windowOffset = 0;

  constructor(path: string, number: number) {
    this.number = number;
    this.#fd = openSync(path, 'r');
    this.size = fstatSync(this.#fd).size;
    const head = this.bytes(0, firstRecordOffset + markBytes);
    const whole = decodeSegmentHeader(head) ?? decodeSegmentHeader(head.subarray(headerBytes));
    // Both copies gone: the first record still knows the mark, and its checksums tell whether it is one.
    const mark = Buffer.from(head.subarray(firstRecordOffset));
    this.header = whole ?? (this.#proves(mark) ? { number, mark, previousEnd: 0, createdAt: 0 } : undefined);
  }

  #proves(mark: Buffer): boolean {
    return (
      mark.length === markBytes && readRecord(this, mark, firstRecordOffset, Number.POSITIVE_INFINITY) !== undefined
    );
  }

  /** Up to `length` bytes; fewer at the end of the file. Valid until the next call. */
  bytes(offset: number, length: number): Buffer {
    const wanted = Math.max(0, Math.min(length, this.size - offset));
    const from = offset - this.#windowOffset;
    if (from < 0 || from + wanted > this.#window.length) {
      const window = Buffer.allocUnsafe(Math.min(Math.max(windowBytes, wanted), Math.max(0, this.size - offset)));
      let filled = 0;
      while (filled < window.length) {
        const read = readSync(this.#fd, window, filled, window.length - filled, offset + filled);
        if (read === 0) break;
        filled += read;
      }
      this.#window = window.subarray(0, filled);
      this.#windowOffset = offset;
    }
    const start = offset - this.#windowOffset;
    return this.#window.subarray(start, start + wanted);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** The valid record at an offset; `undefined` when there is none. */
export function readRecord(file: SegmentFile, mark: Buffer, offset: number, limit: number): ScannedRecord | undefined {
  const header = decodeRecordHeader(file.bytes(offset, recordHeaderBytes), mark);
  if (!header) return undefined;
  const length = recordHeaderBytes + header.jsonBytes + header.bodyBytes;
  if (offset + length > limit) return undefined;
  const whole = file.bytes(offset, length);
  if (whole.length < length || crc32(whole.subarray(recordHeaderBytes)) !== header.contentCrc) return undefined;
  const bodyStart = recordHeaderBytes + header.jsonBytes;
  return {
    type: header.type,
    offset,
    length,
    syncedTo: header.syncedTo,
    json: whole.toString('utf8', recordHeaderBytes, bodyStart),
    body: whole.subarray(bodyStart),
  };
}

/**
 * Steps through a segment from an offset; the last step is always `end`.
 * @param end where the segment is known to end (the header of the next one says so); `undefined` for the last segment.
 */
export function* scanSegment(file: SegmentFile, from: number, end: number | undefined): Generator<ScanStep> {
  const limit = Math.min(end ?? file.size, file.size);
  const mark = file.header?.mark;
  if (!mark) {
    if (end !== undefined && end > from) yield { kind: 'damage', damage: { segment: file.number, from, to: end } };
    yield { kind: 'end', offset: end ?? from, torn: end === undefined && file.size > 0 };
    return;
  }
  let offset = from;
  while (offset < limit) {
    const record = readRecord(file, mark, offset, limit);
    if (record) {
      yield { kind: 'record', record };
      offset += record.length;
      continue;
    }
    const next = nextAfterDamage(file, mark, offset, limit, end !== undefined);
    if (next === undefined) break;
    yield { kind: 'damage', damage: { segment: file.number, from: offset, to: next } };
    offset = next;
  }
  // Everything up to a known end had been synced: a file that is shorter than it has lost records.
  if (end !== undefined && offset < end)
    yield { kind: 'damage', damage: { segment: file.number, from: offset, to: end } };
  yield { kind: 'end', offset: end ?? offset, torn: end === undefined && hasBytes(file, offset) };
}

/** Where to go on after a bad place that had been synced; `undefined` when nothing proves that it had been. */
function nextAfterDamage(
  file: SegmentFile,
  mark: Buffer,
  bad: number,
  limit: number,
  endIsKnown: boolean,
): number | undefined {
  let first: number | undefined;
  let candidate = findMark(file, mark, bad + 1, limit);
  while (candidate !== undefined) {
    const record = readRecord(file, mark, candidate, limit);
    if (record) {
      first ??= record.offset;
      if (endIsKnown || record.syncedTo > bad) return first;
    }
    candidate = findMark(file, mark, record ? candidate + record.length : candidate + 1, limit);
  }
  return undefined;
}

function findMark(file: SegmentFile, mark: Buffer, from: number, limit: number): number | undefined {
  let offset = from;
  while (offset + markBytes <= limit) {
    const chunk = file.bytes(offset, Math.min(windowBytes, limit - offset));
    const at = chunk.indexOf(mark);
    if (at >= 0) return offset + at;
    if (chunk.length < windowBytes) return undefined;
    offset += chunk.length - (markBytes - 1);
  }
  return undefined;
}

function hasBytes(file: SegmentFile, from: number): boolean {
  let offset = from;
  while (offset < file.size) {
    const chunk = file.bytes(offset, windowBytes);
    if (chunk.length === 0) return false;
    if (chunk.some((byte) => byte !== 0)) return true;
    offset += chunk.length;
  }
  return false;
}
