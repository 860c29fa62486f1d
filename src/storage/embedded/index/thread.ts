/**
 * The index's thread: recovers, then takes groups and questions in the order in which they were posted. A question is
 * therefore answered with every group that was posted before it.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { FromIndex, ToIndex } from './calls.ts';
import { MessageIndex } from './message-index.ts';

/** The open transaction is committed after this time, or with this many records: a crash then has little to replay. */
const commitAfterMs = 100;
const commitAfterRecords = 5_000;

const port = parentPort;
if (!port) throw new Error('This file is the entry of a worker thread.');

const say = (word: FromIndex): void => port.postMessage(word);
const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function recover(dir: string): MessageIndex | undefined {
  try {
    const index = new MessageIndex(dir, (remark) => say({ remark }));
    say({ started: index.recovered });
    return index;
  } catch (error) {
    say({ refused: sentenceOf(error) });
    return undefined;
  }
}

const index = recover(workerData.dir);
let uncommitted = 0;
let timer: NodeJS.Timeout | undefined;

function commit(): void {
  clearTimeout(timer);
  timer = undefined;
  uncommitted = 0;
  try {
    index?.commit();
  } catch (error) {
    // The journal has it all: the next commit tries again, and a restart replays.
    say({ remark: `The index could not be committed: ${sentenceOf(error)}` });
  }
}

function commitSoon(records: number): void {
  uncommitted += records;
  if (uncommitted >= commitAfterRecords) commit();
  else timer ??= setTimeout(commit, commitAfterMs);
}

function answer(index: MessageIndex, ask: Extract<ToIndex, { ask: unknown }>['ask']): void {
  try {
    if (ask.operation === 'close') {
      clearTimeout(timer);
      index.close();
    }
    const value = ask.operation === 'close' ? undefined : index.ask(ask);
    say({ answer: ask.number, value });
    if (ask.operation === 'close') port?.close();
    else commitSoon(0);
  } catch (error) {
    say({ failed: ask.number, sentence: sentenceOf(error) });
  }
}

if (index)
  port.on('message', (word: ToIndex) => {
    if ('ask' in word) {
      answer(index, word.ask);
      return;
    }
    try {
      index.feed(word.feed);
    } catch (error) {
      say({ remark: `The index could not take a group of records: ${sentenceOf(error)}` });
    }
    say({ applied: word.feed.records.length });
    commitSoon(word.feed.records.length);
  });
