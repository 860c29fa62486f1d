/**
 * Room for new objects while mail flows, and none while it does not.
 *
 * Left to itself, V8 collects all of the heap after each two or three megabytes that have grown old: under load that is
 * several times a second, a fifth of all CPU, and each time the answers wait. A server at rest is better off that way, since
 * it stays small. So there are two states: `small`, from the start and after a minute without load, and `roomy`, from the
 * first second with load on.
 *
 * The space of new objects grows under load, and no further than to `newSpaceBytes`. In a megabyte, as it is at rest, what is
 * on its way when the next small collection comes is taken for old; in the sixteen that V8 would go to, buffers of mail,
 * which lie outside of the heap, wait for that collection until V8 collects all of the heap for their sake.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import type { Clock } from '../domain/ports.ts';

/** Messages within a second that are load. */
const loadMessages = 20;
const windowMs = 1_000;
/** The heap stays roomy for so long after load was last seen, ms. */
const keepMs = 60_000;

/** The heap doubles before all of it is collected. */
const roomy = '--heap-growing-percent=100';
/** 0: as V8 sees fit. */
const small = '--heap-growing-percent=0';

const newSpaceGrows = '--semi-space-growth-factor=2';
const newSpaceStays = '--semi-space-growth-factor=1';
const newSpaceBytes = 8 * 1024 * 1024;
/** ms between two looks at how far it has grown: it doubles once in some ten small collections at the most. */
const lookMs = 20;

/** What is asked of V8; something else in tests alone. */
export interface HeapControl {
  setFlag(flag: string): void;
  /** Bytes that the space of new objects takes. */
  newSpace(): number;
}

const heapOfV8: HeapControl = {
  setFlag: setFlagsFromString,
  newSpace: () => getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0,
};

/** To be told of each message. */
export function heapRoom(clock: Clock, heap = heapOfV8): () => void {
  const { setFlag } = heap;
  let windowStart = 0;
  let messages = 0;
  let isRoomy = false;
  let lastLoad = 0;
  const lookAfter = (ms: number): void => {
    clock.after(ms, () => {
      const restMs = clock.now() - lastLoad;
      if (restMs < keepMs) return lookAfter(keepMs - restMs);
      isRoomy = false;
      setFlag(small);
      setFlag(newSpaceStays);
    });
  };
  const growNewSpace = (): void => {
    if (!isRoomy) return;
    if (heap.newSpace() >= newSpaceBytes) setFlag(newSpaceStays);
    else clock.after(lookMs, growNewSpace);
  };
  return () => {
    const now = clock.now();
    if (now - windowStart >= windowMs) {
      windowStart = now;
      messages = 0;
    }
    messages += 1;
    if (messages < loadMessages) return;
    lastLoad = now;
    if (isRoomy) return;
    isRoomy = true;
    setFlag(roomy);
    setFlag(newSpaceGrows);
    growNewSpace();
    lookAfter(keepMs);
  };
}
