/** Routes: which way out a submission takes. The first that matches decides. */
import { z } from 'zod';
import { senderRule } from './schema-clients.ts';
import { address, duration, name, refuse } from './schema-values.ts';

/** One value or a list of them, always given on as a list. */
export const oneOrMore = <T extends z.ZodType<string>>(item: T, what: string) =>
  z
    .union([item, z.array(item).min(1)], { error: `must be ${what}, or a list of them.` })
    .transform((value): readonly string[] => (Array.isArray(value) ? value : [value]));

export function route() {
  return z
    .strictObject({
      name: name().describe('Name of the route in logs and trails.'),
      when: z
        .strictObject({
          client: oneOrMore(z.string(), 'the name of a client').optional().describe('Names of clients.'),
          sender: oneOrMore(senderRule(), 'an address, @domain or *')
            .optional()
            .describe('Envelope sender: an address, @domain or "*".'),
          recipientDomain: oneOrMore(
            z.string().regex(/^@?[^\s@]+$/, { error: 'must be a domain such as contoso.com.' }),
            'a domain',
          )
            .optional()
            .describe('Domains; matches when every recipient is in one of them.'),
          subject: z.string().min(1).optional().describe('Part of the subject, in any case.'),
        })
        .default({})
        .describe('What must hold, all of it. Empty: matches always.'),
      connector: z.string().optional().describe('Way out. Default: the connector of the client.'),
      connectors: z
        .array(z.string())
        .min(1)
        .optional()
        .describe('In place of connector: the way out, and those to fall back on, in their order.'),
      fallBackAfter: duration()
        .prefault('5 min')
        .describe('How long a way has to be closed (connector paused, lane waiting) before mail takes the next one.'),
      senders: z
        .array(address())
        .min(1)
        .optional()
        .describe(
          'In place of sender: mailboxes that share the mail. A conversation keeps its mailbox while that is well.',
        ),
      sender: address().optional().describe('Mailbox that sends. Default: the system account of the connector.'),
      form: z
        .enum(['mime', 'json'])
        .default('mime')
        .describe(
          'mime: the bytes as they came. json: rebuilt by Graph, which loses most header fields, but can leave Sent Items empty.',
        ),
      saveToSentItems: z.boolean().default(true).describe('Keep a copy in Sent Items. false needs form: json.'),
      fromHeader: z
        .enum(['keep', 'system-account'])
        .default('keep')
        .describe('system-account: From becomes the sending mailbox and the old one Reply-To; never on signed mail.'),
      hold: z.boolean().default(false).describe('Set the mail aside until somebody releases it.'),
    })
    .superRefine((value, context) => {
      for (const [one, many] of [
        ['connector', 'connectors'],
        ['sender', 'senders'],
      ] as const)
        if (value[one] !== undefined && value[many] !== undefined)
          refuse(context, `stands beside ${one}. Keep one of the two.`, [many]);
      if (!value.saveToSentItems && value.form === 'mime')
        refuse(context, 'is false, which Graph can do only for form: json. Set form: json, or leave it out.', [
          'saveToSentItems',
        ]);
    });
}
