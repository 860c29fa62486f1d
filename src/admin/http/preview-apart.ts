/**
 * Previews, each in a thread of its own with an end: a message of half a megabyte can be put together so that reading it
 * takes minutes, and a server that reads it takes and sends no mail meanwhile.
 */
import { Worker } from 'node:worker_threads';
import { FaultError } from '../../domain/catalogue.ts';
import type { Preview } from './preview.ts';

/** ms; ordinary messages take a tenth of a second. */
const longestMs = 5_000;
const mostMegabytes = 128;
/** At a time: more of them would take the cores away from the mail. */
const mostRunning = 4;
let running = 0;

/** @throws FaultError `request-invalid` for a message that takes too long or too much, `too-much-under-way` */
export async function previewApart(raw: Buffer, deadlineMs = longestMs): Promise<Preview> {
  if (running >= mostRunning) throw new FaultError({ code: 'too-much-under-way' });
  running += 1;
  const { promise, resolve, reject } = Promise.withResolvers<Preview>();
  const worker = new Worker(new URL('./preview-thread.ts', import.meta.url), {
    workerData: raw,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: mostMegabytes },
  });
  const giveUp = (detail: string) =>
    reject(new FaultError({ code: 'request-invalid', text: 'The message cannot be shown; download it.', detail }));
  const timer = setTimeout(() => giveUp(`No preview within ${deadlineMs} ms.`), deadlineMs);
  worker.on('message', resolve);
  worker.on('error', (error) => giveUp(error instanceof Error ? error.message : String(error)));
  worker.on('exit', () => giveUp('The thread ended without a preview.'));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    await worker.terminate();
    running -= 1;
  }
}
