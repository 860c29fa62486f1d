/** What a person types into the one box: the reading of it that finds something. */
import { z } from 'zod';
import { FaultError } from '../../domain/catalogue.ts';
import type { MessageState, QueuedMessage } from '../../domain/message.ts';
import { isMessageId } from '../../domain/message-id.ts';
import { type MessageFilter, messageQuerySchema } from '../message-query.ts';
import type { LocalOperator, OperatorAction } from '../operator.ts';

export const actionSchema = z.enum(['hold', 'release', 'retry', 'cancel']);

/** The filter of a search, without its page. */
export const filterSchema = messageQuerySchema
  .omit({ after: true, limit: true })
  .extend({ q: z.string().max(500).optional() });
type Filter = z.output<typeof filterSchema>;

/** Messages that one action takes. */
const mostMatches = 1_000_000;

/** States that an action changes; the store has the last word. */
const changes: Readonly<Record<OperatorAction, readonly MessageState[]>> = {
  hold: ['queued'],
  release: ['held'],
  retry: ['failed', 'uncertain', 'queued'],
  cancel: ['queued', 'held', 'uncertain'],
};

/** A page of what was typed. An id finds its message whatever else is asked, but for the state. */
export async function search(
  operator: LocalOperator,
  typed: string,
  filter: MessageFilter,
): Promise<readonly QueuedMessage[]> {
  const q = typed.trim();
  const isId: boolean = isMessageId(q);
  if (isId) {
    const trail = await operator.trail(q);
    return trail && (filter.state?.includes(trail.message.state) ?? true) ? [trail.message] : [];
  }
  return operator.list(await readingOf(operator, q, filter));
}

/** Every filter but the first is tried when the one before finds nothing. */
async function readingOf(operator: LocalOperator, q: string, filter: MessageFilter): Promise<MessageFilter> {
  if (q === '') return filter;
  if (!q.includes('@') || /\s/.test(q)) return { ...filter, subject: q };
  const asMessageId = { ...filter, messageId: q };
  if (q.startsWith('<')) return asMessageId;
  const asAddress = { ...filter, address: q };
  const { after: _, ...whole } = asAddress;
  const [first] = await operator.listIds({ ...whole, limit: 1 });
  return first === undefined ? asMessageId : asAddress;
}

/** All messages that an action would change: the filter that finds them from now on, and how many they are. */
export interface Matches {
  readonly filter: MessageFilter;
  readonly count: number;
  readonly until: number;
}

/** @throws FaultError `too-many-matches`. */
export async function matchesOf(
  operator: LocalOperator,
  action: OperatorAction,
  { q = '', ...given }: Filter,
  now: number,
): Promise<Matches> {
  const until = Math.min(given.until ?? now, now);
  const state = changes[action].filter((each) => given.state?.includes(each) ?? true);
  const filter = await readingOf(operator, q.trim(), { ...given, state: [...state], until, limit: 1 });
  const count = await operator.count(filter, mostMatches + 1);
  if (count > mostMatches) throw new FaultError({ code: 'too-many-matches' });
  return { filter, count, until };
}
