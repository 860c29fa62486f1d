/** `mailroom check`: proves the set-up of a connector, statement by statement. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { checkConnectorOnce, checkHistoryFile } from '../check-connector.ts';
import type { ConnectorConfig } from '../config/schema.ts';
import type { CheckState, CheckWishes } from '../setup/checks/check.ts';
import { CheckHistory } from '../setup/checks/check-history.ts';
import { type CheckReport, mostUrgent } from '../setup/checks/run-checks.ts';
import { runUntilSettled } from '../setup/checks/settle.ts';
import { type CommandContext, type CommonOptions, readConfig } from './context.ts';
import { CommandError, exitCodes } from './exit-codes.ts';

interface CheckOptions extends CommonOptions {
  readonly connector?: string;
  readonly forbidden?: readonly string[];
  readonly send?: boolean;
  readonly dns?: boolean;
  readonly wait: number;
  readonly history?: boolean;
}

/** Between two rounds of `--wait`, in ms: Graph changes its mind in minutes. */
const roundMs = 30_000;

export function addCheckCommand(program: Command, context: CommandContext): void {
  program
    .command('check')
    .description(
      'Prove the set-up: hosts, clock, tenant, credential, permissions, and which mailboxes the app may use.',
    )
    .option('--connector <name>', 'connector to look at (default: all)')
    .option('--forbidden <addresses...>', 'mailboxes that the app must not be able to use')
    .option('--send', 'send a real message from the system account to itself')
    .option('--dns', 'look for SPF, DKIM and DMARC of the sender’s domain')
    .option('--wait <minutes>', 'wait so long for consent, policy or role to reach Graph', minutes, 0)
    .option('--history', 'show what the checks of the running server have said, newest first')
    .option('--config <file>', 'configuration file')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExit code 1 when a check fails. Without --send nothing is sent.\n\nExample:\n  mailroom check --forbidden ceo@contoso.com --wait 120',
    )
    .action((options: CheckOptions) => run(context, options));
}

function minutes(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 1440)) throw new InvalidArgumentError('It must be a number of minutes, up to 1440.');
  return value;
}

async function run(context: CommandContext, options: CheckOptions): Promise<void> {
  const { config } = readConfig(context, options);
  if (options.history) return showHistory(context, options, config.dataDir);
  const { connector: wanted } = options;
  const connectors = config.connectors.filter(({ name }) => wanted === undefined || name === wanted);
  if (connectors.length === 0) throw new CommandError('usage', `The configuration has no connector ${wanted ?? ''}.`);
  const all: { connector: string; checks: readonly CheckReport[] }[] = [];
  for (const connector of connectors) {
    if (!options.json) context.out.write(`Connector ${connector.name}, as ${connector.userName}\n`);
    const checks = await checkConnector(options.json ? undefined : context.out, connector, {
      send: options.send ?? false,
      dns: options.dns ?? false,
      forbidden: options.forbidden ?? config.observe.forbiddenMailboxes,
      waitMs: options.wait * 60_000,
    });
    all.push({ connector: connector.name, checks });
    if (!options.json) context.out.write(`\n${conclusion(checks)}\n`);
  }
  if (options.json) context.out.write(`${JSON.stringify(all)}\n`);
  if (all.some(({ checks }) => checks.some(({ state }) => state === 'fail'))) context.exitCode = exitCodes.bad[0];
}

function showHistory({ out }: CommandContext, { json }: CheckOptions, dataDir: string): void {
  const entries = new CheckHistory(checkHistoryFile(dataDir)).list(100);
  if (json) return out.write(`${JSON.stringify(entries)}\n`);
  if (entries.length === 0)
    return out.write('No checks are on record: they run a minute after the start, and daily.\n');
  for (const { at, connector, because, first } of entries)
    out.write(
      `${new Date(at).toISOString()}  ${connector} (${because})  ${first ?? 'everything is as it should be'}\n`,
    );
}

export interface ConnectorCheckWishes extends CheckWishes {
  readonly waitMs: number;
  /** Ids of the only checks to run. */
  readonly only?: readonly string[];
}

/** Runs the checks on one connector and writes each as it ends; to nowhere when `out` is undefined. */
export async function checkConnector(
  out: Pick<CommandContext['out'], 'write'> | undefined,
  connector: ConnectorConfig,
  wishes: ConnectorCheckWishes,
): Promise<readonly CheckReport[]> {
  const { waitMs, only } = wishes;
  return await runUntilSettled(
    () => checkConnectorOnce(connector, wishes, { only, told: (report) => out?.write(lineOf(report)) }),
    {
      waitMs,
      everyMs: roundMs,
      now: Date.now,
      pause: (ms) => pause(ms),
      told: (open, leftMs) => {
        const what = open.map(({ statement }) => statement).join(' ');
        out?.write(`\nWaiting for Graph, ${Math.ceil(leftMs / 60_000)} min at most: ${what}\n`);
      },
    },
  );
}

const words: Readonly<Record<CheckState, string>> = { pass: 'yes', warn: 'warn', fail: 'NO', unknown: '?' };

function lineOf({ state, statement, evidence, remedy }: CheckReport): string {
  const details = evidence.map((line) => `        ${line}\n`).join('');
  return `  ${words[state].padEnd(4)}  ${statement}\n${details}${remedy === undefined ? '' : `        → ${remedy}\n`}`;
}

export function conclusion(checks: readonly CheckReport[]): string {
  const first = mostUrgent(checks);
  if (first === undefined) return 'Everything is as it should be.';
  if (first.state === 'fail')
    return `What to mend first: ${first.evidence[0] ?? first.statement} ${first.remedy ?? ''}`;
  return `Nothing fails. Worth a look: ${first.evidence[0] ?? first.statement} ${first.remedy ?? ''}`;
}
