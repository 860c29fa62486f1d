/** What this Mailroom is, and what goes to whoever helps from afar. */
import { z } from 'zod';
import { type ConsoleRoute, nothing, route, silence } from './route.ts';
import type { RouteParts } from './surroundings.ts';

const listenerSchema = z.object({
  name: z.string(),
  kind: z.string(),
  address: z.string(),
  /** Of those that take mail. */
  tls: z.enum(['none', 'starttls', 'implicit']).optional(),
  login: z.boolean().optional(),
});

export function aboutRoutes({ server, audit }: RouteParts): ConsoleRoute[] {
  return [
    route(
      {
        method: 'GET',
        path: '/api/about',
        id: 'about',
        summary: 'Versions, start, listeners, and the licences of what ships',
        audience: 'viewer',
        takes: nothing,
        answer: z.object({
          version: z.string(),
          node: z.string(),
          sqlite: z.string(),
          openssl: z.string(),
          platform: z.string(),
          startedAt: z.number().optional(),
          listeners: z.array(listenerSchema),
          licences: z.array(z.object({ name: z.string(), version: z.string(), licence: z.string() })),
        }),
      },
      async () => {
        const { version, startedAt, listeners } = await server.operator.status();
        const { sqlite = '', openssl = '' } = process.versions;
        return {
          version,
          node: process.version,
          sqlite,
          openssl,
          platform: `${process.platform} ${process.arch}`,
          startedAt,
          listeners: listeners.map((listener) => ({ ...listener, ...server.listenerWishes(listener.name) })),
          licences: [...server.licences()],
        };
      },
    ),
    route(
      {
        method: 'GET',
        path: '/api/support-bundle',
        id: 'supportBundle',
        summary: 'A zip file with configuration, status, checks, metrics and log, without secrets',
        audience: 'administrator',
        takes: nothing,
        answer: silence,
        produces: 'application/zip',
      },
      async (_input, { caller, reply }) => {
        audit.append({ who: caller.name, address: caller.address, action: 'support-bundle', target: 'download' });
        const bytes = await server.supportBundle();
        const name = `mailroom-support-${new Date(server.clock.now()).toISOString().slice(0, 10)}.zip`;
        reply.header('content-disposition', `attachment; filename="${name}"`).type('application/zip');
        reply.send(Buffer.from(bytes));
        return undefined;
      },
    ),
  ];
}
