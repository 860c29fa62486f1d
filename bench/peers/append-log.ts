/**
 * The simplest durable store there is, for the yardstick peers: one file, and one write and one fdatasync for all that waits.
 */
import { type FileHandle, open } from 'node:fs/promises';

export interface AppendLog {
  /** Resolves once these bytes are synced. */
  append(chunks: readonly Uint8Array[]): Promise<void>;
  close(): Promise<void>;
}

interface Waiting {
  readonly chunks: readonly Uint8Array[];
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Linux takes at most 1,024 buffers in one writev. */
const buffersPerWrite = 1_000;

/** Opens (or makes) the log at `path`. */
export async function openAppendLog(path: string): Promise<AppendLog> {
  const file = await open(path, 'a', 0o600);
  let waiting: Waiting[] = [];
  let busy = false;

  async function run(): Promise<void> {
    busy = true;
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      try {
        await writeAll(
          file,
          group.flatMap((one) => one.chunks),
        );
        await file.datasync();
        for (const one of group) one.resolve();
      } catch (error) {
        for (const one of group) one.reject(error);
      }
    }
    busy = false;
  }

  return {
    append(chunks) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      waiting.push({ chunks, resolve, reject });
      // What arrives in the same turn of the event loop shares the sync.
      if (!busy) {
        busy = true;
        setImmediate(run);
      }
      return promise;
    },
    close: () => file.close(),
  };
}

async function writeAll(file: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  for (let start = 0; start < chunks.length; start += buffersPerWrite) {
    const part = chunks.slice(start, start + buffersPerWrite);
    let expected = 0;
    for (const chunk of part) expected += chunk.byteLength;
    const { bytesWritten } = await file.writev(part);
    if (bytesWritten !== expected) await file.write(Buffer.concat(part).subarray(bytesWritten));
  }
}
