import { expect, it } from 'vitest';
import { MovableClock } from '../../test/harness/movable-clock.ts';
import { heapRoom } from './heap-room.ts';

const megabyte = 1024 * 1024;

function heapOf(newSpace: number) {
  const flags: string[] = [];
  const heap = {
    flags,
    bytes: newSpace,
    setFlag: (flag: string) => void flags.push(flag),
    newSpace: () => heap.bytes,
  };
  return heap;
}

it('a-burst-makes-the-heap-roomy-and-a-quiet-minute-makes-it-small-again', () => {
  const clock = new MovableClock();
  const heap = heapOf(16 * megabyte);
  const mailFlows = heapRoom(clock, heap);

  for (let message = 0; message < 60; message += 1) {
    mailFlows();
    clock.move(100);
  }
  expect(heap.flags).toEqual([]);

  for (let message = 0; message < 100; message += 1) mailFlows();
  expect(heap.flags.splice(0)).toContain('--heap-growing-percent=100');

  clock.move(40_000);
  for (let message = 0; message < 100; message += 1) mailFlows();
  clock.move(40_000);
  expect(heap.flags).toEqual([]);
  clock.move(40_000);
  expect(heap.flags.splice(0)).toContain('--heap-growing-percent=0');

  for (let message = 0; message < 100; message += 1) mailFlows();
  expect(heap.flags).toContain('--heap-growing-percent=100');
});

it('the-space-of-new-objects-grows-under-load-and-stops-before-buffers-of-mail-pile-up', () => {
  const clock = new MovableClock();
  const heap = heapOf(megabyte);
  const mailFlows = heapRoom(clock, heap);
  for (let message = 0; message < 100; message += 1) mailFlows();
  expect(heap.flags.at(-1)).toBe('--semi-space-growth-factor=2');

  clock.move(1_000);
  heap.bytes = 4 * megabyte;
  clock.move(1_000);
  expect(heap.flags.at(-1)).toBe('--semi-space-growth-factor=2');

  heap.bytes = 8 * megabyte;
  clock.move(1_000);
  expect(heap.flags.at(-1)).toBe('--semi-space-growth-factor=1');
});

it('a-load-too-light-to-fill-the-space-of-new-objects-leaves-it-as-it-is-when-it-ends', () => {
  const clock = new MovableClock();
  const heap = heapOf(megabyte);
  const mailFlows = heapRoom(clock, heap);
  for (let message = 0; message < 20; message += 1) mailFlows();

  for (let second = 0; second < 90; second += 1) clock.move(1_000);
  expect(heap.flags.at(-1)).toBe('--semi-space-growth-factor=1');
});
