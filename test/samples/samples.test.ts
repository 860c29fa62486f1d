import { describe, expect, it } from 'vitest';
import { replay } from './replay.ts';
import { readSamples } from './sample.ts';

describe('sample requests of the documentation', () => {
  it.each(readSamples())('of-$file-get-the-documented-answers', async ({ samples }) => {
    const replayed = await replay(samples);
    expect(replayed.filter(({ problem }) => problem !== undefined)).toEqual([]);
    expect(replayed).toHaveLength(samples.length);
  });

  it('say-so-when-an-answer-is-another-one', async () => {
    const page = 'https://learn.microsoft.com/graph/api/user-get';
    const sample = { name: 'x', page, as: 'app' as const, headers: {}, answers: {}, keep: {} };
    const replayed = await replay([
      { ...sample, request: 'GET /users/{sender}', status: 200, holds: { mail: 'somebody@contoso.example' } },
      { ...sample, request: 'GET /users/{sender}', status: 404 },
      { ...sample, request: 'DELETE /groups/x', status: 204 },
    ]);
    expect(replayed.map(({ problem }) => problem?.split(':')[0])).toEqual([
      'the answer.mail is "noreply@contoso.example", not "somebody@contoso.example"',
      'is 200, not 404',
      expect.stringContaining('is 404, not 204'),
    ]);
  });
});
