import { describe, expect, it } from 'vitest';
import { loadSharedCorpus } from '../corpus/corpus.ts';
import { throughMailroom } from './corpus-by-smtp.ts';

// Users have no such folder; the loader says so loudly.
const messages = loadSharedCorpus();

describe('real mail of other projects', () => {
  it.skipIf(!messages)(
    'arrives-unchanged-below-the-root-header-at-exactly-its-envelope',
    { timeout: 300_000 },
    async () => {
      // Nobody whom a header of theirs names: each must be reached by Bcc, and all the others must not.
      const fixtures = (messages ?? []).map((fixture, index) => ({
        ...fixture,
        recipients: [`one-${index}@envelope.example`, `two-${index}@envelope.example`],
      }));
      const report = await throughMailroom(fixtures, 'keep');
      expect(report.complaints).toEqual([]);
      expect(report.refused).toEqual([]);
      expect(report).toMatchObject({ accepted: fixtures.length, sent: fixtures.length });
      expect(fixtures.length).toBeGreaterThan(100);
    },
  );
});
