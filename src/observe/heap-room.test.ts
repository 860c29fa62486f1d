import { expect, it } from 'vitest';
import { MovableClock } from '../../test/harness/movable-clock.ts';
import { runProgram } from '../../test/harness/run-program.ts';
import { heapRoom } from './heap-room.ts';

/** Grows as V8 does: by the factor that was set last, after some work. */
function heapThatGrows(flags: string[]) {
  let bytes = 1_048_576;
  let looks = 0;
  return {
    setFlag: (flag: string) => {
      flags.push(flag);
    },
    newSpaceBytes() {
      looks += 1;
      const factor = Number(/growth-factor=(\d)/.exec(flags.at(-1) ?? '')?.[1] ?? 1);
      if (looks % 10 === 0) bytes *= factor;
      return bytes;
    },
    shrink() {
      bytes = 1_048_576;
    },
  };
}

it('a-burst-makes-the-heap-roomy-and-a-quiet-minute-makes-it-small-again', () => {
  const clock = new MovableClock();
  const flags: string[] = [];
  const mailFlows = heapRoom(clock, heapThatGrows(flags));

  for (let message = 0; message < 60; message += 1) {
    mailFlows();
    clock.move(100);
  }
  expect(flags).toEqual([]);

  for (let message = 0; message < 100; message += 1) mailFlows();
  const grown = ['--semi-space-growth-factor=4', '--semi-space-growth-factor=1', '--heap-growing-percent=300'];
  expect(flags).toEqual(grown);

  clock.move(40_000);
  for (let message = 0; message < 100; message += 1) mailFlows();
  clock.move(40_000);
  expect(flags).toEqual(grown);
  clock.move(40_000);
  expect(flags.splice(0).slice(3)).toEqual(['--heap-growing-percent=0']);

  // The space of new objects has kept its size.
  for (let message = 0; message < 100; message += 1) mailFlows();
  expect(flags).toEqual(['--heap-growing-percent=300']);
});

it('what-v8-gives-back-in-a-pause-is-there-again-in-the-next-burst', () => {
  const clock = new MovableClock();
  const flags: string[] = [];
  const heap = heapThatGrows(flags);
  const mailFlows = heapRoom(clock, heap);
  const burst = () => {
    for (let message = 0; message < 100; message += 1) mailFlows();
  };
  burst();
  heap.shrink();
  clock.move(10_000);
  flags.splice(0);
  burst();
  expect(flags).toEqual(['--semi-space-growth-factor=4', '--semi-space-growth-factor=1']);
});

it('a-v8-that-does-not-grow-is-not-waited-for', () => {
  const flags: string[] = [];
  const heap = { setFlag: (flag: string) => void flags.push(flag), newSpaceBytes: () => 1_048_576 };
  const clock = new MovableClock();
  const mailFlows = heapRoom(clock, heap);
  for (let second = 0; second < 3; second += 1) {
    for (let message = 0; message < 100; message += 1) mailFlows();
    clock.move(1_000);
  }
  const tried = ['--semi-space-growth-factor=4', '--semi-space-growth-factor=1', '--heap-growing-percent=300'];
  expect(flags).toEqual(tried);
});

it('the-space-of-new-objects-grows-to-four-megabytes-in-a-process-like-the-server', async () => {
  const program = `
    import v8 from 'node:v8';
    import { heapRoom } from '${new URL('./heap-room.ts', import.meta.url).href}';
    v8.setFlagsFromString('--semi-space-growth-factor=1');
    const mailFlows = heapRoom({ now: () => 0, after: () => () => {} });
    for (let message = 0; message < 100; message += 1) mailFlows();
    const space = v8.getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
    console.log(Math.round((space.space_used_size + space.space_available_size) / 1_048_576));
  `;
  const { stdout } = await runProgram(process.execPath, ['--input-type=module', '--eval', program]);
  expect(stdout.trim()).toBe('4');
});
