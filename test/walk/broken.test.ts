import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { brokenPage } from './broken-page.ts';
import { brokenSetups } from './broken-setups.ts';
import { type BrokenResult, openStage } from './stage.ts';

const results: BrokenResult[] = [];
let stage: Awaited<ReturnType<typeof openStage>>;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

describe('a set-up that is broken says the one right thing first', () => {
  test.each(brokenSetups)('$id', async (setup) => {
    const result = await stage.play(setup);
    expect(result.first).toMatchObject({ id: setup.first, remedy: expect.stringMatching(setup.remedy) });
    expect(result.status).toBe(result.first?.state === 'fail' ? 1 : 0);
    results.push(result);
  });

  test('and the page of them is what the checks really say', () => {
    const file = join(import.meta.dirname, '../../docs/reference/broken-set-ups.md');
    expect(results.length, 'run the whole file').toBe(brokenSetups.length);
    expect(readFileSync(file, 'utf8')).toBe(brokenPage(results));
  });
});
