import { describe, expect, test } from 'vitest';
import { FoundConcurrency, FoundPace } from './found-limits.ts';

/** A service that takes so many at once. Returns how many of the answers were refusals. */
function meet(found: FoundConcurrency, most: number, answers: number): number {
  let refused = 0;
  for (let answer = 0; answer < answers; answer += 1)
    if (found.ceiling > most) {
      found.refused(found.ceiling);
      refused += 1;
    } else found.answered();
  return refused;
}

describe('how many at once', () => {
  test('a lower limit is found, and tried seldom after', () => {
    const found = new FoundConcurrency(4);
    expect(meet(found, 2, 100)).toBe(2);
    expect(found.ceiling).toBe(2);
    expect(meet(found, 2, 10_000)).toBeLessThan(10);
  });

  test('a limit that was raised is found', () => {
    const found = new FoundConcurrency(4);
    meet(found, 1, 2_000);
    expect(meet(found, 4, 4_000)).toBe(0);
    expect(found.ceiling).toBe(4);
  });

  test('another program that took up the room makes one refusal, and no limit below one', () => {
    const found = new FoundConcurrency(3);
    for (let count = 0; count < 10; count += 1) found.refused(1);
    expect(found.ceiling).toBe(1);
  });
});

describe('how many in a time', () => {
  const busy = (found: FoundPace, from: number, answers: number, everyMs: number) => {
    for (let answer = 0; answer < answers; answer += 1) found.answered(from + answer * everyMs);
    return from + answers * everyMs;
  };

  test('one-429-is-no-limit: the lane goes on as before', () => {
    const found = new FoundPace(30);
    const at = busy(found, 0, 100, 2_000);
    found.refused(at, at + 30_000);
    expect(found.gapMs).toBe(0);
    // A day later.
    found.refused(at + 86_400_000, at + 86_401_000);
    expect(found.gapMs).toBe(0);
  });

  test('a second one soon after shows what the service bears', () => {
    const found = new FoundPace(30);
    const first = busy(found, 0, 20, 1_000);
    found.refused(first, first + 40_000);
    const second = busy(found, first + 40_000, 20, 1_000);
    found.refused(second, second + 40_000);
    // Forty in two minutes.
    expect(60_000 / found.gapMs).toBeCloseTo(20 * 0.9, 0);
  });

  test('refusals-by-chance-do-not-slow-a-lane-down: four in a thousand, whatever the pace', () => {
    const found = new FoundPace(Number.POSITIVE_INFINITY);
    let at = 0;
    for (let refusal = 0; refusal < 200; refusal += 1) {
      at = busy(found, at, 250, Math.max(20, found.gapMs));
      found.refused(at, at + 1_000);
      at += 1_000;
    }
    expect(found.gapMs).toBe(0);
  });

  test('before anything was answered there is nothing to be learnt', () => {
    const found = new FoundPace(30);
    for (let at = 0; at < 600_000; at += 60_000) found.refused(at, at + 30_000);
    expect(found.gapMs).toBe(0);
  });

  test('in peace it goes faster and faster, until it is back at the pace that it was told', () => {
    const found = new FoundPace(30);
    const at = busy(found, 0, 20, 1_000);
    found.refused(at, at + 1);
    found.refused(at + 10, at + 100_000);
    expect(60_000 / found.gapMs).toBeLessThan(11);
    const gaps: number[] = [];
    for (let hundreds = 0; found.gapMs > 0; hundreds += 1) {
      busy(found, at + 200_000 + hundreds * 1_000_000, 100, 2_000);
      gaps.push(found.gapMs);
      expect(hundreds).toBeLessThan(12);
    }
    expect(gaps).toEqual(gaps.toSorted((one, other) => other - one));
  });
});
