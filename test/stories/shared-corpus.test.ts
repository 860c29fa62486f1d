import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CorpusMessage, throughMailroom, withCrLf } from './corpus-by-smtp.ts';

/** Real mail of other projects, beside the checkout of those who work on this one. Users have no such folder. */
const corpus = join(import.meta.dirname, '..', '..', '..', 'shared', 'corpus');
const isThere = existsSync(corpus);
if (!isThere)
  process.stderr.write(
    '\nSKIPPED LOUDLY: ../shared/corpus is not there; real mail of other projects is not handed in.\n',
  );

/** What is no mail, and what is no message: licences, notes, empty files. */
const noMail = /(?:LICENSE|README|SOURCE|ARTISTIC)/i;

function fixtures(): CorpusMessage[] {
  return globSync('**/*', { cwd: corpus })
    .filter(
      (name) => !noMail.test(name) && statSync(join(corpus, name)).isFile() && statSync(join(corpus, name)).size > 0,
    )
    .sort()
    .map((name, index) => ({
      name,
      bytes: withCrLf(readFileSync(join(corpus, name))),
      mailFrom: 'noreply@contoso.example',
      // Nobody whom a header of theirs names: each must be reached by Bcc, and all the others must not.
      recipients: [`one-${index}@envelope.example`, `two-${index}@envelope.example`],
    }));
}

describe('real mail of other projects', () => {
  it.skipIf(!isThere)(
    'arrives-unchanged-below-the-root-header-at-exactly-its-envelope',
    { timeout: 300_000 },
    async () => {
      const messages = fixtures();
      const report = await throughMailroom(messages);
      expect(report.complaints).toEqual([]);
      expect(report.refused).toEqual([]);
      expect(report.accepted).toBe(messages.length);
      expect(report.sent).toBe(messages.length);
      expect(messages.length).toBeGreaterThan(100);
    },
  );
});
