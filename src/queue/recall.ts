/**
 * Mail that came in while the clock was ahead, as on a machine that begins with the wrong hour until the time is set from
 * the network, is due when the clock has got there again. Nobody has promised that to its sender: it is due now.
 */
import type { MessageId } from '../domain/message.ts';
import type { Logger } from '../domain/ports.ts';
import type { QueueStore } from './store.ts';

/** Clocks are set by less than this all the time, ms. */
const toleratedMs = 60_000;
const atOnce = 500;

/** Makes it due. Returns whether there was any. */
export async function recallFromTheFuture(
  store: Pick<QueueStore, 'list' | 'intervene'>,
  now: number,
  logger: Logger,
): Promise<boolean> {
  const detail = 'The clock was set back; the message had come in at a time that is yet to come.';
  let recalled = 0;
  let after: MessageId | undefined;
  for (;;) {
    const page = { states: ['queued'], acceptedFrom: now + toleratedMs, limit: atOnce } as const;
    const found = await store.list(after === undefined ? page : { ...page, after });
    const ids = found.filter(({ dueAt }) => dueAt > now).map(({ id }) => id);
    if (ids.length > 0)
      recalled += (await store.intervene({ ids, kind: 'retry', by: 'queue', at: now, detail })).changed.length;
    after = found.at(-1)?.id;
    if (found.length < atOnce) break;
  }
  if (recalled > 0)
    logger.warn({ messages: recalled }, 'The clock was set back: mail that came in before that is due now.');
  return recalled > 0;
}
