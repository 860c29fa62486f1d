import { expect, test } from 'vitest';
import type { Priority } from '../domain/message.ts';
import { FairOrder, patienceMs } from './fair-order.ts';
import { queuedMessage } from './queued-message.sample.ts';

function fill(order: FairOrder, client: string, priority: Priority, count: number): void {
  const waiting = order.note({ connector: 'main', sender: 's', client, priority });
  for (let index = 0; index < count; index += 1) waiting.messages.push(queuedMessage({ client, priority }));
  waiting.more = false;
}

const takeAll = (order: FairOrder, count: number) => Array.from({ length: count }, () => order.take(0));

test('a bulk job does not hold up a password reset', () => {
  const order = new FairOrder();
  fill(order, 'newsletter', 'normal', 1_000);
  takeAll(order, 10);
  fill(order, 'portal', 'high', 1);
  expect(order.take(0)?.client).toBe('portal');
});

test('clients of one priority take turns, however much one of them has', () => {
  const order = new FairOrder();
  fill(order, 'bulk', 'normal', 100);
  fill(order, 'small', 'normal', 3);
  fill(order, 'other', 'normal', 3);
  const clients = takeAll(order, 9).map((message) => message?.client);
  for (const client of ['bulk', 'small', 'other']) expect(clients.filter((each) => each === client)).toHaveLength(3);
});

test('burst-of-resets-gives-nothing-away-to-a-bulk-job', () => {
  const order = new FairOrder();
  fill(order, 'newsletter', 'normal', 100_000);
  fill(order, 'portal', 'high', 10_000);
  // Two seconds each: what thirty a minute come to. It lasts five hours and a half.
  const taken = Array.from({ length: 10_000 }, (_, index) => order.take(index * 2_000)?.priority);
  expect(taken.every((priority) => priority === 'high')).toBe(true);
});

test('low mail is slow but not starved by a stream of high that never ends', () => {
  const order = new FairOrder();
  fill(order, 'resets', 'high', 20_000);
  fill(order, 'reports', 'low', 1_000);
  const taken = Array.from({ length: 15_000 }, (_, index) => order.take(index * 2_000)?.priority);
  const firstLow = taken.indexOf('low');
  expect(firstLow * 2_000).toBe(patienceMs);
  const after = taken.slice(firstLow);
  expect(after.filter((priority) => priority === 'low').length / after.length).toBeCloseTo(1 / 21, 3);
});

test('high mail that leaves a gap now and then starves nobody either', () => {
  const order = new FairOrder();
  fill(order, 'reports', 'low', 20_000);
  const resets = order.note({ connector: 'main', sender: 's', client: 'resets', priority: 'high' });
  resets.more = false;
  let low = 0;
  for (let turn = 0; turn < 30_000; turn += 1) {
    // Ninety-nine of a hundred turns.
    if (turn % 100 !== 0) resets.messages.push(queuedMessage({ client: 'resets', priority: 'high' }));
    if (order.take(turn * 2_000)?.priority === 'low') low += 1;
    if (resets.messages.length === 0) order.note(resets.group).more = false;
  }
  const [bySixHours, after] = [patienceMs / 2_000, 30_000 - patienceMs / 2_000];
  expect(low).toBeGreaterThan(bySixHours * 0.0099 + after * 0.045);
});

test('nothing is lost or doubled when leases are given back', () => {
  const order = new FairOrder();
  fill(order, 'a', 'high', 5);
  fill(order, 'b', 'low', 5);
  const first = order.take(0);
  const rest = order.empty();
  expect(new Set([first, ...rest]).size).toBe(10);
  expect(order.take(0)).toBeUndefined();
  expect([...order.all()].every(({ more }) => more)).toBe(true);
});
