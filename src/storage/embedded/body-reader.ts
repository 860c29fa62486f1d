/**
 * Reads stored bodies back, and proves each by its checksum before it is sent: a mail that the disk has changed must not
 * go out.
 */
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { FaultError } from '../../domain/catalogue.ts';
import type { StoredBody } from '../../queue/store.ts';
import { BodyProof } from './body-sum.ts';
import { bodiesFolder } from './body-writer.ts';
import { markBytes, recordHeaderBytes, segmentName } from './framing.ts';
import type { BodyPlace } from './index/calls.ts';
import type { BodyFile } from './records.ts';

/** Segments that are kept open for reading. */
const mostOpen = 8;

export class BodyReader {
  readonly #dir: string;
  readonly #passed: ((bytes: number) => void) | undefined;
  readonly #open = new Map<number, Promise<FileHandle>>();

  /** @param passed is told of the bytes of large bodies that are read in pieces. */
  constructor(dir: string, passed?: (bytes: number) => void) {
    this.#dir = dir;
    this.#passed = passed;
  }

  /**
   * The body part of a record: the whole body, or what goes before a body with a file of its own.
   * @throws FaultError `storage-failed` when the disk no longer has what was written; ENOENT when the segment has gone.
   */
  async recordBody(place: BodyPlace): Promise<Buffer> {
    const record = Buffer.allocUnsafeSlow(place.length);
    const handle = await this.#segment(place.segment);
    const { bytesRead } = await handle.read(record, 0, place.length, place.offset);
    const jsonBytes = record.readUInt32LE(markBytes + 4);
    const whole =
      bytesRead === place.length && crc32(record.subarray(recordHeaderBytes)) === record.readUInt32LE(markBytes + 20);
    if (!whole) throw damaged(`The record at ${place.offset} of ${segmentName(place.segment)}`);
    return record.subarray(recordHeaderBytes + jsonBytes);
  }

  /** A body that is `head`, and then the file where it has one. */
  body(head: Buffer, file: BodyFile | undefined): StoredBody {
    if (!file) return inMemory(head);
    const path = join(this.#dir, bodiesFolder, file.name);
    return {
      size: head.length + file.size,
      bytes: async () => {
        const rest = await readFile(path);
        const proof = new BodyProof(file);
        proof.add(rest);
        if (!proof.end()) throw damaged(`The body file ${path}`);
        return Buffer.concat([head, rest]);
      },
      stream: () => streamFile(head, path, file, this.#passed),
      streamFrom: (offset) => streamFileFrom(head, path, offset, this.#passed),
    };
  }

  /** Lets go of segments that have been removed. */
  async forget(segment: number): Promise<void> {
    const handle = this.#open.get(segment);
    this.#open.delete(segment);
    await (await handle?.catch(() => undefined))?.close().catch(() => undefined);
  }

  async close(): Promise<void> {
    for (const segment of [...this.#open.keys()]) await this.forget(segment);
  }

  #segment(number: number): Promise<FileHandle> {
    const known = this.#open.get(number);
    if (known) return known;
    const handle = open(join(this.#dir, segmentName(number)), 'r');
    this.#open.set(number, handle);
    handle.catch(() => this.#open.delete(number));
    const [oldest] = this.#open.keys();
    // A read that is under way keeps its handle until it is done: closing waits for it.
    if (this.#open.size > mostOpen && oldest !== undefined) void this.forget(oldest);
    return handle;
  }
}

function inMemory(bytes: Buffer): StoredBody {
  return {
    size: bytes.length,
    bytes: () => Promise.resolve(bytes),
    async *stream() {
      yield bytes;
    },
    async *streamFrom(offset) {
      yield bytes.subarray(offset);
    },
  };
}

/** The checksum is known at the end only: a damaged file ends in an error before its last piece has been given out. */
async function* streamFile(
  head: Buffer,
  path: string,
  file: BodyFile,
  passed: ((bytes: number) => void) | undefined,
): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  const proof = new BodyProof(file);
  let last: Buffer | undefined;
  const pieces: AsyncIterable<Buffer> = createReadStream(path);
  for await (const piece of pieces) {
    if (last) yield last;
    proof.add(piece);
    passed?.(piece.length);
    last = piece;
  }
  if (!proof.end()) throw damaged(`The body file ${path}`);
  if (last) yield last;
}

async function* streamFileFrom(
  head: Buffer,
  path: string,
  offset: number,
  passed: ((bytes: number) => void) | undefined,
): AsyncGenerator<Buffer> {
  if (offset < head.length) yield head.subarray(offset);
  const pieces: AsyncIterable<Buffer> = createReadStream(path, { start: Math.max(0, offset - head.length) });
  for await (const piece of pieces) {
    passed?.(piece.length);
    yield piece;
  }
}

function damaged(what: string): FaultError {
  return new FaultError({
    code: 'storage-failed',
    detail: `${what} is not what was written: the disk has damaged it. Restore it from a backup, or cancel the message.`,
  });
}
