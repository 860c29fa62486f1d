import { expect, test } from 'vitest';
import { retryAfterMs } from './retry-after.ts';

const now = Date.UTC(2026, 10, 2, 12);
const noon = 'Mon, 02 Nov 2026 12:00:00 GMT';
const later = 'Mon, 02 Nov 2026 12:01:30 GMT';

test.each([
  ['seconds', '17', undefined, 17_000],
  ['seconds with blanks', ' 5 ', undefined, 5_000],
  ['a fraction', '0.25', undefined, 250],
  ['nought', '0', undefined, 0],
  ['a date', later, undefined, 90_000],
  ['a date of the past', 'Mon, 02 Nov 2026 11:00:00 GMT', undefined, 0],
  [
    'a date against a service whose clock is an hour ahead of ours',
    'Mon, 02 Nov 2026 13:00:10 GMT',
    'Mon, 02 Nov 2026 13:00:00 GMT',
    10_000,
  ],
  ['a date with a service date that cannot be read', later, 'yesterday', 90_000],
  ['a year', String(365 * 86_400), undefined, 86_400_000],
  ['a negative number', '-5', undefined, undefined],
  ['nonsense', 'soon', undefined, undefined],
  ['nothing', undefined, noon, undefined],
])('%s', (_what, value, serviceDate, ms) => {
  expect(retryAfterMs(value, serviceDate, now)).toBe(ms);
});
