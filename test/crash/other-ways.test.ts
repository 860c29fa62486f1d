/** Killed while mail leaves by SMTP, or while it takes another way out: nothing is lost, and nothing is sent twice. */
import { describe, expect, it } from 'vitest';
import type { CrashPoint } from '../../src/domain/crash-point.ts';
import { type Death, liveThrough } from './crash-run.ts';
import type { WayOut } from './ways-out.ts';

const byUploads: readonly CrashPoint[] = ['draft-made', 'during-upload', 'attached', 'before-send', 'draft-sent'];
const bySmtp: readonly CrashPoint[] = ['before-post', 'during-post', 'after-post', 'before-finish'];

describe('a server that is killed while mail leaves', () => {
  it.each<[WayOut, readonly CrashPoint[], readonly number[]]>([
    ['smtp-oauth', bySmtp, [4]],
    ['smtp', bySmtp, [4]],
    ['fall-back', ['before-reroute', 'after-reroute', 'during-post', 'before-finish'], [1]],
  ])(
    'killed-while-mail-leaves-by-%s-loses-nothing-and-doubles-nothing',
    async (way, points, passings) => {
      const deaths: Death[] = points.flatMap((at) => passings.map((passing) => ({ at, passing })));
      const { books, ...report } = await liveThrough(deaths, Math.random, way);
      expect(report.complaints).toEqual([]);
      expect(report.kills).toBe(deaths.length);
      expect([...report.reachedPoints].sort()).toEqual([...points].sort());
      const { accepted, sent, failed, uncertain, cancelled, held, queued, sending } = books;
      expect(accepted).toBe(sent + failed + uncertain + cancelled + held + queued + sending);
      expect(sent).toBeGreaterThan(0);
    },
    180_000,
  );

  it('killed-while-large-mail-is-uploaded-loses-and-doubles-nothing-and-leaves-no-draft', async () => {
    const deaths: Death[] = byUploads.map((at) => ({ at, passing: 2 }));
    const { books, ...report } = await liveThrough(deaths, Math.random, 'uploads');
    expect(report.complaints).toEqual([]);
    expect([...report.reachedPoints].sort()).toEqual([...byUploads].sort());
    // How far each had come is on record or in the mailbox, so that nothing is left to a person, though the rule is hold:
    // nothing but an attempt that was cut off between its two first records, that of the queue and that of the draft.
    expect(books.sent + books.uncertain).toBe(books.accepted);
    expect(books.uncertain).toBeLessThanOrEqual(2);
  }, 300_000);
});
