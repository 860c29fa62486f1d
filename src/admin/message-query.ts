/**
 * What an operator can ask for: the filters of `mailroom queue`, as they travel in a query string. One schema for the
 * command line and the control socket.
 */
import { z } from 'zod';
import { messageStates } from '../domain/message.ts';
import type { MessageQuery } from '../queue/store.ts';

const list = <T extends z.ZodType>(item: T) => z.union([z.array(item), item.transform((value) => [value])]);

export const messageQuerySchema = z.strictObject({
  state: list(z.enum(messageStates)).optional(),
  client: z.string().optional(),
  connector: z.string().optional(),
  address: z.string().optional(),
  subject: z.string().optional(),
  messageId: z.string().optional(),
  /** ms since the epoch. */
  since: z.coerce.number().optional(),
  until: z.coerce.number().optional(),
  after: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});

export type MessageFilter = z.output<typeof messageQuerySchema>;

/** The filter as the store wants it. */
export function toMessageQuery(filter: MessageFilter): MessageQuery {
  const { state, client, connector, address, subject, messageId, since, until, after, limit } = filter;
  return {
    limit,
    ...(state ? { states: state } : {}),
    ...(client === undefined ? {} : { client }),
    ...(connector === undefined ? {} : { connector }),
    ...(address === undefined ? {} : { address }),
    ...(subject === undefined ? {} : { subject }),
    ...(messageId === undefined ? {} : { messageId }),
    ...(since === undefined ? {} : { acceptedFrom: since }),
    ...(until === undefined ? {} : { acceptedUntil: until }),
    ...(after === undefined ? {} : { after }),
  };
}
