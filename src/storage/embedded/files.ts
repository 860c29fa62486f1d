/**
 * The file operations that the store's writing side uses, as one object that is passed in.
 *
 * Disks fail in ways that no test can ask of a healthy one: a sync that is refused once, a disk that fills up in the
 * middle of a record. Tests pass an object that does so; everybody else gets the real operations.
 */
import fs from 'node:fs';

export interface FileOperations {
  open(path: string, flags: string, mode: number): Promise<number>;
  /**
   * Whether what is written to a file of `makeSynced` is durable when the write returns. One call in place of two is one turn
   * of the event loop less for everybody who waits. Elsewhere `fdatasync` has to follow.
   */
  readonly writesSync: boolean;
  /** Makes the file, or empties it, and opens it for writing. */
  makeSynced(path: string, mode: number): Promise<number>;
  /** Writes all buffers at a position, in one call; resolves with the bytes written. */
  writev(fd: number, buffers: readonly Uint8Array[], position: number): Promise<number>;
  fdatasync(fd: number): Promise<void>;
  /** Syncs a file with its metadata, or a folder. */
  fsync(fd: number): Promise<void>;
  ftruncate(fd: number, length: number): Promise<void>;
  close(fd: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Bytes that an ordinary user could still write on the file system of `path`. */
  freeBytes(path: string): Promise<number>;
}

function settle(resolve: () => void, reject: (error: Error) => void): (error: Error | null) => void {
  return (error) => (error ? reject(error) : resolve());
}

/** Callbacks rather than `fs/promises`: a file handle's promise costs several times as much, and this is the hot path. */
export const realFiles: FileOperations = {
  open: (path, flags, mode) =>
    new Promise((resolve, reject) => {
      fs.open(path, flags, mode, (error, fd) => (error ? reject(error) : resolve(fd)));
    }),
  // O_DSYNC of other systems does not reach through the disk's own cache, as their `fdatasync` does.
  writesSync: process.platform === 'linux',
  makeSynced: (path, mode) =>
    new Promise((resolve, reject) => {
      const { O_WRONLY, O_CREAT, O_TRUNC, O_DSYNC = 0 } = fs.constants;
      fs.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_DSYNC, mode, (error, fd) => (error ? reject(error) : resolve(fd)));
    }),
  writev: (fd, buffers, position) =>
    new Promise((resolve, reject) => {
      fs.writev(fd, buffers, position, (error, written) => (error ? reject(error) : resolve(written)));
    }),
  fdatasync: (fd) => new Promise((resolve, reject) => fs.fdatasync(fd, settle(resolve, reject))),
  fsync: (fd) => new Promise((resolve, reject) => fs.fsync(fd, settle(resolve, reject))),
  ftruncate: (fd, length) => new Promise((resolve, reject) => fs.ftruncate(fd, length, settle(resolve, reject))),
  close: (fd) => new Promise((resolve, reject) => fs.close(fd, settle(resolve, reject))),
  rename: (from, to) => new Promise((resolve, reject) => fs.rename(from, to, settle(resolve, reject))),
  unlink: (path) => new Promise((resolve, reject) => fs.unlink(path, settle(resolve, reject))),
  freeBytes: async (path) => {
    const stats = await fs.promises.statfs(path);
    return stats.bavail * stats.bsize;
  },
};

/** Writes all of it, however many calls that takes: a disk that fills up may take a part before it refuses the rest. */
export async function writeFully(
  files: FileOperations,
  fd: number,
  buffers: readonly Uint8Array[],
  position: number,
): Promise<void> {
  let total = 0;
  for (const buffer of buffers) total += buffer.byteLength;
  let written = await files.writev(fd, buffers, position);
  if (written === total) return;
  const rest = Buffer.concat(buffers);
  while (written < total) {
    const more = await files.writev(fd, [rest.subarray(written)], position + written);
    if (more === 0) throw Object.assign(new Error('The disk took no more bytes.'), { code: 'ENOSPC' });
    written += more;
  }
}

/** Writes all of it to a file of `makeSynced`; it is durable when the promise resolves. */
export async function writeDurably(
  files: FileOperations,
  fd: number,
  buffers: readonly Uint8Array[],
  position: number,
): Promise<void> {
  await writeFully(files, fd, buffers, position);
  if (!files.writesSync) await files.fdatasync(fd);
}

/** Makes the names in a folder durable. Windows syncs them with the file and cannot open a folder: there this does nothing. */
export async function syncFolder(files: FileOperations, path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const fd = await files.open(path, 'r', 0);
  try {
    await files.fsync(fd);
  } finally {
    await files.close(fd);
  }
}

/** Whether an error says that there is no room: a full disk, a used-up quota, a limit on the size of files. */
export function saysFull(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
}

export function saysMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
