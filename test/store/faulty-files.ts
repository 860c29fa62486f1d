/** File operations that fail when a test says so, and count what is asked of the disk. */
import { type FileOperations, realFiles } from '../../src/storage/embedded/files.ts';

export interface FaultyFiles extends FileOperations {
  /** Calls of each operation so far. */
  readonly calls: Record<'writev' | 'fdatasync' | 'fsync' | 'open', number>;
  /** How many of the next calls fail. */
  readonly failNext: Record<'writev' | 'fdatasync' | 'fsync' | 'open', number>;
  /** Bytes that the disk still takes; a write beyond takes a part, and the next is refused with ENOSPC. */
  room: number;
  /** What `freeBytes` says. */
  free: number;
}

function diskError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

export function faultyFiles(): FaultyFiles {
  const files: FaultyFiles = {
    ...realFiles,
    calls: { writev: 0, fdatasync: 0, fsync: 0, open: 0 },
    failNext: { writev: 0, fdatasync: 0, fsync: 0, open: 0 },
    room: Number.POSITIVE_INFINITY,
    free: Number.POSITIVE_INFINITY,
    freeBytes: async () => files.free,
    open: async (path, flags, mode) => {
      refuse('open');
      return realFiles.open(path, flags, mode);
    },
    fdatasync: async (fd) => {
      // The bytes do get to the file: a refused sync does not say that nothing was written.
      refuse('fdatasync');
      return realFiles.fdatasync(fd);
    },
    fsync: async (fd) => {
      refuse('fsync');
      return realFiles.fsync(fd);
    },
    writev: async (fd, buffers, position) => {
      refuse('writev');
      if (files.room === 0) throw diskError('ENOSPC');
      const bytes = Buffer.concat(buffers).subarray(0, files.room);
      files.room -= bytes.length;
      return realFiles.writev(fd, [bytes], position);
    },
  };
  function refuse(operation: keyof FaultyFiles['calls']): void {
    files.calls[operation] += 1;
    if (files.failNext[operation] === 0) return;
    files.failNext[operation] -= 1;
    throw diskError('EIO');
  }
  return files;
}
