/**
 * Room for new objects while mail flows, and none while it does not.
 *
 * Left to itself, V8 collects all of the heap after each two or three megabytes that have grown old: under load that is
 * several times a second, a fifth of all CPU, and each time the answers wait. A server at rest is better off that way, since
 * it stays small. So there are two states: `small`, from the start and after a minute without load, and `roomy`, from the
 * first second with load on.
 *
 * Roomy means two things. The heap quadruples before all of it is collected: V8 counts what lies outside of the heap as well,
 * the store's cache of bodies above all, so with less it would begin the next such collection as soon as one has ended. And
 * the space of new objects grows from one megabyte to four, so that there are fewer small collections. It must not grow on
 * to sixteen, as V8 would have it: new mail lies in buffers outside of the heap, which wait with it for the next small
 * collection, and count as well.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import type { Clock } from '../domain/ports.ts';

/** Messages within a second that are load. */
const loadMessages = 20;
const windowMs = 1_000;
/** The heap stays roomy for so long after load was last seen, ms. */
const keepMs = 60_000;
const newSpaceBytes = 4 * 1024 * 1024;

const quadruple = '--heap-growing-percent=300';
/** 0: as V8 sees fit. */
const asV8SeesFit = '--heap-growing-percent=0';
const growNoMore = '--semi-space-growth-factor=1';
/** Numbers in one of the arrays that are made for nothing. */
const arrayLength = 1_000;
/** As many of them, 32 MB, and V8 does not do as it is told. */
const mostArrays = 4_000;

/** The parts of V8 that it uses; others in tests alone. */
export interface Heap {
  setFlag(flag: string): void;
  /** Bytes that the space of new objects may take before it is collected. */
  newSpaceBytes(): number;
}

export const v8: Heap = {
  setFlag: setFlagsFromString,
  newSpaceBytes() {
    const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
    // Its size is what it has been given so far, which follows later. A V8 without it has nothing to grow.
    return space ? space.space_used_size + space.space_available_size : newSpaceBytes;
  },
};

/**
 * V8 grows the space of new objects after a small collection that leaves much of it alive. So something is kept alive for a
 * moment, some milliseconds, until it has grown once: waiting for mail to do so, one would find it at sixteen megabytes.
 * False: it does not grow, and is not to be asked again.
 */
function growNewSpace(heap: Heap): boolean {
  const factor = Math.round(newSpaceBytes / heap.newSpaceBytes());
  if (factor < 2) return true;
  heap.setFlag(`--semi-space-growth-factor=${factor}`);
  const alive: number[][] = [];
  // V8 keeps some bytes of it for itself.
  const hasGrown = () => heap.newSpaceBytes() >= 0.75 * newSpaceBytes;
  while (!hasGrown() && alive.length < mostArrays) alive.push(new Array<number>(arrayLength).fill(0));
  heap.setFlag(growNoMore);
  return hasGrown();
}

/**
 * To be told of each message.
 * @param atRest called when a load has been over for a minute.
 */
export function heapRoom(clock: Clock, heap: Heap = v8, atRest = () => {}): () => void {
  let windowStart = 0;
  let messages = 0;
  let isRoomy = false;
  let mayGrow = true;
  let lastLoad = 0;
  const lookAfter = (ms: number): void => {
    clock.after(ms, () => {
      const restMs = clock.now() - lastLoad;
      if (restMs < keepMs) return lookAfter(keepMs - restMs);
      isRoomy = false;
      heap.setFlag(asV8SeesFit);
      atRest();
    });
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
    // Once in each second with load: V8 gives space back in a pause between two bursts.
    if (mayGrow && messages === loadMessages) mayGrow = growNewSpace(heap);
    if (isRoomy) return;
    isRoomy = true;
    heap.setFlag(quadruple);
    lookAfter(keepMs);
  };
}
