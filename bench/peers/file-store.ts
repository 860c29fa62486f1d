/** A store as many small servers have it, for a yardstick peer: a file for each message, synced before anybody is answered. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';

/** Resolves once the bytes stand in a file of their own below `folder`, synced; its name is not. */
export function openFileStore(folder: string): (chunks: readonly Uint8Array[]) => Promise<void> {
  let count = 0;
  return async (chunks) => {
    count += 1;
    const file = await open(join(folder, `${count}.eml`), 'wx', 0o600);
    try {
      await file.writev(chunks);
      await file.sync();
    } finally {
      await file.close();
    }
  };
}
