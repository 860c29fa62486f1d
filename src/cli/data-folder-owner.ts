/**
 * Who may open the data folder when no server runs. Files that root made in it could not be opened by the user that the
 * server runs as: the next start would fail, and mail with it.
 */
import { statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { CommandError } from './exit-codes.ts';

/**
 * Makes this process the owner of the data folder when it is root, for good: nothing that it writes from now on is root's.
 * @throws CommandError when there is no such folder, or it belongs to somebody else.
 */
export function becomeOwnerOf(dataDir: string): void {
  const folder = statSync(dataDir, { throwIfNoEntry: false });
  if (!folder?.isDirectory())
    throw new CommandError(
      'unavailable',
      `No server answers, and there is no data folder ${dataDir}. Name the configuration of the server with --config.`,
    );
  // No owners on Windows.
  if (!process.geteuid || !process.setuid || !process.setgid || !process.setgroups) return;
  const self = process.geteuid();
  if (folder.uid === self) return;
  if (self !== 0)
    throw new CommandError(
      'noPermission',
      `No server answers, and the data folder ${dataDir} belongs to another user than ${userInfo().username}. Run this as root, or as the user that the server runs as.`,
    );
  process.setgroups([folder.gid]);
  process.setgid(folder.gid);
  process.setuid(folder.uid);
}
