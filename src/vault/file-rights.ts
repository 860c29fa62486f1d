/** Who may read a file, as the system has it. */
import { statSync } from 'node:fs';

export interface FileRights {
  /** File mode with its permission bits. */
  readonly mode: number;
  /** Owner; 0 is root. */
  readonly uid: number;
}

/** Undefined where there is no such file, where it cannot be looked at, and on Windows, which has no such modes. */
export function fileRights(path: string): FileRights | undefined {
  if (process.platform === 'win32') return undefined;
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // Whoever may not enter its folder cannot read it either.
    return undefined;
  }
}
