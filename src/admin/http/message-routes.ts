/** Messages: search, one with its trail, its bytes, its preview, and what a person can do to them. */
import { z } from 'zod';
import { FaultError } from '../../domain/catalogue.ts';
import type { QueuedMessage, Redaction } from '../../domain/message.ts';
import { isMessageId } from '../../domain/message-id.ts';
import { messageQuerySchema } from '../message-query.ts';
import { actionSchema, search } from './message-finding.ts';
import { messageRow, messageRowSchema, trailSchema, trailView } from './message-schemas.ts';
import { previewApart } from './preview-apart.ts';
import { largestPreview, previewSchema } from './preview-schema.ts';
import { type ConsoleRoute, route, silence } from './route.ts';
import type { RouteParts } from './surroundings.ts';

const idParams = z.object({ id: z.string().max(100) });
/** Ids that one action takes. */
const mostIds = 1_000;

export function messageRoutes({ server, audit }: RouteParts): ConsoleRoute[] {
  const { operator } = server;
  /** By the rule that it was accepted under, or by one that has come since. */
  const redactionOf = ({ redaction, client, route: { route: name }, summary: { subject } }: QueuedMessage) =>
    redaction ?? server.redactionOf({ client, route: name, subject });
  const bytesOf = async (id: string): Promise<Buffer> => {
    const trail = isMessageId(id) ? await operator.trail(id) : undefined;
    const redaction: Redaction | undefined = trail && redactionOf(trail.message);
    if (redaction)
      throw new FaultError({
        code: 'content-redacted',
        text: `The rule ${redaction.rule} of the configuration keeps the content of this message from being shown.`,
      });
    const raw = isMessageId(id) ? await operator.raw(id) : undefined;
    if (!raw) throw new FaultError({ code: 'not-found', text: 'The bytes of this message are not kept any more.' });
    return raw;
  };
  const preview = async (id: string) => {
    const raw = await bytesOf(id);
    if (raw.byteLength > largestPreview)
      throw new FaultError({ code: 'request-invalid', text: 'The message is too large for a preview; download it.' });
    return previewApart(raw);
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
        return trailView(trail, redactionOf(trail.message));
      },
    ),
    route(
      {
        method: 'GET',
        path: '/api/messages/{id}/raw',
        id: 'messageBytes',
        summary: 'The bytes as they are stored',
        audience: 'operator',
        faults: ['not-found', 'content-redacted'],
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
        faults: ['not-found', 'content-redacted', 'too-much-under-way'],
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
        faults: ['not-found', 'content-redacted', 'too-much-under-way'],
        takes: z.object({ params: idParams }),
        answer: silence,
        produces: 'text/html',
      },
      async ({ params: { id } }, { caller, reply }) => {
        const { html } = await preview(id);
        // It can be asked for without the rest of the preview.
        audit.append({
          who: caller.name,
          address: caller.address,
          action: 'message-preview',
          target: id,
          after: 'HTML',
        });
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
        path: '/api/interventions',
        id: 'intervene',
        summary: 'Hold, release, retry or cancel messages by their ids',
        audience: 'operator',
        takes: z.object({
          body: z.strictObject({ action: actionSchema, ids: z.array(z.string().max(100)).min(1).max(mostIds) }),
        }),
        answer: z.object({ changed: z.number(), unchanged: z.number() }),
      },
      async ({ body: { action, ids } }, { caller }) => {
        const [first = ''] = ids;
        audit.append({
          who: caller.name,
          address: caller.address,
          action: `message-${action}`,
          target: ids.length === 1 ? first : `${ids.length} messages`,
          after: ids.slice(0, 20).join(' '),
        });
        const { changed, unchanged } = await operator.intervene(action, ids, caller.name);
        return { changed: changed.length, unchanged: unchanged.length };
      },
    ),
  ];
}
