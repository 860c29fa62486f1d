/** Makes the file of a new segment. It counts from the moment when its header and its name are synced. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { syncFolder, writeDurably } from './files.ts';
import { encodeSegmentHeader, markBytes, segmentName } from './framing.ts';
import type { Setting } from './options.ts';

export interface OpenSegment {
  readonly number: number;
  readonly fd: number;
  readonly mark: Buffer;
}

/** Name of a segment that is being made: one that a crash leaves behind is never taken for a segment. */
export const unfinishedSegmentName = 'journal-next';

/**
 * Makes a segment that records can go to.
 * @param previousEnd where the segment before ends; whatever bytes follow there do not count.
 */
export async function makeSegment(setting: Setting, number: number, previousEnd: number): Promise<OpenSegment> {
  const { files, dir, clock, probe } = setting;
  const mark = randomBytes(markBytes);
  const unfinished = join(dir, unfinishedSegmentName);
  const path = join(dir, segmentName(number));
  const fd = await files.makeSynced(unfinished, 0o600);
  try {
    await writeDurably(files, fd, [encodeSegmentHeader({ number, mark, previousEnd, createdAt: clock.now() })], 0);
    await files.rename(unfinished, path);
    await syncFolder(files, dir);
  } catch (error) {
    await files.close(fd).catch(() => undefined);
    await files.unlink(unfinished).catch(() => undefined);
    await files.unlink(path).catch(() => undefined);
    throw error;
  }
  probe?.('segment-made');
  return { number, fd, mark };
}
