import { expect, it } from 'vitest';
import { MovableClock } from '../../test/harness/movable-clock.ts';
import { heapRoom } from './heap-room.ts';

it('a-burst-makes-the-heap-roomy-and-a-quiet-minute-makes-it-small-again', () => {
  const clock = new MovableClock();
  const flags: string[] = [];
  const mailFlows = heapRoom(clock, (flag) => flags.push(flag));

  for (let message = 0; message < 60; message += 1) {
    mailFlows();
    clock.move(100);
  }
  expect(flags).toEqual([]);

  for (let message = 0; message < 100; message += 1) mailFlows();
  expect(flags).toEqual(['--heap-growing-percent=100']);

  clock.move(40_000);
  for (let message = 0; message < 100; message += 1) mailFlows();
  clock.move(40_000);
  expect(flags).toHaveLength(1);
  clock.move(40_000);
  expect(flags.slice(1)).toEqual(['--heap-growing-percent=0']);

  for (let message = 0; message < 100; message += 1) mailFlows();
  expect(flags).toHaveLength(3);
});
