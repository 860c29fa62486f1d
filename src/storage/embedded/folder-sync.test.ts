import { describe, expect, it } from 'vitest';
import { realFiles } from './files.ts';
import { FolderSync } from './folder-sync.ts';

/** The real operations on a real folder, with the sync held back until it is let go. */
function heldBack() {
  const syncs: PromiseWithResolvers<void>[] = [];
  const files = {
    ...realFiles,
    fsync: (fd: number) => {
      const held = Promise.withResolvers<void>();
      syncs.push(held);
      return held.promise.then(() => realFiles.fsync(fd));
    },
  };
  const asked = async (count: number) => {
    while (syncs.length < count) await new Promise((resolve) => setImmediate(resolve));
  };
  return { syncs, asked, folder: new FolderSync(files, import.meta.dirname) };
}

// Windows syncs names with the file, and no folder is ever asked.
describe.skipIf(process.platform === 'win32')('names of bodies in their folder', () => {
  it('names-that-come-while-a-sync-runs-wait-for-the-next-and-share-it', async () => {
    const { syncs, asked, folder } = heldBack();
    const first = folder.sync();
    await asked(1);
    const order: string[] = [];
    const later = ['b', 'c', 'd'].map((name) => folder.sync().then(() => order.push(name)));
    syncs[0]?.resolve();
    await first;
    order.push('a');
    await asked(2);
    expect(order).toEqual(['a']);
    syncs[1]?.resolve();
    await Promise.all(later);
    expect(order).toEqual(['a', 'b', 'c', 'd']);
    expect(syncs.length).toBe(2);
  });

  it('sync-that-fails-is-told-to-those-who-shared-it-and-the-next-is-tried', async () => {
    const { syncs, asked, folder } = heldBack();
    const first = folder.sync();
    await asked(1);
    const next = folder.sync();
    syncs[0]?.reject(new Error('EIO: the disk is gone'));
    await expect(first).rejects.toThrow('EIO');
    await asked(2);
    syncs[1]?.resolve();
    await next;
  });
});
