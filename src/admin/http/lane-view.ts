/** Lanes as the console shows them: what waits, and what of their limits they use. */
import { z } from 'zod';
import type { Status } from '../operator.ts';
import type { RouteParts } from './surroundings.ts';

export const laneSchema = z.object({
  connector: z.string(),
  sender: z.string(),
  queued: z.number(),
  oldestAcceptedAt: z.number().optional(),
  messagesPerMinute: z.number().optional(),
  concurrency: z.number().optional(),
  recipientsPerDay: z.number().optional(),
  inFlight: z.number(),
  allowedInFlight: z.number().optional(),
  messagesLastMinute: z.number(),
  recipientsLastDay: z.number(),
  foundPerMinute: z.number().optional(),
  waitsUntil: z.number().optional(),
});

/** Each mailbox that mail waits for, and the system account of every connector, with the limits that it keeps. */
export function lanesOf(
  { depth, lanes = [] }: Status,
  connectors: RouteParts['server']['connectors'],
): z.input<typeof laneSchema>[] {
  const known = [
    ...depth,
    ...lanes,
    ...connectors.map(({ name, userName }) => ({ connector: name, sender: userName })),
  ].map(({ connector, sender }) => JSON.stringify([connector, sender]));
  return [...new Set(known)].map((key) => {
    const is = (lane: { readonly connector: string; readonly sender: string }) =>
      JSON.stringify([lane.connector, lane.sender]) === key;
    const [connector = '', sender = '']: string[] = JSON.parse(key);
    const limits = connectors.find(({ name }) => name === connector)?.limits;
    return {
      connector,
      sender,
      queued: 0,
      inFlight: 0,
      messagesLastMinute: 0,
      recipientsLastDay: 0,
      ...depth.find(is),
      ...(limits && {
        messagesPerMinute: limits.messagesPerMinute,
        concurrency: limits.concurrency,
        recipientsPerDay: limits.recipientsPerDay,
      }),
      ...lanes.find(is),
    };
  });
}
