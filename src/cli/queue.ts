/** `mailroom queue`: look at messages, and hold, release, retry or cancel them. */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import type { Operator, OperatorAction } from '../admin/operator.ts';
import type { QueuedMessage } from '../domain/message.ts';
import type { InterventionResult } from '../queue/store.ts';
import type { CommandContext } from './context.ts';
import { withOperator } from './control-client.ts';
import { CommandError, exitCodes } from './exit-codes.ts';
import { type FilterOptions, hasFilter, matching, pageSize, withCommonOptions, withFilters } from './queue-filter.ts';
import { age, textTable } from './table.ts';
import { trailText } from './trail-text.ts';

interface QueueOptions extends FilterOptions {
  readonly all?: boolean;
  readonly yes?: boolean;
  readonly bodies?: boolean;
  readonly raw?: boolean;
}

/** Messages on one screen of `queue list`, when --limit does not say otherwise. */
const listedMessages = 100;

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
    .action((options: QueueOptions) => withOperator(context, options, (operator) => list(context, operator, options)));
  withCommonOptions(queue.command('show <id>').description('Everything on record about one message.'))
    .option('--raw', 'print the bytes of the message instead')
    .addHelpText('after', '\nExample:\n  mailroom queue show 01k9x5h2zq…')
    .action((id: string, options: QueueOptions) =>
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
      .action((ids: string[], options: QueueOptions) =>
        withOperator(context, options, (operator) => intervene(context, operator, action, ids, options)),
      );
  }
  withFilters(queue.command('export').description('Write messages as JSON lines, with their trails.'))
    .option('--bodies', 'with the bytes of each message, as base64')
    .addHelpText('after', '\nExample:\n  mailroom queue export --state failed --bodies > failed.jsonl')
    .action((options: QueueOptions) =>
      withOperator(context, options, (operator) => exportAll(context, operator, options)),
    );
}

function isAction(text: string): text is OperatorAction {
  return Object.hasOwn(actions, text);
}

async function list(context: CommandContext, operator: Operator, options: QueueOptions): Promise<void> {
  const messages: QueuedMessage[] = [];
  for await (const page of matching(operator, options, Date.now(), listedMessages)) messages.push(...page);
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

async function show(context: CommandContext, operator: Operator, id: string, options: QueueOptions): Promise<void> {
  if (options.raw) {
    const raw = await operator.raw(id);
    if (!raw) throw new CommandError('bad', `The bytes of ${id} are not kept, or there is no such message.`);
    context.out.write(raw);
    return;
  }
  const trail = await operator.trail(id);
  if (!trail)
    throw new CommandError('bad', `There is no message ${id}. Look for it with mailroom queue list --address ADDRESS.`);
  context.out.write(options.json ? `${JSON.stringify(trail)}\n` : trailText(trail));
}

async function intervene(
  context: CommandContext,
  operator: Operator,
  action: OperatorAction,
  ids: string[],
  options: QueueOptions,
): Promise<void> {
  const isBulk = ids.length === 0;
  if (isBulk && !options.all)
    throw new CommandError('usage', `Name messages by id, or --all with filters. See mailroom queue ${action} --help.`);
  if (!isBulk && (options.all || hasFilter(options)))
    throw new CommandError('usage', 'Name messages by id, or by --all with filters; not both.');
  const chosen = isBulk ? await idsOf(operator, options) : ids;
  if (isBulk && !options.yes) {
    if (options.json) context.out.write(`${JSON.stringify({ action, matching: chosen.length, done: false })}\n`);
    else context.out.write(`${chosen.length} messages match. Add --yes to ${action} them.\n`);
    return;
  }
  const result = await interveneInParts(operator, action, chosen);
  if (options.json) context.out.write(`${JSON.stringify(result)}\n`);
  else if (chosen.length === 0) context.out.write('No message matches.\n');
  else context.out.write(`${action}: ${result.changed.length} of ${chosen.length} messages.\n`);
  for (const { id, state } of options.json ? [] : result.unchanged.slice(0, 20))
    context.out.error(
      `${id} was left as it is: ${state === undefined ? 'there is no such message' : `it is ${state}`}.\n`,
    );
  if (result.unchanged.length > 0 && !isBulk) context.exitCode = exitCodes.bad[0];
}

async function idsOf(operator: Operator, options: QueueOptions): Promise<string[]> {
  const ids: string[] = [];
  for await (const page of matching(operator, options, Date.now())) for (const { id } of page) ids.push(id);
  return ids;
}

/** In parts: the server goes on taking mail between one and the next. */
async function interveneInParts(operator: Operator, action: OperatorAction, ids: readonly string[]) {
  const changed: string[] = [];
  const unchanged: InterventionResult['unchanged'][number][] = [];
  for (let at = 0; at < ids.length; at += pageSize) {
    const part = await operator.intervene(action, ids.slice(at, at + pageSize), userInfo().username);
    for (const id of part.changed) changed.push(id);
    for (const each of part.unchanged) unchanged.push(each);
  }
  return { changed, unchanged };
}

async function exportAll(context: CommandContext, operator: Operator, options: QueueOptions): Promise<void> {
  for await (const page of matching(operator, options, Date.now()))
    for (const { id } of page) {
      const trail = await operator.trail(id);
      // Gone between the page and now: nothing is known of it any more.
      if (!trail) continue;
      const raw = options.bodies ? await operator.raw(id) : undefined;
      context.out.write(`${JSON.stringify({ ...trail, ...(raw ? { mime: raw.toString('base64') } : {}) })}\n`);
      await context.out.drained();
    }
}
