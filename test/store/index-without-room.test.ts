/** The index's file finds no room while the journal still does. Nothing that was promised may be lost. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { openEmbeddedStore } from '../../src/storage/embedded/open.ts';
import { available } from '../harness/available.ts';
import { runProgram } from '../harness/run-program.ts';
import { leaseAll, noon, temporaryFolder, testClock, testLogger } from './samples.ts';

const reportSchema = z.object({
  accepted: z.array(z.string()),
  finished: z.array(z.string()),
  books: z.object({ accepted: z.number(), queued: z.number(), sent: z.number() }),
});

const open = (dir: string) =>
  openEmbeddedStore({ dir, clock: testClock(), logger: testLogger(), options: { reserveBytes: 0 } });

it.skipIf(process.platform === 'win32' || !available('sh'))(
  'full-disk-under-the-index-loses-no-accepted-mail-and-sends-none-twice',
  async () => {
    const folder = temporaryFolder();
    try {
      // 512 bytes each; ignored, the signal becomes an error of the write, as on a full disk.
      const script = `trap '' XFSZ; ulimit -f 1500; exec "$0" "$@"`;
      const writer = join(import.meta.dirname, 'writer-under-a-limit.ts');
      const { stdout, stderr } = await runProgram('sh', ['-c', script, process.execPath, writer, folder.path]);
      const line = stdout.split('\n').find((each) => each.startsWith('{'));
      if (line === undefined) throw new Error(`The writer said nothing: ${stderr}`);
      const { accepted, finished, books } = reportSchema.parse(JSON.parse(line));
      const right = { accepted: accepted.length, queued: accepted.length - finished.length, sent: finished.length };
      expect(books).toEqual(right);
      const store = await open(folder.path);
      expect(await store.books()).toMatchObject(right);
      const states = new Map<string, string>();
      for (const id of accepted) states.set(id, (await store.trail(id))?.message.state ?? 'lost');
      expect(accepted.filter((id) => states.get(id) !== (finished.includes(id) ? 'sent' : 'queued'))).toEqual([]);
      expect(await leaseAll(store, noon, 10_000)).toHaveLength(right.queued);
      await store.close();
    } finally {
      folder.remove();
    }
  },
);
