/** One action on all messages that match: how many, begin, watch, stop. */
import { z } from 'zod';
import { FaultError } from '../../domain/catalogue.ts';
import type { BulkOrder, BulkView } from '../bulk-book.ts';
import type { AuditTrail } from './audit-trail.ts';
import { actionSchema, filterSchema, matchesOf } from './message-finding.ts';
import { type ConsoleRoute, nothing, route, silence } from './route.ts';
import type { RouteParts } from './surroundings.ts';

const idParams = z.object({ id: z.string().max(100) });
const bulkSchema = z.object({
  id: z.string(),
  action: actionSchema,
  by: z.string(),
  state: z.enum(['running', 'done', 'stopped', 'interrupted', 'failed']),
  startedAt: z.number(),
  endedAt: z.number().optional(),
  total: z.number(),
  changed: z.number(),
  unchanged: z.number(),
  /** A restart of the server came between. */
  resumed: z.boolean(),
});

export function bulkRoutes({ server, audit, bulk }: RouteParts): ConsoleRoute[] {
  const { operator, clock } = server;
  return [
    route(
      {
        method: 'POST',
        path: '/api/bulk/count',
        id: 'countMatches',
        summary:
          'How many messages an action on all matches would change; `until` is the moment up to which they count',
        audience: 'operator',
        faults: ['too-many-matches'],
        takes: z.object({ body: z.strictObject({ action: actionSchema, filter: filterSchema }) }),
        answer: z.object({ count: z.number(), until: z.number() }),
      },
      ({ body }) => matchesOf(operator, body.action, body.filter, clock.now()),
    ),
    route(
      {
        method: 'POST',
        path: '/api/bulk',
        id: 'beginBulk',
        summary: 'Hold, release, retry or cancel all messages that match; goes on by itself, to be watched and stopped',
        audience: 'operator',
        faults: ['too-many-matches', 'too-much-under-way'],
        takes: z.object({
          body: z.strictObject({
            action: actionSchema,
            filter: filterSchema,
            /** What the person was shown; more than that is refused. */
            count: z.int().min(1),
          }),
        }),
        answer: bulkSchema,
      },
      async ({ body }, { caller }) => {
        const { action } = body;
        const { filter, count: total } = await matchesOf(operator, action, body.filter, clock.now());
        if (total > body.count) throw new FaultError({ code: 'too-many-matches' });
        const by = { who: caller.name, address: caller.address };
        audit.append({
          ...by,
          action: `message-${action}`,
          target: `${total} messages`,
          after: JSON.stringify(body.filter),
        });
        const begun = bulk.begin({ action, filter, total, by: caller.name, address: caller.address });
        if (!begun) throw new FaultError({ code: 'too-much-under-way' });
        return begun;
      },
    ),
    route(
      {
        method: 'GET',
        path: '/api/bulk',
        id: 'bulkActions',
        summary: 'Actions on many messages, the newest first: those under way and the last that ended',
        audience: 'viewer',
        takes: nothing,
        answer: z.object({ actions: z.array(bulkSchema) }),
      },
      () => ({ actions: [...bulk.list()] }),
    ),
    route(
      {
        method: 'DELETE',
        path: '/api/bulk/{id}',
        id: 'stopBulk',
        summary: 'Stop one; what it has changed stays changed',
        audience: 'operator',
        faults: ['not-found'],
        takes: z.object({ params: idParams }),
        answer: silence,
      },
      ({ params: { id } }, { caller }) => {
        if (!bulk.get(id)) throw new FaultError({ code: 'not-found' });
        audit.append({ who: caller.name, address: caller.address, action: 'message-action-stop', target: id });
        bulk.stop(id);
        return undefined;
      },
    ),
  ];
}

/** Puts on record how an action on many messages ended, or that it goes on after a restart. */
export function bulkRecorder(audit: AuditTrail) {
  return ({ by: who, address }: BulkOrder, { action, state, total, changed, unchanged }: BulkView): void =>
    audit.append({
      who,
      address,
      action: `message-${action}-${state === 'running' ? 'resumed' : state}`,
      target: `${total} messages`,
      after: `${changed} changed, ${unchanged} left as they were`,
    });
}
