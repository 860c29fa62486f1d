import { describe, expect, it } from 'vitest';
import type { MessageId } from '../../domain/message.ts';
import { newMessageId } from '../../domain/message-id.ts';
import { BodyCache } from './body-cache.ts';

const ids = (count: number): MessageId[] => Array.from({ length: count }, (_, at) => newMessageId(at));
const body = (text: string) => [Buffer.from(text)];

describe('bodies that are about to be sent', () => {
  it('queue-longer-than-the-cache-still-finds-its-first-messages-there', () => {
    const cache = new BodyCache(40);
    const queue = ids(10);
    for (const id of queue) cache.put(id, body('ten bytes!'), 0);
    expect(queue.map((id) => cache.get(id)?.toString())).toEqual([
      ...Array.from({ length: 4 }, () => 'ten bytes!'),
      ...Array.from({ length: 6 }, () => undefined),
    ]);
    const [first, , , , , next] = queue;
    if (!first || !next) throw new Error('no ids');
    cache.drop(first);
    cache.put(next, body('ten bytes!'), 0);
    expect(cache.get(next)?.toString()).toBe('ten bytes!');
  });

  it('mail-that-waits-for-something-else-keeps-no-room-for-ever', () => {
    const cache = new BodyCache(40);
    const waiting = ids(4);
    for (const id of waiting) cache.put(id, body('ten bytes!'), 0);
    const [fresh] = ids(1);
    if (!fresh) throw new Error('no ids');
    cache.put(fresh, body('ten bytes!'), 29_000);
    expect(cache.get(fresh)).toBeUndefined();
    cache.put(fresh, body('ten bytes!'), 31_000);
    expect(cache.get(fresh)?.toString()).toBe('ten bytes!');
    expect(waiting.filter((id) => cache.get(id)).length).toBe(3);
  });

  it('body-that-came-in-pieces-comes-back-whole', () => {
    const cache = new BodyCache(40);
    const [id] = ids(1);
    if (!id) throw new Error('no ids');
    cache.put(id, [...body('ten '), ...body('bytes!')], 0);
    expect(cache.get(id)?.toString()).toBe('ten bytes!');
  });
});
