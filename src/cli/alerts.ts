/** `mailroom alerts`: whether somebody would be told, and what was told. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { alertWays, consoleUrl } from '../alert-ways.ts';
import { AlertBook, alertBookFile } from '../alerts/alert-book.ts';
import { testWays } from '../alerts/alerts.ts';
import type { Config } from '../config/schema.ts';
import type { Alert, AlertWayTest } from '../domain/alert.ts';
import { alertText } from '../domain/alert-text.ts';
import { type CommandContext, type CommonOptions, readConfig } from './context.ts';
import { ControlClient } from './control-client.ts';
import { CommandError, exitCodes } from './exit-codes.ts';

export function addAlertCommands(program: Command, context: CommandContext): void {
  const alerts = program.command('alerts').description('Who is told when mail does not go out, and what was told.');
  alerts
    .command('test [name]')
    .description('Send a test by every way of alerts, or by one, and say what each answered.')
    .option('--config <file>', 'configuration file')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExit code 1 when a way does not take it. Needs no running server, but for ways by a connector.\n\nExample:\n  mailroom alerts test',
    )
    .action((name: string | undefined, options: CommonOptions) => test(context, name, options));
  alerts
    .command('list')
    .description('Show the last alerts, newest first, and whether they were told.')
    .option('--config <file>', 'configuration file')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  mailroom alerts list')
    .action((options: CommonOptions) => list(context, options));
}

async function test(context: CommandContext, name: string | undefined, options: CommonOptions): Promise<void> {
  const { config } = readConfig(context, options);
  const known = config.alerts.map((way) => way.name);
  if (known.length === 0)
    throw new CommandError(
      'bad',
      'The configuration has no alerts: nobody is told when mail stops. Add a way; the commented sample shows three.',
    );
  if (name !== undefined && !known.includes(name))
    throw new CommandError('usage', `There is no way ${name}. Known: ${known.join(', ')}.`);
  const results = await testOf(config, name);
  if (options.json) context.out.write(`${JSON.stringify(results)}\n`);
  else
    for (const { way, taken, answer } of results)
      context.out.write(`  ${taken ? 'yes' : 'NO '}   ${way}: ${taken ? 'taken' : 'not taken'} (${answer})\n`);
  if (results.some(({ taken }) => !taken)) context.exitCode = exitCodes.bad[0];
}

/** By the running server, which has all ways; else from here. */
async function testOf(config: Config, name: string | undefined): Promise<AlertWayTest[]> {
  const by = userInfo().username;
  const control = new ControlClient(config.control.socket);
  try {
    if (await control.alive()) {
      const body = { by, ...(name === undefined ? {} : { way: name }) };
      return (await control.json<AlertWayTest[]>('POST', '/alerts/test', body)) ?? [];
    }
  } finally {
    await control.close();
  }
  const ways = alertWays(config, Date.now, undefined).filter((way) => name === undefined || way.name === name);
  const alert: Alert = { kind: 'test', by };
  const text = alertText(alert);
  const web = consoleUrl(config);
  const told = { id: randomUUID(), at: Date.now(), host: config.hostname, alert, text };
  const results = await testWays(ways, web === undefined ? told : { ...told, link: `${web}${text.path}` });
  for (const way of ways) await way.close();
  const left = config.alerts.filter((way) => way.kind === 'connector' && (name === undefined || way.name === name));
  return [
    ...results,
    ...left.map((way) => ({
      way: way.name,
      taken: false,
      answer: 'it goes through the queue: start the server first',
    })),
  ];
}

function list(context: CommandContext, options: CommonOptions): void {
  const { out } = context;
  const { config } = readConfig(context, options);
  if (!existsSync(alertBookFile(config.dataDir)))
    return out.write(options.json ? '[]\n' : 'No alerts are on record: the server has not run here yet.\n');
  const book = new AlertBook(config.dataDir);
  try {
    const deliveries = book.list(100);
    if (options.json) {
      const rows = deliveries.map(({ at, way, state, attempts, answer, alert, more }) => {
        return { at, way, state, attempts, answer, more, ...alertText(alert), alert };
      });
      return out.write(`${JSON.stringify(rows)}\n`);
    }
    if (deliveries.length === 0) out.write('No alerts are on record.\n');
    for (const { at, way, state, answer, alert } of deliveries) {
      const words = { waiting: 'waits', told: 'told', 'given-up': 'GIVEN UP' }[state];
      const why = state === 'told' || answer === '' ? '' : ` (${answer})`;
      out.write(
        `${new Date(at).toISOString()}  ${words.padEnd(8)}  ${way}${why}\n        ${alertText(alert).sentence}\n`,
      );
    }
  } finally {
    book.close();
  }
}
