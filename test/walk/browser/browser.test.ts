import { expect, it } from 'vitest';
import { available } from '../../harness/available.ts';
import { manualRows } from '../manual/rows.ts';
import { walkRows } from './walk-browser.ts';

it.skipIf(!available('chromium'))(
  'manual-in-the-browser: console in one tab, portal in another, every row passes',
  async () => {
    const said: string[] = [];
    const rows = await walkRows((line) => said.push(line));
    expect(said.filter((line) => line.startsWith('NO'))).toEqual([]);
    expect(rows).toEqual(Object.fromEntries(manualRows.map((row) => [row, 'pass'])));
  },
  180_000,
);
