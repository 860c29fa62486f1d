/** File operations that fail when a test says so, and count what is asked of the disk. */
import { type FileOperations, realFiles } from '../../src/storage/embedded/files.ts';

/** `sync`: of a record's file, whether its writes sync by themselves or are followed by one. */
type Fallible = 'writev' | 'sync' | 'fsync' | 'open';

export interface FaultyFiles extends FileOperations {
  /** Calls of each operation so far. */
  readonly calls: Record<Fallible, number>;
  /** How many of the next calls fail. */
  readonly failNext: Record<Fallible, number>;
  /** Bytes that the disk still takes; a write beyond takes a part, and the next is refused with ENOSPC. */
  room: number;
  /** What `freeBytes` says. */
  free: number;
}

function diskError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

/** @param writesSync as on Linux, or as elsewhere; as here, when not given. */
export function faultyFiles(writesSync = realFiles.writesSync): FaultyFiles {
  const synced = new Set<number>();
  const files: FaultyFiles = {
    ...realFiles,
    writesSync,
    calls: { writev: 0, sync: 0, fsync: 0, open: 0 },
    failNext: { writev: 0, sync: 0, fsync: 0, open: 0 },
    room: Number.POSITIVE_INFINITY,
    free: Number.POSITIVE_INFINITY,
    freeBytes: async () => files.free,
    open: async (path, flags, mode) => {
      refuse('open');
      return realFiles.open(path, flags, mode);
    },
    makeSynced: async (path, mode) => {
      refuse('open');
      const fd = await (writesSync ? realFiles.makeSynced(path, mode) : realFiles.open(path, 'w', mode));
      synced.add(fd);
      return fd;
    },
    close: async (fd) => {
      synced.delete(fd);
      return realFiles.close(fd);
    },
    fdatasync: async (fd) => {
      // The bytes do get to the file: a refused sync does not say that nothing was written.
      refuse('sync');
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
      const written = await realFiles.writev(fd, [bytes], position);
      if (writesSync && synced.has(fd)) refuse('sync');
      return written;
    },
  };
  function refuse(operation: Fallible): void {
    files.calls[operation] += 1;
    if (files.failNext[operation] === 0) return;
    files.failNext[operation] -= 1;
    throw diskError('EIO');
  }
  return files;
}
