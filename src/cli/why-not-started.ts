/** What the system or SQLite says when a server cannot start, as a sentence that says what to do. */
import { userInfo } from 'node:os';

/** @param error what the start failed with; one that is a sentence already stays as it is. */
export function whyNotStarted(error: unknown, dataDir: string): string {
  if (!(error instanceof Error)) return String(error);
  const { message } = error;
  const [, code = '', path] = /^(E[A-Z]+): .*?(?:, \w+ '([^']+)')?$/.exec(message) ?? [];
  if (path !== undefined) return `${path} cannot be used (${code}). ${remedyOf(code, path, dataDir)}`;
  if (/^(?:database|disk|attempt to write|unable to open|file is not)/.test(message))
    return `A database in the data folder ${dataDir} cannot be used: ${message}. Look at the free space and the rights of ${dataDir}; everything in it must belong to the user that runs Mailroom.`;
  return message;
}

function remedyOf(code: string, path: string, dataDir: string): string {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return path.startsWith(dataDir)
        ? `Everything in the data folder must belong to the user that runs Mailroom. Run: chown -R ${userName()} ${dataDir}`
        : `The user that runs Mailroom (${userName()}) may not: correct its rights.`;
    case 'ENOENT':
      return 'It is not there: correct the path in the configuration, or make it.';
    case 'ENOTDIR':
      return 'A part of this path is a file and no folder: correct it in the configuration.';
    case 'EROFS':
      return 'The file system can only be read: mount it so that it can be written to.';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'The disk is full: make space, and start again.';
    default:
      return 'Look at the path and the disk.';
  }
}

/** A container may run as a user that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'USER');
  }
}
