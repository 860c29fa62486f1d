/** Keys and secrets on this machine are for Mailroom alone: whoever reads the key of the vault reads all that it seals. */
import type { Check, CheckResult } from './check.ts';

/** A file that others may read, as the configuration names it. */
export interface OpenFile {
  readonly path: string;
  /** What stands there, for people. */
  readonly what: string;
  /** Whether it is a secret itself that stands open, and not a folder. */
  readonly isSecret: boolean;
  /** Permission bits. */
  readonly mode: number;
  /** The command that closes it. */
  readonly remedy: string;
}

export const privateFilesCheck: Check = {
  id: 'private-files',
  statement: 'Nobody else on this machine can read keys, secrets and mail.',
  row: 'M5',
  needs: [],
  wanted: ({ openFiles }) => openFiles !== undefined,
  run: ({ openFiles = [] }) => Promise.resolve(judgeFiles(openFiles)),
};

export function judgeFiles(openFiles: readonly OpenFile[]): CheckResult {
  if (openFiles.length === 0)
    return { state: 'pass', evidence: ['Files with keys and secrets, and the data folder: for their owner alone.'] };
  return {
    state: 'warn',
    evidence: openFiles.map(({ path, what, mode }) => `${path} (${what}): mode ${mode.toString(8).padStart(3, '0')}.`),
    remedy: `Close them to others: ${openFiles.map(({ remedy }) => remedy).join('; ')}.${openFiles.some(({ isSecret }) => isSecret) ? ' Where others may have looked, make key and secret anew (mailroom vault rekey, mailroom credential renew).' : ''}`,
  };
}
