/**
 * Ends messages whose lifetime is over. Runs in the dispatcher's own turn, between leases, so that no message is leased
 * while it is being ended; what is being sent, or belongs to a paused connector, is left alone.
 */
import type { QueuedMessage } from '../domain/message.ts';
import type { QueueStore } from './store.ts';

/** Messages ended in one go; the next turn takes the next. */
const atOnce = 500;

/** Ends what has expired by `now`, and returns what was ended, and whether there may be more. */
export async function expireOverdue(
  store: QueueStore,
  now: number,
  pausedConnectors: readonly string[],
): Promise<{ readonly ended: readonly QueuedMessage[]; readonly more: boolean }> {
  const overdue = await store.expired(now, pausedConnectors, atOnce);
  if (overdue.length === 0) return { ended: [], more: false };
  const ids = overdue.map(({ id }) => id);
  const { changed } = await store.intervene({ ids, kind: 'expire', by: 'queue', at: now });
  const ended = new Set(changed);
  return { ended: overdue.filter(({ id }) => ended.has(id)), more: overdue.length === atOnce && changed.length > 0 };
}
