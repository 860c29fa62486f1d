/**
 * The mails that the tests hand in: the project's own corpus (index.yaml beside this file says what each is there for),
 * and, where a folder `shared/corpus` lies beside the project's, mail from the test suites of other projects.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const sharedFolder = join(import.meta.dirname, '..', '..', '..', 'shared', 'corpus');

const entrySchema = z.strictObject({
  file: z.string(),
  title: z.string(),
  about: z.string(),
  mailFrom: z.string(),
  recipients: z.array(z.string()).min(1),
  bareNewlines: z.literal('keep').optional(),
  smtpUtf8: z.boolean().default(false),
  addedFields: z.array(z.enum(['Message-ID', 'Date', 'From'])).default([]),
  trimmed: z.array(z.string()).default([]),
  blind: z.array(z.string()).default([]),
  signed: z.boolean().default(false),
  jsonForm: z.literal('refused').optional(),
});

/** A mail to hand in, with its envelope. */
export interface Fixture {
  /** For the names of tests: the file below its corpus, with forward slashes. */
  readonly name: string;
  /** As a client hands it in: every line ends in CR LF (but see bareNewlines), nothing dot-stuffed yet. */
  readonly bytes: Buffer;
  readonly mailFrom: string;
  readonly recipients: readonly string[];
  /** Holds bare CR or LF: only a listener with the rule `keep` takes it. */
  readonly bareNewlines: boolean;
  /** MAIL FROM wants the SMTPUTF8 parameter. */
  readonly smtpUtf8: boolean;
}

/** A mail of the project's own corpus, with what is expected of it; see the head of index.yaml. */
export type OwnFixture = Fixture & Omit<z.output<typeof entrySchema>, 'bareNewlines'>;

/** The own corpus. Throws when the index names a file that is missing, or is not as its schema wants it. */
export function loadOwnCorpus(): readonly OwnFixture[] {
  const index: unknown = parse(readFileSync(join(import.meta.dirname, 'index.yaml'), 'utf8'));
  return z
    .array(entrySchema)
    .parse(index)
    .map((entry) => ({
      ...entry,
      name: basename(entry.file, '.eml'),
      bytes: readFileSync(join(import.meta.dirname, entry.file)),
      bareNewlines: entry.bareNewlines === 'keep',
    }));
}

/**
 * The shared corpus with line ends made CR LF and a made-up envelope that its headers do not name; undefined, with a loud
 * line on stderr, where it is not there.
 */
export function loadSharedCorpus(): readonly Fixture[] | undefined {
  if (!existsSync(sharedFolder)) {
    process.stderr.write('SKIPPED: no shared corpus beside the project; only its own corpus is tested\n');
    return undefined;
  }
  return globSync('**/*', { cwd: sharedFolder })
    .map((file) => file.split(sep).join('/'))
    .filter(isMail)
    .sort()
    .map((name, index) => {
      const bytes = withCrLf(readFileSync(join(sharedFolder, name)));
      return {
        name,
        bytes,
        mailFrom: 'corpus@app.contoso.example',
        recipients: [`reader-${index + 1}@contoso.example`, 'archive@fabrikam.example'],
        bareNewlines: /\r(?!\n)/.test(bytes.toString('latin1')),
        smtpUtf8: false,
      };
    });
}

/** The folders also hold licences and notes; mails without a suffix are named one by one. */
function isMail(name: string): boolean {
  if (/(?:^|\/)(?:README|[^/]*LICENSE)[^/]*$/.test(name)) return false;
  return /\.(?:eml|msg|txt)$/.test(name) || name.endsWith('/sample_output_multipart');
}

function withCrLf(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1').replace(/\r?\n/g, '\r\n');
  return Buffer.from(text.endsWith('\r\n') ? text : `${text}\r\n`, 'latin1');
}

/**
 * What stands below the root header, found without the product's own reader so that it can be its judge: all of the
 * message when its first line is no field. What arrives must end in these bytes.
 */
export function bodyBelowHeader(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1');
  if (text.startsWith('\r\n')) return bytes.subarray(2);
  if (!/^(?:>?From |[!-9;-~]+[ \t]*:)/.test(text)) return bytes;
  const end = /\r?\r\n\r?\r\n/.exec(text);
  return end ? bytes.subarray(end.index + end[0].length) : Buffer.alloc(0);
}
