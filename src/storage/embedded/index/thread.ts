/**
 * The index's thread: is told its folder, recovers, then takes groups and questions in the order in which they were posted. A question is
 * therefore answered with every group that was posted before it.
 */
import { flushCompileCache } from 'node:module';
import { parentPort } from 'node:worker_threads';
import type { FromIndex, ToIndex } from './calls.ts';
import { MessageIndex } from './message-index.ts';

/** The open transaction is committed after this time, or with this many records: a crash then has little to replay. */
const commitAfterMs = 100;
const commitAfterRecords = 5_000;

/** Subjects are indexed in the pauses: many at once when nothing else was asked meanwhile, else few, so that nobody waits. */
const subjectsAfterMs = 50;
const subjectsIdle = 1_000;
const subjectsBusy = 100;

/** Nothing has come in for so long, ms: the disk may be kept busy for a moment. */
const restAfterMs = 500;

/** When what was compiled is kept: once the start is over, and early enough for a server that does not live for long. */
const keepCompiledAfterMs = 1_000;

const port = parentPort;
if (!port) throw new Error('This file is the entry of a worker thread.');

/** Answers to what came in one post leave in one. */
let answers: FromIndex[] | undefined;
const say = (word: FromIndex): void => {
  if (answers) answers.push(word);
  else port.postMessage([word]);
};
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

/** From the first word on, which says where it is. */
let index: MessageIndex | undefined;
let uncommitted = 0;
let timer: NodeJS.Timeout | undefined;
let subjectTimer: NodeJS.Timeout | undefined;
let restTimer: NodeJS.Timeout | undefined;
let busy = false;
let closed = false;

function subjectsSoon(): void {
  subjectTimer ??= setTimeout(fillSubjects, subjectsAfterMs);
}

function fillSubjects(): void {
  subjectTimer = undefined;
  const most = busy ? subjectsBusy : subjectsIdle;
  busy = false;
  try {
    if (index?.fillSubjects(most)) subjectsSoon();
    commitSoon(0);
  } catch (error) {
    // A search looks through what is not indexed, one by one.
    say({ remark: `Subjects could not be indexed: ${sentenceOf(error)}` });
  }
}

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

function rest(): void {
  try {
    // Subjects are still being indexed.
    if (index?.rest() === false) restTimer?.refresh();
  } catch (error) {
    say({ remark: `The index could not be written out: ${sentenceOf(error)}` });
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
      clearTimeout(subjectTimer);
      clearTimeout(restTimer);
      index.close();
    }
    const value = ask.operation === 'close' ? undefined : index.ask(ask);
    say({ answer: ask.number, value });
    if (ask.operation === 'close') closed = true;
    else commitSoon(0);
  } catch (error) {
    say({ failed: ask.number, sentence: sentenceOf(error) });
  }
}

function take(index: MessageIndex, word: Exclude<ToIndex, { open: string }>): void {
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
  subjectsSoon();
}

function open(dir: string): void {
  index = recover(dir);
  if (index) subjectsSoon();
  else closed = true;
  // Not at the end, which may be a kill: else the next start reads types and compiles again, and keeps 11 MB for it.
  setTimeout(flushCompileCache, keepCompiledAfterMs).unref();
}

port.on('message', (words: readonly ToIndex[]) => {
  busy = true;
  if (restTimer) restTimer.refresh();
  else restTimer = setTimeout(rest, restAfterMs);
  answers = [];
  for (const word of words)
    if ('open' in word) open(word.open);
    else if (index) take(index, word);
  port.postMessage(answers);
  answers = undefined;
  if (closed) port.close();
});
