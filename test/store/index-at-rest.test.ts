/** The index's write-ahead log is moved into its file when nothing else is to be done, so that a burst does not wait for that. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEmbeddedStore } from '../../src/storage/embedded/open.ts';
import { until } from '../harness/until.ts';
import { handIn, sampleMessage, temporaryFolder, testClock, testLogger } from './samples.ts';

test('what-a-burst-left-in-the-log-is-moved-into-the-index-once-it-is-over', async () => {
  const folder = temporaryFolder();
  const store = await openEmbeddedStore({ dir: folder.path, clock: testClock(), logger: testLogger() });
  const indexBytes = () => statSync(join(folder.path, 'index.db')).size;
  try {
    const atFirst = indexBytes();
    await Promise.all(Array.from({ length: 5_000 }, () => handIn(store, sampleMessage(), Buffer.alloc(100))));
    expect((await store.books()).queued).toBe(5_000);
    await until('the index has grown', async () => indexBytes() > atFirst + 500_000);
    expect((await store.books()).queued).toBe(5_000);
  } finally {
    await store.close();
    folder.remove();
  }
});
