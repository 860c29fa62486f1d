/** Makes a folder of mode 0700 with those above it. */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { VaultError, whyOf } from './vault-error.ts';

/**
 * One after the other: where the system says of a folder that stands (/proc is one) that there is no such thing, Node's own
 * `recursive` goes round for ever.
 * @throws VaultError in one sentence; the system's error for what the system tells well
 */
export function makeFolder(path: string): void {
  const missing: string[] = [];
  for (let each = path; !existsSync(each) && each !== dirname(each); each = dirname(each)) missing.unshift(each);
  for (const each of missing)
    try {
      mkdirSync(each, { mode: 0o700 });
    } catch (error) {
      const why = whyOf(error);
      // Somebody was faster.
      if (why === 'EEXIST') continue;
      if (why !== 'ENOENT') throw error;
      throw new VaultError(
        'unreadable',
        `The folder ${each} cannot be made (${why}). Name another place, or make it and let the user that runs Mailroom own it.`,
        { cause: error },
      );
    }
}
