import { describe, expect, it } from 'vitest';
import { loadOwnCorpus } from '../corpus/corpus.ts';
import { throughMailroom } from './corpus-by-smtp.ts';

const messages = loadOwnCorpus();

describe('the corpus of the project', () => {
  it('arrives-unchanged-below-the-root-header-at-exactly-its-envelope', { timeout: 300_000 }, async () => {
    const report = await throughMailroom(messages, 'keep');
    expect(report.complaints).toEqual([]);
    expect(report.refused).toEqual([]);
    expect(report).toMatchObject({ accepted: messages.length, sent: messages.length });
    expect(messages.length).toBeGreaterThanOrEqual(60);
  });

  it('bare-line-ends-are-refused-where-the-listener-says-so-and-nothing-else-is', { timeout: 300_000 }, async () => {
    const { refused } = await throughMailroom(messages, 'refuse');
    const bare = messages.filter((message) => message.bareNewlines).map((message) => message.name);
    expect(refused.map((line) => line.split(': ')[0]).sort()).toEqual(bare.sort());
    for (const line of refused) expect(line).toMatch(/554 5\.6\.0|554 .*Bare CR or LF/);
  });
});
