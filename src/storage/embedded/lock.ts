/**
 * One process owns the data folder at a time.
 *
 * The lock is SQLite's own lock on a file: the operating system gives it back when its holder dies, however it dies.
 * A file with a process id alone would have to guess whether that process still runs, and guesses wrong when the id has
 * been given to another one, as in a container, where everybody is process 1. The id stands beside it for people to read.
 */
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Another process has the data folder open. */
export class StoreLockedError extends Error {
  constructor(dir: string, holder: string) {
    super(
      `The data folder ${dir} is in use by another Mailroom (process ${holder}). Stop that one first, or give this one a data folder of its own.`,
    );
    this.name = 'StoreLockedError';
  }
}

export interface FolderLock {
  release(): void;
}

/** @throws StoreLockedError when another process, or another store of this one, holds the folder. */
export function lockFolder(dir: string): FolderLock {
  const pidPath = join(dir, 'lock.pid');
  closeSync(openSync(join(dir, 'lock'), 'a', 0o600));
  const database = new DatabaseSync(join(dir, 'lock'), { timeout: 0 });
  try {
    // In memory: a journal file of the lock itself would only be one more file to clear away.
    database.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (!(error instanceof Error && /locked|busy/.test(error.message))) throw error;
    throw new StoreLockedError(dir, readHolder(pidPath));
  }
  writeFileSync(pidPath, `${process.pid}\n`, { mode: 0o600 });
  return {
    release: () => {
      if (database.isOpen) database.close();
    },
  };
}

function readHolder(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim() || 'unknown';
  } catch {
    return 'unknown';
  }
}
