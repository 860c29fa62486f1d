/**
 * Recovery, in prose.
 *
 * The journal is the truth; the index is what has been read from it so far. At every start:
 *
 * 1. *The folder is locked.* A second process is refused before it reads anything.
 * 2. *The index is opened.* A missing one is made; one that SQLite cannot read is set aside and made anew; one of a newer
 *    schema stops the start; one of an older schema is migrated. Its open transaction died with the process, so it stands
 *    at a position in the journal and holds exactly what the records before that position say.
 * 3. *The journal is read from that position on*, segment by segment, and each record applied in order. For every segment
 *    but the last, the next one's header says where it ends: all before that end had been synced, so a place without a
 *    valid record there is damage, which is reported loudly and skipped; whatever stands behind the end was refused and
 *    does not count. In the last segment reading ends at zeros, at the end of the file, or at a torn tail: bytes that were
 *    being written when the process died. Nobody was answered for these, and nothing of them is kept. A bad place in the last
 *    segment which a later record knows as synced is damage as well (see segment-scan.ts).
 * 4. *The position is committed*, and leases are cleared: whoever held one is gone.
 * 5. *The torn tail is cut off, and writing begins in a new segment*, whose header names the end that was found. From then
 *    on that end is known, and a tail that could not be cut does not count.
 * 6. *Body files that no message names are removed*: their record was never written.
 * 7. *Messages that are `sending`* have an attempt on record without an outcome. The queue asks for these and ends each
 *    attempt as `uncertain`. Everything else that is not final is `queued` or `held`, as the records say.
 *
 * A crash during recovery changes nothing: each step can be done again. An index that was lost is made from the segments
 * that are kept: every message that is not final, or whose bytes are kept, is in one of them with all its records, since
 * segments go oldest first (see retention.ts). What it has lost is the history of messages whose segments had gone.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { firstRecordOffset, segmentName, segmentNumber } from '../framing.ts';
import { type Damage, type ScannedRecord, SegmentFile, scanSegment } from '../segment-scan.ts';
import type { Position } from './database.ts';

export interface ReplayEnd {
  /** Where the next record would be expected. */
  readonly position: Position;
  readonly lastSegment: number;
  readonly lastEnd: number;
  readonly torn: boolean;
  readonly headless: boolean;
  readonly replayed: number;
  readonly damages: readonly Damage[];
  readonly remarks: readonly string[];
}

/** Numbers of the segments in a folder, oldest first. */
export function segmentNumbers(dir: string): number[] {
  return readdirSync(dir)
    .flatMap((name) => segmentNumber(name) ?? [])
    .sort((a, b) => a - b);
}

/** Reads the journal from a position on and hands each record to `apply`. */
export function replayJournal(
  dir: string,
  from: Position,
  apply: (record: ScannedRecord, segment: number) => void,
): ReplayEnd {
  const numbers = segmentNumbers(dir);
  const files = numbers
    .filter((number) => number >= from.segment)
    .map((number) => new SegmentFile(join(dir, segmentName(number)), number));
  const damages: Damage[] = [];
  const remarks: string[] = [];
  let position = from;
  let replayed = 0;
  let torn = false;
  let headless = false;
  const oldest = numbers[0];
  if (from.segment > 0 && !numbers.includes(from.segment))
    remarks.push(
      `The journal segment ${from.segment}, which the index had come to, is not in ${dir}. Messages accepted in it whose bytes are needed cannot be sent.`,
    );
  else if (from.segment === 0 && oldest !== undefined && oldest > 1)
    remarks.push(`The oldest journal segment is ${oldest}: what happened before it is no longer on record.`);
  try {
    for (const [place, file] of files.entries()) {
      const next = files[place + 1];
      // A segment without a readable header, and the last one: made when the process died, with nothing in it.
      if (!file.header && !next) {
        headless = true;
        break;
      }
      if (place > 0 && files[place - 1]?.number !== file.number - 1)
        remarks.push(`Journal segments between ${files[place - 1]?.number} and ${file.number} are missing.`);
      const end = next?.header && next.number === file.number + 1 ? next.header.previousEnd : undefined;
      const knownEnd = end !== undefined && end > 0 ? end : undefined;
      const start = file.number === from.segment && from.offset > 0 ? from.offset : firstRecordOffset;
      for (const step of scanSegment(file, start, knownEnd)) {
        if (step.kind === 'damage') damages.push(step.damage);
        else if (step.kind === 'end') {
          position = { segment: file.number, offset: Math.max(step.offset, start) };
          torn = step.torn;
        } else {
          apply(step.record, file.number);
          replayed += 1;
        }
      }
    }
  } finally {
    for (const file of files) file.close();
  }
  const lastSegment = Math.max(position.segment, ...(headless ? numbers.slice(0, -1) : numbers));
  return {
    position,
    lastSegment,
    lastEnd: lastSegment === position.segment ? position.offset : 0,
    torn,
    headless,
    replayed,
    damages,
    remarks,
  };
}
