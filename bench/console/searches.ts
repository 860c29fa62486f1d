/** The searches that are measured: what people look for, and what is hard to find. */
import { z } from 'zod';
import type { ConsoleClient } from '../../test/harness/console-client.ts';
import { rare } from './fill.ts';

const dayMs = 86_400_000;
const pageSchema = z.object({ messages: z.array(z.object({ id: z.string() })).min(1) });

export interface MeasuredSearch {
  readonly name: string;
  readonly query: Readonly<Record<string, string>>;
}

/** @param now the time at which the last message came in, ms since the epoch */
export async function searches(client: ConsoleClient, now: number): Promise<readonly MeasuredSearch[]> {
  const oldest = await client.ask(
    'GET',
    `api/messages?${new URLSearchParams({ until: String(now - 89 * dayMs), limit: '1' })}`,
  );
  const [deep] = pageSchema.parse(oldest.json()).messages;
  const id = deep?.id ?? '';
  const window = { since: String(now - 45 * dayMs), until: String(now - 45 * dayMs + 3_600_000) };
  return [
    { name: 'the newest', query: {} },
    { name: 'the last page', query: { after: id } },
    { name: 'one hour, 45 days ago', query: window },
    { name: 'failed', query: { state: 'failed' } },
    { name: 'failed, last page', query: { state: 'failed', after: id } },
    { name: 'a client', query: { client: 'newsletter' } },
    { name: 'a client with one message', query: { client: rare.client } },
    { name: 'a client, failed', query: { client: 'portal', state: 'failed' } },
    { name: 'an address, once', query: { q: rare.address } },
    { name: 'an address, fifty times', query: { q: 'user4711@contoso.example' } },
    { name: 'the sender of all mail', query: { q: 'noreply@contoso.example' } },
    { name: 'the sender of all mail, held', query: { q: 'noreply@contoso.example', state: 'held' } },
    {
      name: 'the sender of all mail, failed, last page',
      query: { q: 'noreply@contoso.example', state: 'failed', after: id },
    },
    { name: 'a Message-ID', query: { q: rare.messageId } },
    { name: 'an id', query: { q: id } },
    { name: 'a subject, once', query: { q: rare.subject } },
    { name: 'a part of a tenth of all subjects', query: { q: 'invoice' } },
    { name: 'a part of all subjects', query: { q: 'for your attention' } },
    { name: 'a part of all subjects, last page', query: { q: 'for your attention', after: id } },
    { name: 'a number in the subject', query: { q: '47110' } },
    { name: 'a part of all subjects, failed', query: { q: 'for your attention', state: 'failed' } },
    { name: 'a part of no subject', query: { q: 'there is no such thing' } },
    { name: 'a subject and a client', query: { q: 'invoice', client: 'portal', since: String(now - 7 * dayMs) } },
  ];
}
