/** Redaction: whose content nobody is shown. */
import { z } from 'zod';
import { oneOrMore } from './schema-routes.ts';
import { name } from './schema-values.ts';

export function redaction() {
  return z.strictObject({
    name: name().describe('Name of the rule; the console shows it in place of the content.'),
    when: z
      .strictObject({
        client: oneOrMore(z.string(), 'the name of a client').optional().describe('Names of clients.'),
        route: oneOrMore(z.string(), 'the name of a route').optional().describe('Names of routes.'),
        subject: z.string().min(1).optional().describe('Part of the subject, in any case.'),
      })
      .default({})
      .describe('What must hold, all of it. Empty: matches always.'),
    body: z
      .enum(['hide', 'delete'])
      .default('hide')
      .describe(
        'hide: the console neither shows nor hands out the content. delete: besides, its bytes go as soon as it is sent; of cancelled mail within a minute.',
      ),
  });
}
