import { describe, expect, test } from 'vitest';
import { type Alert, credentialMarkOf } from './alert.ts';
import { alertText } from './alert-text.ts';

const day = 86_400_000;
const now = Date.parse('2026-11-27T12:00:00Z');

describe('a credential is warned of', () => {
  test.each([
    [31, undefined],
    [30, 30],
    [14.5, 30],
    [14, 14],
    [7, 7],
    [1.01, 7],
    [1, 1],
    [0.01, 1],
    [0, 0],
    [-400, 0],
  ])('with %s days left at the mark %s', (days, mark) => {
    expect(credentialMarkOf(now + days * day, now)).toBe(mark);
  });
});

const alerts: readonly Alert[] = [
  { kind: 'credential-ends', connector: 'default', credential: 'client secret', endsAt: now + 6 * day, mark: 7 },
  { kind: 'credential-ends', connector: 'default', credential: 'certificate', endsAt: now - day, mark: 0 },
  { kind: 'connector-paused', connector: 'default', reason: 'credential-expired', detail: 'It has expired.' },
  { kind: 'connector-paused', connector: 'default', reason: 'operator', detail: 'by root' },
  { kind: 'connector-resumed', connector: 'default', detail: '' },
  { kind: 'check-failed', connector: 'default', check: 'hosts', sentence: 'No answer.', remedy: 'Mend it.' },
  { kind: 'renewal-failed', connector: 'default', why: 'Entra refused it.', endsAt: now + day },
  { kind: 'message-failed', count: 2, since: now, faults: { expired: 2 }, messages: ['one', 'two'] },
  { kind: 'uncertain-held', count: 1, since: now, faults: { 'no-answer': 1 }, messages: ['one'] },
  { kind: 'queue-old', connector: 'default', oldestMs: 3 * 3600_000, waiting: 1 },
  { kind: 'queue-deep', connector: 'default', waiting: 20_000, limit: 10_000 },
  { kind: 'disk-low', folder: '/var/lib/mailroom', freeBytes: 1e6, reserveBytes: 268e6 },
  { kind: 'test', by: 'root' },
];

describe('an alert says in one sentence what is wrong, and what to do', () => {
  test.each(alerts)('$kind', (alert) => {
    const { sentence, title, remedy, severity } = alertText(alert);
    expect(sentence).toMatch(/^[A-Z0-9].*[.!]$/);
    expect(title).not.toMatch(/[.\n]$/);
    if (severity === 'critical' || severity === 'warning') expect(remedy).toMatch(/\S/);
  });

  test('and how many of each fault, the most frequent first', () => {
    const faults = { expired: 7, 'recipient-refused': 30 };
    const { sentence } = alertText({ kind: 'message-failed', count: 37, since: now, faults, messages: ['one'] });
    expect(sentence).toBe(
      '37 messages have failed for good since 2026-11-27 12:00 UTC: 30 × recipient-refused, 7 × expired.',
    );
  });
});
