import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RollingWindow } from './rolling-window.ts';

test('never lets more through in any minute than the limit, and no less than it allows', () => {
  const window = new RollingWindow(30, 60_000);
  const starts: number[] = [];
  let now = 0;
  while (now < 600_000) {
    now = window.freeAt(1, now);
    window.add(1, now);
    starts.push(now);
  }
  for (const start of starts)
    expect(starts.filter((other) => other >= start && other < start + 60_000).length).toBeLessThanOrEqual(30);
  // Ten minutes and the burst at either end.
  expect(starts.length).toBeGreaterThanOrEqual(300);
});

test('what is larger than the whole limit goes when it is alone, rather than never', () => {
  const window = new RollingWindow(100, 1_000);
  expect(window.freeAt(500, 10)).toBe(10);
  window.add(500, 10);
  expect(window.freeAt(1, 20)).toBe(1_010);
});

test('freeAt is the first moment at which it fits', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ gap: fc.nat(300), amount: fc.integer({ min: 1, max: 10 }) }), { maxLength: 3_000 }),
      fc.integer({ min: 1, max: 10 }),
      (entries, wanted) => {
        const window = new RollingWindow(50, 1_000);
        let now = 0;
        const all: { at: number; amount: number }[] = [];
        for (const { gap, amount } of entries) {
          now = window.freeAt(amount, now + gap);
          window.add(amount, now);
          all.push({ at: now, amount });
        }
        const free = window.freeAt(wanted, now);
        const sumAt = (time: number) =>
          all.reduce((sum, { at, amount }) => (at + 1_000 > time ? sum + amount : sum), 0);
        expect(sumAt(free) + wanted).toBeLessThanOrEqual(50);
        if (free > now) expect(sumAt(free - 1) + wanted).toBeGreaterThan(50);
      },
    ),
    { numRuns: 30 },
  );
});
