import { beforeEach, describe, expect, it } from 'vitest';
import { profiles } from '../profile.ts';
import { RollingWindow, RollingWindows } from './rolling-window.ts';
import { SendingLimits } from './sending-limits.ts';

let time: number;
const clock = { now: () => time };
const minute = 60_000;
const hour = 60 * minute;
const start = Date.parse('2026-11-24T09:00:30Z');
beforeEach(() => {
  time = start;
});

describe('messages a minute', () => {
  it('what-is-beyond-leaves-in-the-following-minutes-in-order', () => {
    const limits = new SendingLimits({ ...profiles.documented, messagesPerMinute: 2 }, clock);
    const leave = Array.from({ length: 7 }, () => (limits.releaseAt('a@x') - start) / minute);
    expect(leave).toEqual([0, 0, 1, 1, 2, 2, 3]);
    time += 90_000;
    // The backlog goes first: minute 3 has one place left.
    expect([limits.releaseAt('a@x'), limits.releaseAt('a@x')].map((at) => (at - start) / minute)).toEqual([3, 4]);
    expect(limits.releaseAt('b@x')).toBe(time);
  });

  it('mailbox-that-was-quiet-owes-nothing', () => {
    const limits = new SendingLimits({ ...profiles.documented, messagesPerMinute: 1 }, clock);
    limits.releaseAt('a@x');
    limits.releaseAt('a@x');
    time += 3 * minute;
    expect(limits.releaseAt('A@X')).toBe(time);
  });
});

describe('recipients a day', () => {
  it('count-over-rolling-24-hours-and-a-refused-message-counts-nothing', () => {
    const limits = new SendingLimits({ ...profiles.documented, recipientsPerDay: 10 }, clock);
    expect(limits.takeRecipients('a@x', 6)).toBe(true);
    time += 12 * hour;
    expect(limits.takeRecipients('a@x', 4)).toBe(true);
    expect(limits.takeRecipients('a@x', 1)).toBe(false);
    expect(limits.takeRecipients('b@x', 1)).toBe(true);
    time += 12 * hour + 30 * minute;
    expect([limits.takeRecipients('a@x', 6), limits.takeRecipients('a@x', 1)]).toEqual([true, false]);
  });

  it('outside-recipients-count-for-the-whole-tenant', () => {
    const limits = new SendingLimits({ ...profiles.documented, externalRecipientsPerDay: 3 }, clock);
    expect([limits.takeExternal(2), limits.takeExternal(2), limits.takeExternal(1)]).toEqual([true, false, true]);
  });
});

describe('a rolling window', () => {
  it('never-forgets-early-and-forgets-within-a-slot-of-its-end', () => {
    const window = new RollingWindow(10 * minute);
    for (const at of [0, 1, 59_999, 123_456]) {
      const now = start + at;
      window.add(now, 1);
      expect(window.total(now + 10 * minute)).toBeGreaterThan(0);
      expect(window.total(now + 10 * minute + 11_000)).toBe(0);
    }
  });

  it('clock-that-goes-back-counts-nothing-from-the-time-to-come', () => {
    const window = new RollingWindow(minute);
    window.add(start, 5);
    expect(window.total(start - hour)).toBe(0);
    window.add(start - hour, 1);
    expect(window.total(start - hour)).toBe(1);
  });

  it('forgets-names-that-nobody-uses-when-there-are-many', () => {
    const windows = new RollingWindows(minute);
    const kept = windows.of('kept', start);
    kept.add(start, 1);
    for (let each = 0; each < 1100; each += 1) windows.of(`idle ${each}`, start);
    expect(windows.of('kept', start)).toBe(kept);
    expect(windows.of('kept', start).total(start)).toBe(1);
  });
});
