/**
 * Room for new objects while mail flows, and none while it does not.
 *
 * Left to itself, V8 collects all of the heap after each two or three megabytes that have grown old: under load that is
 * several times a second, a fifth of all CPU, and each time the answers wait. A server at rest is better off that way, since
 * it stays small. So there are two states: `small`, from the start and after a minute without load, and `roomy`, from the
 * first second with load on.
 */
import { setFlagsFromString } from 'node:v8';
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

/**
 * To be told of each message.
 * @param setFlag sets one flag of V8; another than V8's own in tests alone.
 */
export function heapRoom(clock: Clock, setFlag: (flag: string) => void = setFlagsFromString): () => void {
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
    if (isRoomy) return;
    isRoomy = true;
    setFlag(roomy);
    lookAfter(keepMs);
  };
}
