/**
 * Reads a journal without a running store and without changing anything: for `queue export`, for looking into a copy that
 * somebody sent, and for tests. It shows what the records say, not what has become of them; the index knows that.
 */
import { type ReplayEnd, replayJournal } from './index/replay.ts';
import { type RecordContent, readContent } from './records.ts';

export interface InspectedRecord {
  readonly segment: number;
  readonly offset: number;
  /** Bytes of the whole record. */
  readonly length: number;
  readonly content: RecordContent;
  /** The body part; valid until the next record is read. */
  readonly body: Buffer;
}

/**
 * Shows each valid record of the journal in `dir` to `visit`, oldest first. The store must be stopped: while it runs, the
 * last group may be half there. Returns where the journal ends, and what is damaged.
 */
export function inspectJournal(dir: string, visit: (record: InspectedRecord) => void): ReplayEnd {
  return replayJournal(dir, { segment: 0, offset: 0 }, (record, segment) => {
    const content = readContent(record.type, record.json);
    if (content) visit({ segment, offset: record.offset, length: record.length, content, body: record.body });
  });
}
