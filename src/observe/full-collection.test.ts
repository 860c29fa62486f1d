import { expect, it } from 'vitest';
import { MovableClock } from '../../test/harness/movable-clock.ts';
import { runProgram } from '../../test/harness/run-program.ts';
import { collectAtRest } from './full-collection.ts';

it('the-heap-is-collected-once-and-in-the-first-second-in-which-nothing-happens', () => {
  const clock = new MovableClock();
  const collected: unknown[] = [];
  const shares = [0.9, 0.9, 0.4, 0.06, 0.01, 0.01];
  collectAtRest(
    clock,
    (wishes) => collected.push(wishes),
    () => shares.shift() ?? 0,
  );
  clock.move(3_500);
  expect(collected).toEqual([]);
  clock.move(1_000);
  expect(collected).toEqual([{ type: 'major', flavor: 'last-resort' }]);
  clock.move(60_000);
  expect(collected).toHaveLength(1);
});

it('a-process-at-rest-gives-back-what-it-has-let-go-of', async () => {
  const program = `
    import { setTimeout as pause } from 'node:timers/promises';
    import { collectAtRest, collector } from ${JSON.stringify(import.meta.resolve('./full-collection.ts'))};
    import { systemClock } from ${JSON.stringify(import.meta.resolve('./system-clock.ts'))};
    let kept = Array.from({ length: 200_000 }, (_, n) => ({ n }));
    await pause(1);
    kept = kept.slice(0, 1);
    const before = process.memoryUsage().heapTotal;
    let ended = false;
    const collect = collector();
    collectAtRest(systemClock, (wishes) => { collect(wishes); ended = true; });
    while (!ended) await pause(50);
    console.log(JSON.stringify({ before, after: process.memoryUsage().heapTotal, kept: kept.length }));
  `;
  const { stdout, stderr } = await runProgram(process.execPath, ['--input-type=module', '-e', program]);
  expect(stderr).toBe('');
  const { before, after } = JSON.parse(stdout);
  expect(before - after).toBeGreaterThan(5_000_000);
});
