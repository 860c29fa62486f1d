/**
 * Makes segments and knows the end of the one that is written to.
 *
 * Space is reserved ahead by writing zeros: a sync that need not record a longer file takes two thirds of the time, or
 * less. The next segment is made ready under another name while the current one fills; it counts from the moment when
 * its header and its name are synced.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { syncFolder, writeFully } from './files.ts';
import { encodeSegmentHeader, firstRecordOffset, markBytes, segmentName } from './framing.ts';
import type { Setting } from './options.ts';

/** Zeros are written in steps, so that a group that waits for the disk waits for one step at most. */
const stepBytes = 1024 * 1024;
/** Reserved at once for the segment that a start begins with: more would delay the start. */
const firstReserveBytes = 2 * 1024 * 1024;

export interface OpenSegment {
  readonly number: number;
  readonly fd: number;
  readonly mark: Buffer;
  readonly path: string;
}

interface ReadySegment {
  readonly fd: number;
  readonly path: string;
}

export class SegmentMaker {
  readonly #setting: Setting;
  #next: Promise<ReadySegment | undefined> | undefined;
  #enough = false;

  constructor(setting: Setting) {
    this.#setting = setting;
  }

  /** Begins to make the next segment ready. Failing is no fault: the next one is then made without. */
  prepare(): void {
    this.#enough = false;
    this.#next ??= this.#makeReady(this.#setting.segmentBytes).catch(() => undefined);
  }

  /** Makes a segment that records can go to: header and name are synced. */
  async make(number: number, previousEnd: number): Promise<OpenSegment> {
    const { files, dir, clock, probe } = this.#setting;
    this.#enough = true;
    const ready =
      (await this.#next) ?? (await this.#makeReady(Math.min(firstReserveBytes, this.#setting.segmentBytes)));
    this.#next = undefined;
    const mark = randomBytes(markBytes);
    const path = join(dir, segmentName(number));
    try {
      const header = encodeSegmentHeader({ number, mark, previousEnd, createdAt: clock.now() });
      await writeFully(files, ready.fd, [header], 0);
      await files.fsync(ready.fd);
      await files.rename(ready.path, path);
      await syncFolder(files, dir);
    } catch (error) {
      await files.close(ready.fd).catch(() => undefined);
      await files.unlink(ready.path).catch(() => undefined);
      await files.unlink(path).catch(() => undefined);
      throw error;
    }
    probe?.('segment-made');
    return { number, fd: ready.fd, mark, path };
  }

  /** Lets go of a segment that was made ready and not used. */
  async close(): Promise<void> {
    this.#enough = true;
    const ready = await this.#next;
    this.#next = undefined;
    if (!ready) return;
    await this.#setting.files.close(ready.fd).catch(() => undefined);
    await this.#setting.files.unlink(ready.path).catch(() => undefined);
  }

  async #makeReady(reserveBytes: number): Promise<ReadySegment> {
    const { files, dir } = this.#setting;
    const path = join(dir, 'journal-next');
    const fd = await files.open(path, 'w', 0o600);
    try {
      const zeros = Buffer.alloc(Math.min(stepBytes, Math.max(firstRecordOffset, reserveBytes)));
      for (let offset = 0; offset < reserveBytes && !(this.#enough && offset > 0); offset += zeros.length)
        await writeFully(files, fd, [zeros], offset);
      await files.fdatasync(fd);
      return { fd, path };
    } catch (error) {
      await files.close(fd).catch(() => undefined);
      await files.unlink(path).catch(() => undefined);
      throw error;
    }
  }
}
