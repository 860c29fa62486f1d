/** Makes one preview, in a thread of its own, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { previewOf } from './preview.ts';

parentPort?.postMessage(await previewOf(Buffer.from(workerData)));
