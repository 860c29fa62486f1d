/** Messages: search, one with its trail, its bytes, its preview, and what a person can do to them. */
import { z } from 'zod';
import { FaultError } from '../../domain/catalogue.ts';
import type { MessageState, QueuedMessage } from '../../domain/message.ts';
import { isMessageId } from '../../domain/message-id.ts';
import { type MessageFilter, messageQuerySchema } from '../message-query.ts';
import type { Operator } from '../operator.ts';
import { messageRow, messageRowSchema, trailSchema, trailView } from './message-schemas.ts';
import { largestPreview, previewOf, previewSchema } from './preview.ts';
import { type ConsoleRoute, route, silence } from './route.ts';
import type { RouteParts } from './surroundings.ts';

const idParams = z.object({ id: z.string().max(100) });
const actionSchema = z.enum(['hold', 'release', 'retry', 'cancel']);
/** The filter of a search, without its page. */
const filterSchema = messageQuerySchema
  .omit({ after: true, limit: true })
  .extend({ q: z.string().max(500).optional() });
type Filter = z.output<typeof filterSchema>;

/** Messages that one action takes. */
const mostMatches = 10_000;
const pageSize = 1_000;

/** States that an action changes; the store has the last word. */
const changes: Readonly<Record<z.output<typeof actionSchema>, readonly MessageState[]>> = {
  hold: ['queued'],
  release: ['held'],
  retry: ['failed', 'uncertain', 'queued'],
  cancel: ['queued', 'held', 'uncertain'],
};

export function messageRoutes({ server, audit }: RouteParts): ConsoleRoute[] {
  const { operator } = server;
  const bytesOf = async (id: string): Promise<Buffer> => {
    const raw = isMessageId(id) ? await operator.raw(id) : undefined;
    if (!raw) throw new FaultError({ code: 'not-found', text: 'The bytes of this message are not kept any more.' });
    return raw;
  };
  const preview = async (id: string) => {
    const raw = await bytesOf(id);
    if (raw.byteLength > largestPreview)
      throw new FaultError({ code: 'request-invalid', text: 'The message is too large for a preview; download it.' });
    return previewOf(raw);
  };
  return [
    route(
      {
        method: 'GET',
        path: '/api/messages',
        id: 'messages',
        summary: 'Search, the newest first; `q` takes an address, a Message-ID, an id or a part of the subject',
        audience: 'viewer',
        takes: z.object({ query: messageQuerySchema.extend({ q: z.string().max(500).optional() }) }),
        answer: z.object({ messages: z.array(messageRowSchema) }),
      },
      async ({ query: { q, ...filter } }) => ({
        messages: (await search(operator, q ?? '', filter)).map((message) => messageRow(message)),
      }),
    ),
    route(
      {
        method: 'GET',
        path: '/api/messages/{id}',
        id: 'message',
        summary: 'One message with its trail; each attempt with what its code means',
        audience: 'viewer',
        faults: ['not-found'],
        takes: z.object({ params: idParams }),
        answer: trailSchema,
      },
      async ({ params: { id } }) => {
        const trail = isMessageId(id) ? await operator.trail(id) : undefined;
        if (!trail) throw new FaultError({ code: 'not-found' });
        return trailView(trail);
      },
    ),
    route(
      {
        method: 'GET',
        path: '/api/messages/{id}/raw',
        id: 'messageBytes',
        summary: 'The bytes as they are stored',
        audience: 'operator',
        faults: ['not-found'],
        takes: z.object({ params: idParams }),
        answer: silence,
        produces: 'message/rfc822',
      },
      async ({ params: { id } }, { caller, reply }) => {
        const raw = await bytesOf(id);
        audit.append({ who: caller.name, address: caller.address, action: 'message-download', target: id });
        reply.header('content-disposition', `attachment; filename="${id}.eml"`).type('message/rfc822').send(raw);
        return undefined;
      },
    ),
    route(
      {
        method: 'GET',
        path: '/api/messages/{id}/preview',
        id: 'messagePreview',
        summary: 'Header, text and attachments, decoded',
        audience: 'operator',
        faults: ['not-found'],
        takes: z.object({ params: idParams }),
        answer: previewSchema,
      },
      async ({ params: { id } }, { caller }) => {
        const shown = await preview(id);
        audit.append({ who: caller.name, address: caller.address, action: 'message-preview', target: id });
        return shown;
      },
    ),
    route(
      {
        method: 'GET',
        path: '/api/messages/{id}/preview.html',
        id: 'messageHtml',
        summary: 'The HTML part, sanitised, under a policy that lets nothing run and nothing be fetched',
        audience: 'operator',
        faults: ['not-found'],
        takes: z.object({ params: idParams }),
        answer: silence,
        produces: 'text/html',
      },
      async ({ params: { id } }, { reply }) => {
        const { html } = await preview(id);
        reply
          .header(
            'content-security-policy',
            "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'",
          )
          .header('x-frame-options', 'SAMEORIGIN')
          .type('text/html; charset=utf-8')
          .send(html);
        return undefined;
      },
    ),
    route(
      {
        method: 'POST',
        path: '/api/interventions/count',
        id: 'countMatches',
        summary: 'How many messages an action on all matches would change',
        audience: 'operator',
        faults: ['too-many-matches'],
        takes: z.object({ body: z.strictObject({ action: actionSchema, filter: filterSchema }) }),
        answer: z.object({ count: z.number() }),
      },
      async ({ body }) => ({ count: (await matches(operator, body.action, body.filter)).length }),
    ),
    route(
      {
        method: 'POST',
        path: '/api/interventions',
        id: 'intervene',
        summary: 'Hold, release, retry or cancel messages: named ones, or all that match',
        audience: 'operator',
        faults: ['too-many-matches'],
        takes: z.object({
          body: z.union([
            z.strictObject({ action: actionSchema, ids: z.array(z.string().max(100)).min(1).max(pageSize) }),
            z.strictObject({
              action: actionSchema,
              filter: filterSchema,
              /** What the person was shown; another number is refused. */
              count: z.int().min(1),
            }),
          ]),
        }),
        answer: z.object({ changed: z.number(), unchanged: z.number() }),
      },
      async ({ body }, { caller }) => {
        const { action } = body;
        const ids = 'ids' in body ? body.ids : await matches(operator, action, body.filter);
        if ('count' in body && ids.length !== body.count) throw new FaultError({ code: 'too-many-matches' });
        const [first = ''] = ids;
        audit.append({
          who: caller.name,
          address: caller.address,
          action: `message-${action}`,
          target: ids.length === 1 ? first : `${ids.length} messages`,
          after: 'filter' in body ? JSON.stringify(body.filter) : ids.slice(0, 20).join(' '),
        });
        const total = { changed: 0, unchanged: 0 };
        for (let at = 0; at < ids.length; at += pageSize) {
          const result = await operator.intervene(action, ids.slice(at, at + pageSize), caller.name);
          total.changed += result.changed.length;
          total.unchanged += result.unchanged.length;
        }
        return total;
      },
    ),
  ];
}

/** What a person types into one box: the reading that finds something. */
async function search(operator: Operator, typed: string, filter: MessageFilter): Promise<readonly QueuedMessage[]> {
  const q = typed.trim();
  if (q === '') return operator.list(filter);
  const isId: boolean = isMessageId(q);
  if (isId) {
    const trail = await operator.trail(q);
    return trail && (filter.state?.includes(trail.message.state) ?? true) ? [trail.message] : [];
  }
  if (!q.includes('@') || /\s/.test(q)) return operator.list({ ...filter, subject: q });
  if (!q.startsWith('<')) {
    const found = await operator.list({ ...filter, address: q });
    if (found.length > 0 || filter.after !== undefined) return found;
  }
  return operator.list({ ...filter, messageId: q });
}

/** Ids of all messages that an action would change. @throws FaultError `too-many-matches`. */
async function matches(
  operator: Operator,
  action: z.output<typeof actionSchema>,
  { q = '', ...filter }: Filter,
): Promise<string[]> {
  const state = changes[action].filter((each) => filter.state?.includes(each) ?? true);
  const ids: string[] = [];
  if (state.length === 0) return ids;
  for (;;) {
    const after = ids.at(-1);
    const page = await search(operator, q, {
      ...filter,
      state: [...state],
      limit: pageSize,
      ...(after === undefined ? {} : { after }),
    });
    ids.push(...page.map(({ id }) => id));
    if (ids.length > mostMatches) throw new FaultError({ code: 'too-many-matches' });
    if (page.length < pageSize) return ids;
  }
}
