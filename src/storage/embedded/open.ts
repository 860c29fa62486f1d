/**
 * Opens the embedded store: locks the folder, lets the index recover (see index/replay.ts), reports what was found, clears
 * away what a crash left behind, and begins a new segment.
 */
import { chmod, mkdir, readdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { bodiesFolder } from './body-writer.ts';
import { segmentName } from './framing.ts';
import type { Recovered } from './index/calls.ts';
import { IndexClient } from './index-client.ts';
import { lockFolder } from './lock.ts';
import { decideSetting, type EmbeddedStoreSetup, type Setting } from './options.ts';
import { unfinishedSegmentName } from './segment-writer.ts';
import { EmbeddedStore } from './store.ts';

/**
 * Opens the store in a folder, and makes it when it is not there (folder 0700, files 0600).
 * @throws StoreLockedError when another process has it open; Error when it was written by a newer version.
 */
export async function openEmbeddedStore(setup: EmbeddedStoreSetup): Promise<EmbeddedStore> {
  const setting = decideSetting(setup);
  const { dir, logger } = setting;
  await mkdir(join(dir, bodiesFolder), { recursive: true, mode: 0o700 });
  // `mkdir` leaves a folder that is there as it is, and its mode is subject to the umask.
  await chmod(dir, 0o700);
  await chmod(join(dir, bodiesFolder), 0o700);
  const lock = lockFolder(dir);
  const index = new IndexClient(dir, logger, setup.thread, setup.onIndexLost);
  try {
    const recovered = await index.recovered();
    report(setting, recovered);
    await clearAway(setting, recovered);
    const store = new EmbeddedStore(setting, index, lock, recovered);
    await store.begin();
    return store;
  } catch (error) {
    await index.close();
    lock.release();
    throw error;
  }
}

function report({ logger, dir }: Setting, recovered: Recovered): void {
  if (recovered.rebuilt !== undefined)
    logger.error(
      { dir, records: recovered.replayed },
      `${recovered.rebuilt} It was made anew from the journal; the history of messages whose segments have gone is lost.`,
    );
  for (const damage of recovered.damages)
    logger.error(
      { dir, ...damage },
      `The journal is damaged: bytes ${damage.from} to ${damage.to} of ${segmentName(damage.segment)} are not what was written, and the records there are lost. Check the disk; compare the messages accepted around that time with their senders.`,
    );
  for (const remark of recovered.remarks) logger.error({ dir }, remark);
  if (recovered.torn)
    logger.warn(
      { dir, segment: recovered.lastSegment, offset: recovered.lastEnd },
      'The last write of the journal was cut short; nobody had been answered for it, and it does not count.',
    );
  if (recovered.replayed > 0 && recovered.rebuilt === undefined)
    logger.info({ dir, records: recovered.replayed }, 'The index was brought up to date from the journal.');
}

async function clearAway({ dir, logger }: Setting, recovered: Recovered): Promise<void> {
  await rm(join(dir, unfinishedSegmentName), { force: true });
  const last = join(dir, segmentName(recovered.lastSegment));
  if (recovered.headless) await rm(join(dir, segmentName(recovered.lastSegment + 1)), { force: true });
  else if (recovered.lastSegment > 0 && recovered.lastEnd > 0)
    await truncate(last, recovered.lastEnd).catch(() => undefined);
  const named = new Set(recovered.bodyFiles);
  const orphans = (await readdir(join(dir, bodiesFolder))).filter((name) => !named.has(name));
  // When records have been lost, a file that no record names may be all that is left of a message.
  if (recovered.damages.length > 0 || recovered.rebuilt !== undefined) {
    if (orphans.length > 0)
      logger.warn({ dir, files: orphans }, 'These body files belong to no message on record; they are left in place.');
    return;
  }
  for (const name of orphans) await rm(join(dir, bodiesFolder, name), { force: true });
}
