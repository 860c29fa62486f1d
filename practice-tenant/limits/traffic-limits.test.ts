import { beforeEach, describe, expect, it } from 'vitest';
import { profiles } from '../profile.ts';
import { type Entry, TrafficLimits } from './traffic-limits.ts';

let time: number;
const clock = { now: () => time };
const minute = 60_000;
beforeEach(() => {
  time = Date.parse('2026-11-24T09:00:00Z');
});

const entry = (more: Partial<Entry> = {}): Entry => ({ appId: 'app', mailbox: 'noreply', bytes: 0, ...more });

/** What a request meets: the limit that it is over, or `in`. */
function meets(limits: TrafficLimits, more?: Partial<Entry>): string {
  const admission = limits.enter(entry(more));
  if ('refused' in admission) return admission.refused.message;
  admission.leave();
  return 'in';
}
const full = 'Application is over its MailboxConcurrency limit.';

describe('requests at once', () => {
  it.each([
    ['app-and-mailbox', { sameApp: 'in', sameMailbox: 'in' }],
    ['mailbox', { sameApp: 'in', sameMailbox: full }],
    ['app', { sameApp: full, sameMailbox: 'in' }],
  ] as const)('more-than-four-are-refused-as-counted-by-%s', (concurrencyReading, expected) => {
    const limits = new TrafficLimits({ ...profiles.documented, concurrencyReading }, clock);
    const held = [1, 2, 3, 4].map(() => limits.enter(entry()));
    expect(meets(limits)).toBe(full);
    expect(meets(limits, { mailbox: 'other' })).toBe(expected.sameApp);
    expect(meets(limits, { appId: 'other' })).toBe(expected.sameMailbox);
    for (const each of held) if ('leave' in each) each.leave();
    expect(meets(limits)).toBe('in');
  });

  it('who-leaves-twice-makes-room-once', () => {
    const limits = new TrafficLimits({ ...profiles.documented, concurrency: 2 }, clock);
    const first = limits.enter(entry());
    limits.enter(entry());
    for (const _time of [1, 2]) if ('leave' in first) first.leave();
    limits.enter(entry());
    expect(meets(limits)).toBe(full);
  });

  it('address-in-other-case-is-the-same-mailbox', () => {
    const limits = new TrafficLimits({ ...profiles.documented, concurrency: 1 }, clock);
    limits.enter(entry({ mailbox: 'NoReply' }));
    expect(meets(limits)).toBe(full);
  });
});

describe('requests in ten minutes', () => {
  it('who-waits-as-told-gets-in-and-who-retries-at-once-does-not', () => {
    const limits = new TrafficLimits({ ...profiles.documented, requestsPer10Minutes: 3 }, clock);
    for (const _request of [1, 2, 3]) expect(meets(limits)).toBe('in');
    const refused = () => {
      const admission = limits.enter(entry());
      return 'refused' in admission ? admission.refused.retryAfterSeconds : 0;
    };
    const seconds = refused();
    expect(seconds).toBeGreaterThan(500);
    expect(seconds).toBeLessThan(630);
    time += 5 * minute;
    expect(refused()).toBeGreaterThan(0);
    time += 5 * minute + 15_000;
    // The three are gone; the refused ones count too, and one of them is still within the window.
    expect(meets(limits)).toBe('in');
    expect(meets(limits, { mailbox: 'other' })).toBe('in');
  });

  it('waiting-as-told-is-enough-whenever-the-limit-was-met', () => {
    for (let offset = 0; offset < 12; offset += 1) {
      time += offset * 1234;
      const limits = new TrafficLimits({ ...profiles.documented, requestsPer10Minutes: 1 }, clock);
      expect(meets(limits)).toBe('in');
      const admission = limits.enter(entry());
      time += 'refused' in admission ? admission.refused.retryAfterSeconds * 1000 : 0;
      expect(meets(limits)).toBe('in');
    }
  });
});

describe('bytes in five minutes', () => {
  it('too-many-are-refused-by-the-name-of-the-limit-until-they-are-past', () => {
    const limits = new TrafficLimits({ ...profiles.documented, uploadBytesPer5Minutes: 1000 }, clock);
    expect(meets(limits, { bytes: 900 })).toBe('in');
    expect(meets(limits, { bytes: 200 })).toBe('Application is over its IncomingBytes limit.');
    expect(meets(limits, { bytes: 200, appId: 'other' })).toBe('in');
    time += 5 * minute + 6000;
    expect(meets(limits, { bytes: 900 })).toBe('in');
  });
});

it('unlimited-profile-refuses-nothing', () => {
  const limits = new TrafficLimits(profiles.unlimited, clock);
  const seen = Array.from({ length: 20_000 }, () => 'refused' in limits.enter(entry({ bytes: 1e9 })));
  expect(seen).not.toContain(true);
});
