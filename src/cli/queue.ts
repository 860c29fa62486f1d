/** `mailroom queue`: look at messages, and hold, release, retry or cancel them. */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { type MessageFilter, messageQuerySchema } from '../admin/message-query.ts';
import type { Operator, OperatorAction } from '../admin/operator.ts';
import { parseDuration } from '../config/quantities.ts';
import { catalogueRow, isFaultCode } from '../domain/catalogue.ts';
import type { MessageTrail, QueuedMessage } from '../domain/message.ts';
import type { CommandContext, CommonOptions } from './context.ts';
import { withOperator } from './control-client.ts';
import { CommandError } from './exit-codes.ts';
import { age, textTable } from './table.ts';

interface FilterOptions extends CommonOptions {
  readonly state?: string[];
  readonly client?: string;
  readonly connector?: string;
  readonly address?: string;
  readonly subject?: string;
  readonly messageId?: string;
  readonly since?: string;
  readonly limit?: string;
  readonly all?: boolean;
  readonly yes?: boolean;
  readonly bodies?: boolean;
  readonly raw?: boolean;
}

const actions: Readonly<Record<OperatorAction, string>> = {
  hold: 'Set messages aside: nothing happens to them until they are released or cancelled.',
  release: 'Let held messages go on.',
  retry: 'Send failed, uncertain or waiting messages now. An uncertain message may arrive twice.',
  cancel: 'Give messages up for good.',
};

export function addQueueCommands(program: Command, context: CommandContext): void {
  const queue = program.command('queue').description('Look at messages, and hold, release, retry or cancel them.');
  withFilters(queue.command('list').description('List messages, newest first.'))
    .addHelpText(
      'after',
      '\nExamples:\n  mailroom queue list --state failed --since "1 d"\n  mailroom queue list --address ada@contoso.com --json',
    )
    .action((options: FilterOptions) => withOperator(context, options, (operator) => list(context, operator, options)));
  common(queue.command('show <id>').description('Everything on record about one message.'))
    .option('--raw', 'print the bytes of the message instead')
    .addHelpText('after', '\nExample:\n  mailroom queue show 01k9x5h2zq…')
    .action((id: string, options: FilterOptions) =>
      withOperator(context, options, (operator) => show(context, operator, id, options)),
    );
  for (const [action, description] of Object.entries(actions)) {
    if (!isAction(action)) continue;
    withFilters(queue.command(`${action} [ids...]`).description(description))
      .option('--all', 'every message that matches the filters')
      .option('--yes', 'do it; without this only the count is shown')
      .addHelpText(
        'after',
        `\nExamples:\n  mailroom queue ${action} 01k9x5h2zq…\n  mailroom queue ${action} --all --state failed --client portal --yes`,
      )
      .action((ids: string[], options: FilterOptions) =>
        withOperator(context, options, (operator) => intervene(context, operator, action, ids, options)),
      );
  }
  withFilters(queue.command('export').description('Write messages as JSON lines, with their trails.'))
    .option('--bodies', 'with the bytes of each message, as base64')
    .addHelpText('after', '\nExample:\n  mailroom queue export --state failed --bodies > failed.jsonl')
    .action((options: FilterOptions) =>
      withOperator(context, options, (operator) => exportAll(context, operator, options)),
    );
}

function common(command: Command): Command {
  return command.option('--config <file>', 'configuration file').option('--json', 'print JSON');
}

function withFilters(command: Command): Command {
  return common(command)
    .option('--state <states...>', 'queued, sending, uncertain, held, sent, failed or cancelled')
    .option('--client <name>', 'handed in by this client')
    .option('--connector <name>', 'going out by this connector')
    .option('--address <address>', 'envelope sender or recipient')
    .option('--subject <text>', 'part of the subject')
    .option('--message-id <id>', 'Message-ID')
    .option('--since <time>', 'accepted since: a length of time ("2 h") or a date')
    .option('--limit <count>', 'at most so many (1 to 1000)');
}

function isAction(text: string): text is OperatorAction {
  return Object.hasOwn(actions, text);
}

function filterOf(options: FilterOptions): MessageFilter {
  const { state, client, connector, address, subject, messageId, limit, since } = options;
  const given = {
    state,
    client,
    connector,
    address,
    subject,
    messageId,
    limit,
    ...(since ? { since: timeOf(since) } : {}),
  };
  const parsed = messageQuerySchema.safeParse(
    Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  );
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new CommandError('usage', `--${issue?.path.join('.')}: ${issue?.message}. See mailroom queue list --help.`);
}

function timeOf(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return Date.now() - ms;
  const date = Date.parse(text);
  if (Number.isNaN(date))
    throw new CommandError(
      'usage',
      `--since ${text}: neither a length of time such as "2 h" nor a date such as 2026-11-24.`,
    );
  return date;
}

async function list(context: CommandContext, operator: Operator, options: FilterOptions): Promise<void> {
  const messages = await operator.list(filterOf(options));
  if (options.json) return context.out.write(`${JSON.stringify(messages)}\n`);
  if (messages.length === 0) return context.out.write('No message matches.\n');
  const now = Date.now();
  const rows = messages.map((message) => [
    message.id,
    message.state,
    age(now - message.acceptedAt),
    message.client,
    recipientsText(message),
    message.lastFault ?? '',
    message.summary.subject,
  ]);
  context.out.write(
    textTable(['id', 'state', 'age', 'client', 'to', 'last fault', 'subject'], rows, context.out.columns),
  );
}

function recipientsText({ envelope }: QueuedMessage): string {
  const [first, ...others] = envelope.recipients;
  return `${first?.address ?? ''}${others.length > 0 ? ` +${others.length}` : ''}`;
}

async function show(context: CommandContext, operator: Operator, id: string, options: FilterOptions): Promise<void> {
  if (options.raw) {
    const raw = await operator.raw(id);
    if (!raw) throw new CommandError('bad', `The bytes of ${id} are not kept, or there is no such message.`);
    process.stdout.write(raw);
    return;
  }
  const trail = await operator.trail(id);
  if (!trail)
    throw new CommandError('bad', `There is no message ${id}. Look for it with mailroom queue list --address ADDRESS.`);
  context.out.write(options.json ? `${JSON.stringify(trail)}\n` : trailText(trail));
}

/** The story of one message, in order of time. */
export function trailText({ message, attempts, events }: MessageTrail): string {
  const time = (at: number) => new Date(at).toISOString().replace('T', ' ').replace('Z', '');
  const { origin, envelope, route, summary } = message;
  const facts = [
    ['id', message.id],
    ['state', message.state],
    ['subject', summary.subject],
    ['Message-ID', summary.messageId],
    ['client', `${message.client}, by ${origin.ingress} from ${origin.remoteAddress}${origin.tls ? ' over TLS' : ''}`],
    ['MAIL FROM', `<${envelope.mailFrom}>`],
    ['recipients', envelope.recipients.map((recipient) => recipient.address).join(', ')],
    ['way out', `${route.connector} as ${route.sender} (route ${route.route})`],
    ['size', `${message.size} bytes`],
    ...(message.state === 'queued' ? [['next try', time(message.dueAt)]] : []),
  ];
  const story = [
    { at: message.acceptedAt, text: 'accepted' },
    ...attempts.flatMap((attempt) => attemptLines(attempt)),
    ...events.map((event) => ({
      at: event.at,
      text: `${event.kind} by ${event.by}${event.detail ? `: ${event.detail}` : ''}`,
    })),
  ].sort((one, other) => one.at - other.at);
  const lines = story.map(({ at, text }) => [time(at), text]);
  return `${textTable(['', ''], facts).trimStart()}\n${textTable(['time (UTC)', 'what happened'], lines)}`;
}

function attemptLines(attempt: MessageTrail['attempts'][number]): { at: number; text: string }[] {
  const { result, number, startedAt, finishedAt = startedAt } = attempt;
  if (!result) return [{ at: startedAt, text: `attempt ${number} began, and its outcome is not on record yet` }];
  const { answer } = result;
  const words = [answer.status, answer.code, answer.message].filter((part) => part !== undefined).join(' ');
  const lines = [
    `attempt ${number}: ${result.outcome}${words ? ` (${words})` : ''}${answer.requestId ? `, request-id ${answer.requestId}` : ''}`,
  ];
  if (result.outcome !== 'sent' && isFaultCode(result.fault))
    lines.push(`  ${catalogueRow(result.fault).text} ${catalogueRow(result.fault).remedy}`);
  for (const note of result.notes) lines.push(`  ${note}`);
  return lines.map((text) => ({ at: finishedAt, text }));
}

async function intervene(
  context: CommandContext,
  operator: Operator,
  action: OperatorAction,
  ids: string[],
  options: FilterOptions,
): Promise<void> {
  if (ids.length === 0 && !options.all)
    throw new CommandError('usage', `Name messages by id, or --all with filters. See mailroom queue ${action} --help.`);
  const chosen = ids.length > 0 ? ids : (await everyMatch(operator, options)).map((message) => message.id);
  if (ids.length === 0 && !options.yes) {
    context.out.write(`${chosen.length} messages match. Add --yes to ${action} them.\n`);
    return;
  }
  if (chosen.length === 0) return context.out.write('No message matches.\n');
  const result = await operator.intervene(action, chosen, userInfo().username);
  if (options.json) context.out.write(`${JSON.stringify(result)}\n`);
  else context.out.write(`${action}: ${result.changed.length} of ${chosen.length} messages.\n`);
  for (const { id, state } of options.json ? [] : result.unchanged.slice(0, 20))
    context.out.error(
      `${id} was left as it is: ${state === undefined ? 'there is no such message' : `it is ${state}`}.\n`,
    );
  if (result.unchanged.length > 0 && ids.length > 0) context.exitCode = 1;
}

async function everyMatch(operator: Operator, options: FilterOptions): Promise<QueuedMessage[]> {
  const filter = { ...filterOf(options), limit: 1000 };
  const found: QueuedMessage[] = [];
  for (;;) {
    const after = found.at(-1)?.id;
    const page = await operator.list(after === undefined ? filter : { ...filter, after });
    found.push(...page);
    if (page.length < 1000) return found;
  }
}

async function exportAll(context: CommandContext, operator: Operator, options: FilterOptions): Promise<void> {
  for (const { id } of await everyMatch(operator, options)) {
    const trail = await operator.trail(id);
    const raw = options.bodies ? await operator.raw(id) : undefined;
    context.out.write(`${JSON.stringify({ ...trail, ...(raw ? { mime: raw.toString('base64') } : {}) })}\n`);
  }
}
