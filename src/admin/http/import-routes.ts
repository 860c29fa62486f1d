/** Settings of another program, read into what they become here. Nothing is changed, and no secret comes back. */
import { z } from 'zod';
import { type ConsoleRoute, route } from './route.ts';
import type { RouteParts } from './surroundings.ts';

export function importRoutes({ server: { assistant } }: RouteParts): ConsoleRoute[] {
  return [
    route(
      {
        method: 'POST',
        path: '/api/setup/import',
        id: 'previewImport',
        summary: 'What the settings of another program become here, and what cannot be carried; changes nothing',
        audience: 'administrator',
        faults: ['settings-invalid'],
        takes: z.object({
          body: z.strictObject({
            from: z.enum(['postfix', 'smtp2graph', 'email-oauth2-proxy', 'iis']),
            text: z.string().min(1).max(500_000),
            /** Postfix alone: the file of smtp_sasl_password_maps, for the login in it. */
            logins: z.string().max(500_000).optional(),
          }),
        }),
        answer: z.object({
          configuration: z.string(),
          elsewhere: z.string(),
          items: z.array(
            z.object({
              list: z.enum(['connectors', 'clients']),
              name: z.string(),
              values: z.record(z.string(), z.unknown()),
              blanks: z.array(z.string()),
            }),
          ),
          todo: z.array(z.string()),
          notCarried: z.array(z.string()),
        }),
      },
      ({ body }) => {
        const view = assistant.importView({ logins: undefined, ...body });
        return {
          ...view,
          items: view.items.map((item) => ({ ...item, values: { ...item.values }, blanks: [...item.blanks] })),
          todo: [...view.todo],
          notCarried: [...view.notCarried],
        };
      },
    ),
  ];
}
