/** `mailroom status` and `mailroom connector`: is mail going out, and if not, why. */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import type { Status } from '../admin/operator.ts';
import { catalogueRow, isFaultCode } from '../domain/catalogue.ts';
import type { LaneStanding } from '../queue/lane.ts';
import type { QueueDepth } from '../queue/store.ts';
import type { CommandContext, CommonOptions } from './context.ts';
import { withOperator } from './control-client.ts';
import { CommandError, exitCodes } from './exit-codes.ts';
import { age } from './table.ts';

export function addStatusCommands(program: Command, context: CommandContext): void {
  program
    .command('status')
    .description('Is mail going out? What waits, since when, and what is paused.')
    .option('--config <file>', 'configuration file')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExit code 1 when a connector is paused.\n\nExample:\n  mailroom status')
    .action((options: CommonOptions) =>
      withOperator(context, options, async (operator) => {
        const status = await operator.status();
        context.out.write(options.json ? `${JSON.stringify(status)}\n` : statusText(status, Date.now()));
        if (status.pauses.length > 0) context.exitCode = exitCodes.bad[0];
      }),
    );
  const connector = program.command('connector').description('Pause and resume a way out.');
  for (const action of ['pause', 'resume'] as const)
    connector
      .command(`${action} <name>`)
      .description(
        action === 'pause' ? 'Stop sending by it; mail goes on being accepted, and waits.' : 'Send by it again.',
      )
      .option('--config <file>', 'configuration file')
      .option('--json', 'print JSON')
      .addHelpText('after', `\nExample:\n  mailroom connector ${action} default`)
      .action((name: string, options: CommonOptions) =>
        withOperator(context, options, async (operator) => {
          const by = userInfo().username;
          const found =
            action === 'pause' ? await operator.pauseConnector(name, by) : await operator.resumeConnector(name, by);
          if (!found) throw new CommandError('bad', `There is no connector ${name}; mailroom status names them.`);
          context.out.write(
            options.json ? `${JSON.stringify({ connector: name, action })}\n` : `${name}: ${action}d.\n`,
          );
        }),
      );
}

/** Why mail of a lane goes slowly, as far as the service has said so; '' when it has not. */
function slowness({ connector, sender }: QueueDepth, lanes: readonly LaneStanding[]): string {
  const lane = lanes.find((each) => each.connector === connector && each.sender === sender);
  const wait = lane?.waitsUntil === undefined ? '' : `; told to wait until ${new Date(lane.waitsUntil).toISOString()}`;
  const { foundPerMinute } = lane ?? {};
  const found = foundPerMinute === undefined ? '' : `; keeps to ${foundPerMinute} a minute, having been refused more`;
  return `${wait}${found}`;
}

/** One sentence first, then what it rests on. */
export function statusText(status: Status, now: number): string {
  const { books, pauses, depth } = status;
  const waiting = books.queued + books.sending;
  const oldest = Math.min(...depth.flatMap((lane) => lane.oldestAcceptedAt ?? []));
  const lines: string[] = [];
  if (status.startedAt === undefined) lines.push('Not running: nothing is taken and nothing is sent.');
  else if (pauses.length > 0)
    lines.push(`Paused: ${pauses.map((pause) => pause.connector).join(', ')}. Mail is accepted and safe.`);
  else
    lines.push(waiting > 0 ? `Sending. ${waiting} waiting, oldest ${age(now - oldest)}.` : 'Sending. Nothing waits.');
  for (const pause of pauses) {
    lines.push('', `Connector ${pause.connector} has been paused for ${age(now - pause.pausedAt)}: ${pause.detail}`);
    if (isFaultCode(pause.reason)) lines.push(`What to do: ${catalogueRow(pause.reason).remedy}`);
  }
  lines.push('', ...Object.entries(books).map(([state, count]) => `${state.padEnd(10)} ${String(count).padStart(9)}`));
  lines.push('');
  for (const { connector, state } of status.connectors ?? []) lines.push(`connector ${connector}: ${state}`);
  if (status.inFlight !== undefined) lines.push(`${status.inFlight} attempts under way`);
  for (const lane of depth)
    lines.push(`${lane.connector} as ${lane.sender}: ${lane.queued} waiting${slowness(lane, status.lanes ?? [])}`);
  for (const { way, waiting: left, failing } of status.alerts ?? [])
    if (failing !== undefined) lines.push(`alerts by ${way}: ${left} not told yet. ${failing}`);
  for (const { kind, name, address } of status.listeners) lines.push(`${kind} ${name} on ${address}`);
  return `${lines.join('\n')}\n`;
}
