import { expect, test } from 'vitest';
import type { Priority } from '../domain/message.ts';
import { FairOrder } from './fair-order.ts';
import { queuedMessage } from './queued-message.sample.ts';

function fill(order: FairOrder, client: string, priority: Priority, count: number): void {
  const waiting = order.note({ connector: 'main', sender: 's', client, priority });
  for (let index = 0; index < count; index += 1) waiting.messages.push(queuedMessage({ client, priority }));
  waiting.more = false;
}

const takeAll = (order: FairOrder, count: number) => Array.from({ length: count }, () => order.take());

test('a bulk job does not hold up a password reset', () => {
  const order = new FairOrder();
  fill(order, 'newsletter', 'normal', 1_000);
  takeAll(order, 10);
  fill(order, 'portal', 'high', 1);
  expect(order.take()?.client).toBe('portal');
});

test('clients of one priority take turns, however much one of them has', () => {
  const order = new FairOrder();
  fill(order, 'bulk', 'normal', 100);
  fill(order, 'small', 'normal', 3);
  fill(order, 'other', 'normal', 3);
  const clients = takeAll(order, 9).map((message) => message?.client);
  for (const client of ['bulk', 'small', 'other']) expect(clients.filter((each) => each === client)).toHaveLength(3);
});

test('low mail is slow but not starved by a flood of high', () => {
  const order = new FairOrder();
  fill(order, 'resets', 'high', 1_000);
  fill(order, 'reports', 'low', 10);
  const taken = takeAll(order, 210).map((message) => message?.priority);
  expect(taken.filter((priority) => priority === 'low')).toHaveLength(10);
  expect(taken.slice(0, 20)).not.toContain('low');
});

test('nothing is lost or doubled when leases are given back', () => {
  const order = new FairOrder();
  fill(order, 'a', 'high', 5);
  fill(order, 'b', 'low', 5);
  const first = order.take();
  const rest = order.empty();
  expect(new Set([first, ...rest]).size).toBe(10);
  expect(order.take()).toBeUndefined();
  expect([...order.all()].every(({ more }) => more)).toBe(true);
});
