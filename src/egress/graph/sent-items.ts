/**
 * Looks for a message in Sent Items, to end the doubt about an attempt that had no answer. Needs Mail.Read, so that a
 * connector has to allow it. Only what is found says something: what is not there may be on its way there.
 */

import { z } from 'zod';
import type { Connections } from '../../microsoft/connections.ts';
import { type ExchangeRequest, exchange } from '../../microsoft/exchange.ts';

const foundSchema = z.object({ value: z.array(z.unknown()) });

export interface SentItemsQuestion {
  readonly origin: string;
  readonly sender: string;
  /** With its angle brackets. */
  readonly messageId: string;
  readonly token: string;
  readonly deadlines: ExchangeRequest['deadlines'];
  readonly signal: AbortSignal;
}

export type SentItemsAnswer = 'found' | 'not-found' | 'unknown';

export async function lookIntoSentItems(
  connections: Connections,
  question: SentItemsQuestion,
): Promise<SentItemsAnswer> {
  const { origin, sender, messageId, token, deadlines, signal } = question;
  // A quote within an OData string is doubled.
  const filter = encodeURIComponent(`internetMessageId eq '${messageId.replaceAll("'", "''")}'`);
  const exchanged = await exchange(connections, {
    origin,
    path: `/v1.0/users/${encodeURIComponent(sender)}/mailFolders/sentitems/messages?$filter=${filter}&$select=id&$top=1`,
    method: 'GET',
    headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
    deadlines,
    signal,
  });
  if (exchanged.kind === 'broken' || exchanged.answer.status !== 200) return 'unknown';
  try {
    const read = foundSchema.safeParse(JSON.parse(exchanged.answer.body.toString()));
    if (!read.success) return 'unknown';
    return read.data.value.length > 0 ? 'found' : 'not-found';
  } catch {
    return 'unknown';
  }
}
