/**
 * A folder of one's own for the length of a test: `await using folder = await temporaryFolder();`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
}

/** Makes an empty folder below `parent` (the system's folder for temporary files); it goes, with all in it, at the end of the scope. */
export async function temporaryFolder(parent: string = tmpdir()): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(parent, 'mailroom-'));
  return {
    path,
    async [Symbol.asyncDispose]() {
      // A process that was just killed may still hold a file for a moment (Windows, or a folder that is being written to).
      await rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    },
  };
}
