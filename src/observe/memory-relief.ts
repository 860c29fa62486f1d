/**
 * Keeps memory flat while large bodies pass through. Their pieces lie outside of V8's heap, where it lets some 64 MB gather
 * before it looks: a small collection after every few megabytes frees them for about a millisecond each.
 */
import type { Collect } from './full-collection.ts';

/** Bytes between two collections. */
const everyBytes = 8 * 1024 * 1024;

/** To be told of the bytes of large bodies that were read or written. */
export function memoryRelief(collect: Collect): (bytes: number) => void {
  let passed = 0;
  return (bytes) => {
    passed += bytes;
    if (passed < everyBytes) return;
    passed = 0;
    collect({ type: 'minor' });
  };
}
