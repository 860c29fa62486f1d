import { describe, expect, test } from 'vitest';
import { manualRows } from './rows.ts';
import { walkManual, ways } from './walk-manual.ts';

describe('the manual, from its first line to its last', () => {
  test.each(ways)('in the way %s', { timeout: 180_000 }, async (way) => {
    const said: string[] = [];
    const { rows } = await walkManual(way, (line) => said.push(line));
    expect(
      manualRows.filter((row) => rows[row] !== 'pass'),
      said.join('\n'),
    ).toEqual([]);
  });
});
