/**
 * The journal's writer: the one place where a message becomes durable.
 *
 * ## A group, in prose
 * Whoever has something to put on record appends it and waits. While nothing is being written, a group closes at the end
 * of the current turn of the event loop; while one is being written, the next one collects. A group goes out in one write,
 * which returns when it is synced. Then, and not before, the index is told (the group stands in its line, so that any
 * question asked later is answered with it), and then everybody who waits is answered. The next group's write
 * starts before those who wait have had their turn.
 *
 * ## When the disk refuses
 * - No room: acceptances and attempts of the group are refused (`storage-full`), and the file is cut back to the last good
 *   offset. What stood before that was synced by writes that went well, and the cut writes its last block anew; once that
 *   is synced as well, the file goes on being used.
 * - Anything else, and a cut that is refused: after a failed sync the system may have dropped the dirty pages and answer
 *   the next sync with success, so the file is never trusted again. The segment ends at its last good offset, the group is
 *   refused (`storage-failed`), and the next group opens a new segment, whose header says where the old one ends: whatever
 *   did reach the disk behind that offset does not count.
 * - The new segment cannot be made either: all is refused until it can. It is tried with every group, and by a timer.
 * Outcomes are never refused: the message has been sent, and to forget that would send it twice. They wait for the disk.
 */
import { crc32 } from 'node:zlib';
import { FaultError } from '../../domain/catalogue.ts';
import { saysFull, writeDurably } from './files.ts';
import { encodeRecordHeader, firstRecordOffset, recordHeaderBytes } from './framing.ts';
import type { Setting } from './options.ts';
import { type ConnectorStanding, type RecordContent, writeContent } from './records.ts';
import { makeSegment, type OpenSegment } from './segment-writer.ts';

/**
 * Written behind a small group now and then, so that the groups after it lengthen no file: their sync then has only data to
 * write, which takes about two thirds of the time. In the same write and sync, so that it costs no group of its own.
 */
const zeros = Buffer.alloc(256 * 1024);

/** A durable record as the index is told of it: type, offset, length, JSON. */
export type FedRecord = readonly [type: number, offset: number, length: number, json: string];

export interface FedGroup {
  readonly segment: number;
  readonly records: readonly FedRecord[];
  /** Where the next record of this segment will stand. */
  readonly end: number;
}

interface Waiting {
  readonly type: number;
  readonly json: string;
  /** Room for the header, then the JSON. */
  readonly head: Buffer;
  /** Its pieces, in their order. */
  readonly body: readonly Uint8Array[];
  readonly bodyBytes: number;
  readonly crc: number;
  readonly mustLand: boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export interface JournalHooks {
  /** Tells the index; called after the sync and before anybody is answered. */
  durable(group: FedGroup): void;
  /** Resolves when the index has caught up enough; `undefined` when it has. */
  mayGoOn(): Promise<void> | undefined;
  /** The disk had no room. */
  full(): void;
  /** Pauses as they stand on record, for the first record of a segment. */
  standings(): readonly ConnectorStanding[];
}

export class Journal {
  readonly #setting: Setting;
  readonly #hooks: JournalHooks;
  #segment: OpenSegment | undefined;
  #number: number;
  /** End of what is synced in the current segment, or in the one given up. */
  #good: number;
  #place = 0;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  /** Ends the wait before outcomes are tried again. */
  #wake: (() => void) | undefined;
  #closed = false;
  /** Up to here the current segment has zeros written ahead; no more are written after a refused write. */
  #reserved = 0;

  /**
   * @param last number of the newest segment that was ever used; the first write makes the next one.
   * @param lastEnd where that one ends.
   */
  constructor(setting: Setting, hooks: JournalHooks, last: number, lastEnd: number) {
    this.#setting = setting;
    this.#hooks = hooks;
    this.#number = last;
    this.#good = lastEnd;
  }

  /** Number of the segment that is written to. */
  get head(): number {
    return this.#number;
  }

  /** Opens the first segment, so that a folder which cannot be written to is found out at start. */
  async open(): Promise<void> {
    await this.#openSegment();
  }

  /** Resolves when the record is durable. @throws FaultError `storage-full` or `storage-failed`: it is not on record. */
  append(content: RecordContent, body: readonly Uint8Array[] = []): Promise<void> {
    if (this.#closed)
      return Promise.reject(new FaultError({ code: 'storage-failed', detail: 'The store has been closed.' }));
    const { type, json } = writeContent(content);
    const jsonBytes = Buffer.byteLength(json);
    const head = Buffer.allocUnsafe(recordHeaderBytes + jsonBytes);
    head.write(json, recordHeaderBytes, 'utf8');
    let crc = crc32(head.subarray(recordHeaderBytes));
    let bodyBytes = 0;
    for (const piece of body) {
      crc = crc32(piece, crc);
      bodyBytes += piece.byteLength;
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        type,
        json,
        head,
        body,
        bodyBytes,
        crc,
        mustLand: content.type === 'outcome' || content.type === 'closed',
        resolve,
        reject,
      });
      this.#wake?.();
      this.#start();
    });
  }

  /** Writes what waits, says that all of it was synced, and lets go of the file. */
  async close(): Promise<void> {
    if (this.#closed) return;
    const last = this.append({ type: 'closed', data: {} }).catch(() => undefined);
    this.#closed = true;
    this.#wake?.();
    this.#start();
    await this.#running;
    for (const entry of this.#waiting.splice(0))
      entry.reject(new FaultError({ code: 'storage-failed', detail: 'The disk refused until the store was closed.' }));
    await last;
    if (!this.#segment) return;
    await this.#setting.files.ftruncate(this.#segment.fd, this.#good).catch(() => undefined);
    await this.#setting.files.close(this.#segment.fd).catch(() => undefined);
    this.#segment = undefined;
  }

  #start(): void {
    if (this.#running) return;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    // The rest of this turn may bring more: sockets that became readable together share the sync.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const pause = this.#hooks.mayGoOn();
      if (pause) await pause;
      const group = this.#waiting;
      this.#waiting = [];
      try {
        await this.#write(group);
      } catch (error) {
        await this.#refuse(group, error);
        continue;
      }
      for (const entry of group) entry.resolve();
      this.#setting.probe?.('after-answer');
    }
    // In the same step as the last look at what waits: whatever is appended from now on starts the next run.
    this.#running = undefined;
  }

  async #write(group: readonly Waiting[]): Promise<void> {
    const { files, probe, segmentBytes } = this.#setting;
    let bytes = 0;
    for (const entry of group) bytes += entry.head.length + entry.bodyBytes;
    let segment = this.#segment;
    if (!segment || (this.#good + bytes > segmentBytes && this.#good > firstRecordOffset))
      segment = await this.#openSegment();
    const buffers: Uint8Array[] = [];
    const records: FedRecord[] = [];
    let offset = this.#good;
    let place = this.#place;
    for (const entry of group) {
      encodeRecordHeader(entry.head, segment.mark, {
        type: entry.type,
        jsonBytes: entry.head.length - recordHeaderBytes,
        bodyBytes: entry.bodyBytes,
        syncedTo: this.#good,
        place,
        contentCrc: entry.crc,
      });
      const length = entry.head.length + entry.bodyBytes;
      records.push([entry.type, offset, length, entry.json]);
      buffers.push(entry.head, ...entry.body);
      offset += length;
      place += 1;
    }
    // One message at a time gains most from reserved space; a large group gains nothing, and would wait for the zeros.
    const reserve = offset > this.#reserved && bytes < zeros.length / 4 && offset < segmentBytes;
    if (reserve) {
      buffers.push(zeros);
      this.#reserved = offset + zeros.length;
    }
    probe?.('before-write');
    await writeDurably(files, segment.fd, buffers, this.#good);
    probe?.('after-sync');
    this.#good = offset;
    this.#place = place;
    this.#hooks.durable({ segment: segment.number, records, end: offset });
    probe?.('before-answer');
  }

  async #openSegment(): Promise<OpenSegment> {
    const { files } = this.#setting;
    const old = this.#segment;
    const next = await makeSegment(this.#setting, this.#number + 1, this.#good);
    if (old) {
      await files.ftruncate(old.fd, this.#good).catch(() => undefined);
      await files.close(old.fd).catch(() => undefined);
    }
    this.#segment = next;
    this.#number = next.number;
    this.#good = firstRecordOffset;
    this.#place = 0;
    this.#reserved = firstRecordOffset;
    const connectors = this.#hooks.standings();
    if (connectors.length > 0) await this.#writeStandings(connectors);
    return next;
  }

  /** Its own write, once a segment: nobody waits for it, and the group after it is synced with it known. */
  async #writeStandings(connectors: readonly ConnectorStanding[]): Promise<void> {
    const { type, json } = writeContent({ type: 'standing', data: { connectors } });
    const head = Buffer.concat([Buffer.alloc(recordHeaderBytes), Buffer.from(json)]);
    const crc = crc32(head.subarray(recordHeaderBytes));
    const ignore = () => undefined;
    const nobody = { mustLand: false, resolve: ignore, reject: ignore };
    await this.#write([{ type, json, head, body: [], bodyBytes: 0, crc, ...nobody }]);
  }

  /** Answers a group that could not be written; returns when it makes sense to go on. */
  async #refuse(group: readonly Waiting[], error: unknown): Promise<void> {
    const { logger, clock, retryMs } = this.#setting;
    this.#reserved = Number.POSITIVE_INFINITY;
    const full = saysFull(error);
    if (full) this.#hooks.full();
    const usable = full && (await this.#cutBack());
    if (!usable) await this.#giveUpSegment();
    const fault = new FaultError(
      {
        code: full ? 'storage-full' : 'storage-failed',
        detail: `Writing to the journal in ${this.#setting.dir} failed: ${error instanceof Error ? error.message : String(error)}`,
      },
      { cause: error },
    );
    logger.error({ err: error, records: group.length }, fault.message);
    const kept = group.filter((entry) => entry.mustLand);
    for (const entry of group) if (!entry.mustLand) entry.reject(fault);
    this.#waiting.unshift(...kept);
    if (this.#closed) {
      for (const entry of this.#waiting.splice(0)) entry.reject(fault);
      return;
    }
    // What came in meanwhile is tried at once. Outcomes alone wait for the timer, or for the next that comes in.
    if (this.#waiting.length > kept.length || kept.length < group.length || kept.length === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = clock.after(retryMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
    this.#wake = undefined;
  }

  async #cutBack(): Promise<boolean> {
    if (!this.#segment) return false;
    try {
      await this.#setting.files.ftruncate(this.#segment.fd, this.#good);
      await this.#setting.files.fdatasync(this.#segment.fd);
      return true;
    } catch {
      return false;
    }
  }

  async #giveUpSegment(): Promise<void> {
    const segment = this.#segment;
    this.#segment = undefined;
    if (!segment) return;
    const { files } = this.#setting;
    await files.ftruncate(segment.fd, this.#good).catch(() => undefined);
    await files.close(segment.fd).catch(() => undefined);
  }
}
