/** The index's thread ends by itself, as when its memory runs out: whoever runs the store hears of it, and nothing is lost. */
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { beginIndexThread } from '../../src/storage/embedded/index-client.ts';
import { openEmbeddedStore } from '../../src/storage/embedded/open.ts';
import { handIn, leaseAll, noon, sampleMessage, temporaryFolder, testClock, testLogger } from './samples.ts';

it('index-thread-that-ends-by-itself-is-told-once, and what was taken without it is there after the next start', async () => {
  const folder = temporaryFolder();
  try {
    const thread = beginIndexThread();
    const lost = Promise.withResolvers<void>();
    let times = 0;
    const onIndexLost = () => {
      times += 1;
      lost.resolve();
    };
    const setup = { dir: folder.path, clock: testClock(), logger: testLogger() };
    const store = await openEmbeddedStore({ ...setup, thread, onIndexLost });
    await handIn(store, sampleMessage());
    await thread.terminate();
    await lost.promise;
    await handIn(store, sampleMessage());
    await store.close();
    expect(times).toBe(1);

    const untroubled = beginIndexThread();
    const again = await openEmbeddedStore({ ...setup, thread: untroubled, onIndexLost });
    expect(await leaseAll(again, noon)).toHaveLength(2);
    const ended = once(untroubled, 'exit');
    await again.close();
    await ended;
    expect(times).toBe(1);
  } finally {
    folder.remove();
  }
});
