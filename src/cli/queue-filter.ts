/** Which messages a command of `mailroom queue` is about: its options, and the pages of what they match. */
import type { Command } from 'commander';
import { type MessageFilter, messageQuerySchema } from '../admin/message-query.ts';
import type { Operator } from '../admin/operator.ts';
import { parseDuration } from '../config/quantities.ts';
import type { QueuedMessage } from '../domain/message.ts';
import type { CommonOptions } from './context.ts';
import { CommandError } from './exit-codes.ts';

/** Messages that are asked for, or acted on, at once. */
export const pageSize = 1000;

export interface FilterOptions extends CommonOptions {
  readonly state?: string[];
  readonly client?: string;
  readonly connector?: string;
  readonly address?: string;
  readonly subject?: string;
  readonly messageId?: string;
  readonly since?: string;
  readonly limit?: string;
}

export function withCommonOptions(command: Command): Command {
  return command.option('--config <file>', 'configuration file').option('--json', 'print JSON');
}

export function withFilters(command: Command): Command {
  return withCommonOptions(command)
    .option('--state <states...>', 'queued, sending, uncertain, held, sent, failed or cancelled')
    .option('--client <name>', 'handed in by this client')
    .option('--connector <name>', 'going out by this connector')
    .option('--address <address>', 'envelope sender or recipient')
    .option('--subject <text>', 'part of the subject')
    .option('--message-id <id>', 'Message-ID')
    .option('--since <time>', 'accepted since: a length of time ("2 h") or a date')
    .option('--limit <count>', 'at most so many');
}

/** Whether anything of a filter was said. */
export function hasFilter(options: FilterOptions): boolean {
  const { json: _json, config: _config, ...rest } = options;
  const filters = ['state', 'client', 'connector', 'address', 'subject', 'messageId', 'since', 'limit'];
  return Object.keys(rest).some((name) => filters.includes(name));
}

/** The matching messages, newest first, in pages; as many as `--limit` says, else `most`. */
export async function* matching(
  operator: Pick<Operator, 'list'>,
  options: FilterOptions,
  now: number,
  most = Number.POSITIVE_INFINITY,
): AsyncGenerator<readonly QueuedMessage[]> {
  const filter = filterOf(options, now);
  let left = options.limit === undefined ? most : limitOf(options.limit);
  for (let after: string | undefined; left > 0; ) {
    const limit = Math.min(left, pageSize);
    const page = await operator.list({ ...filter, limit, ...(after === undefined ? {} : { after }) });
    if (page.length > 0) yield page;
    if (page.length < limit) return;
    left -= page.length;
    after = page.at(-1)?.id;
  }
}

function filterOf(options: FilterOptions, now: number): MessageFilter {
  const { state, client, connector, address, subject, messageId, since } = options;
  const given = { state, client, connector, address, subject, messageId, since: since && timeOf(since, now) };
  const parsed = messageQuerySchema.safeParse(
    Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  );
  if (parsed.success) return parsed.data;
  const [key] = parsed.error.issues[0]?.path ?? [];
  throw new CommandError(
    'usage',
    key === 'state'
      ? `--state ${state?.join(' ')}: a state is one of queued, sending, uncertain, held, sent, failed, cancelled.`
      : `--${String(key)}: ${parsed.error.issues[0]?.message}. See mailroom queue list --help.`,
  );
}

function limitOf(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1)
    throw new CommandError('usage', `--limit ${text}: not a whole number of messages from 1 on.`);
  return limit;
}

function timeOf(text: string, now: number): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return now - ms;
  const date = Date.parse(text);
  if (Number.isNaN(date))
    throw new CommandError(
      'usage',
      `--since ${text}: neither a length of time such as "2 h" nor a date such as 2026-11-24.`,
    );
  return date;
}
