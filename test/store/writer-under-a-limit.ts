/**
 * A process whose files may not grow beyond a limit, so that the index's file meets a full disk while the journal, whose
 * segments are short, still finds room. Says on one line what was promised and what the store then shows; then it is killed.
 */
import { writeSync } from 'node:fs';
import { openEmbeddedStore } from '../../src/storage/embedded/open.ts';
import { begin, endOf, handIn, leaseAll, noon, sampleMessage, sent, testClock, testLogger } from './samples.ts';

/** Messages that are handed in after the index has met the limit. */
const after = 120;
const [dir = ''] = process.argv.slice(2);

const logger = testLogger();
const store = await openEmbeddedStore({
  dir,
  clock: testClock(),
  logger,
  options: { reserveBytes: 0, segmentBytes: 200_000 },
});
const accepted: string[] = [];
const finished: string[] = [];
for (let left = after; left > 0; ) {
  // One that was refused was promised to nobody.
  const message = await handIn(store, sampleMessage()).catch(() => undefined);
  if (message) accepted.push(message.id);
  if (accepted.length % 10 === 0)
    for (const leased of await leaseAll(store, noon, 3).catch(() => [])) {
      await store.finishAttempt(endOf(leased.id, await begin(store, leased, noon), noon, sent));
      finished.push(leased.id);
    }
  if (logger.errors.some((sentence) => sentence.includes('index could not be committed'))) left -= 1;
}
const { accepted: counted, queued, sent: sentCount } = await store.books();
const books = { accepted: counted, queued, sent: sentCount };
writeSync(1, `${JSON.stringify({ accepted, finished, books })}\n`);
process.kill(process.pid, 'SIGKILL');
