/** `mailroom check`: proves the set-up of a connector, statement by statement. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { type CheckRunOptions, checkConnectorOnce, knownBefore } from '../check-connector.ts';
import type { ConnectorConfig, MicrosoftConnectorConfig } from '../config/schema.ts';
import type { CheckState, CheckWishes } from '../setup/checks/check.ts';
import { CheckHistory, checkHistoryFile, entryOf } from '../setup/checks/check-history.ts';
import { exchangeIds } from '../setup/checks/exchange-asked.ts';
import { type CheckReport, mostUrgent } from '../setup/checks/run-checks.ts';
import { runUntilSettled } from '../setup/checks/settle.ts';
import type { Cmdlets } from '../setup/limit/run-plan.ts';
import { type CommandContext, type CommonOptions, forPeople, readConfig } from './context.ts';
import { CommandError, exitCodes } from './exit-codes.ts';
import { type ExchangeSessionOptions, withExchange } from './policy/exchange-session.ts';
import { minutes, seconds } from './time-options.ts';

interface CheckOptions extends CommonOptions, ExchangeSessionOptions {
  readonly connector?: string;
  readonly forbidden?: readonly string[];
  readonly send?: boolean;
  readonly arrivesWithin: number;
  readonly dns?: boolean;
  readonly wait: number;
  readonly history?: boolean;
  readonly signIn?: boolean;
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
    .option('--arrives-within <seconds>', 'with --send: how long the message may take to arrive', seconds, 60)
    .option('--dns', 'look for SPF, DKIM and DMARC of the sender’s domain')
    .option('--wait <minutes>', 'wait so long for consent, policy or role to reach Graph', minutes, 0)
    .option('--sign-in', 'an administrator signs in, and Exchange is asked as well: roles, mailboxes, SMTP AUTH')
    .option('--sign-in-client <guid>', 'public client to sign in with')
    .option('--browser', 'sign in by a browser of this machine, where the tenant blocks codes')
    .option('--history', 'show what the checks of the running server have said, newest first')
    .option('--config <file>', 'configuration file')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExit code 1 when a check fails. Without --send nothing is sent.\n\nExample:\n  mailroom check --forbidden ceo@contoso.com --wait 120',
    )
    .action((options: CheckOptions) => run(context, options));
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
    const wishes = {
      send: options.send ?? false,
      arrivesWithinMs: options.arrivesWithin * 1000,
      dns: options.dns ?? false,
      forbidden: options.forbidden ?? config.observe.forbiddenMailboxes,
      waitMs: options.wait * 60_000,
      ...knownBefore(config, connector.name),
    };
    const out = options.json ? undefined : context.out;
    const checks =
      options.signIn && connector.kind !== 'smtp'
        ? await checkSignedIn(context, options, connector, { ...wishes, dataDir: config.dataDir })
        : await checkConnector(out, connector, wishes);
    all.push({ connector: connector.name, checks });
    if (!options.json) context.out.write(`\n${conclusion(checks)}\n`);
  }
  if (options.json) context.out.write(`${JSON.stringify(all)}\n`);
  if (all.some(({ checks }) => checks.some(({ state }) => state === 'fail'))) context.exitCode = exitCodes.bad[0];
}

function showHistory({ out }: CommandContext, { json }: CheckOptions, dataDir: string): void {
  const history = new CheckHistory(checkHistoryFile(dataDir));
  const entries = history.list(100);
  const unreadable = history.unreadable();
  if (unreadable) out.error(`${unreadable}\n`);
  if (json) return out.write(`${JSON.stringify(entries)}\n`);
  if (entries.length === 0)
    return out.write('No checks are on record: they run a minute after the start, and daily.\n');
  for (const { at, connector, because, first } of entries)
    out.write(
      `${new Date(at).toISOString()}  ${connector} (${because})  ${first ?? 'everything is as it should be'}\n`,
    );
}

/** With an administrator's session for Exchange. Nothing of the session is kept; what Exchange said is. */
async function checkSignedIn(
  context: CommandContext,
  options: CheckOptions,
  connector: MicrosoftConnectorConfig,
  { dataDir, ...wishes }: ConnectorCheckWishes & { readonly dataDir: string },
): Promise<readonly CheckReport[]> {
  const cloudName = typeof connector.cloud === 'string' ? connector.cloud : 'global';
  const { out } = context;
  let reports: readonly CheckReport[] = [];
  await withExchange(forPeople(context, options), options, { connector, cloudName }, async ({ cmdlets }) => {
    reports = await checkConnector(options.json ? undefined : out, connector, { ...wishes, exchange: cmdlets });
  });
  keep(context, dataDir, connector.name, reports);
  return reports;
}

/** For the checks of every day, which may not ask Exchange: what it said stands in them, with its age. */
function keep({ out }: CommandContext, dataDir: string, connector: string, reports: readonly CheckReport[]): void {
  const exchange = reports
    .filter(({ id, state }) => exchangeIds.includes(id) && state !== 'unknown')
    .map(({ id, state, evidence, remedy }) => ({
      id,
      state,
      evidence: evidence[0] ?? '',
      ...(remedy ? { remedy } : {}),
    }));
  if (exchange.length === 0) return;
  try {
    new CheckHistory(checkHistoryFile(dataDir)).add(
      entryOf({ at: Date.now(), connector, because: 'asked' }, reports, exchange),
    );
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    out.error(`What Exchange said cannot be kept for the checks of every day (${why}).\n`);
  }
}

export interface ConnectorCheckWishes extends CheckWishes, Pick<CheckRunOptions, 'openFiles' | 'lastAsked'> {
  readonly waitMs: number;
  /** Ids of the only checks to run. */
  readonly only?: readonly string[];
  readonly exchange?: Cmdlets;
}

/** Runs the checks on one connector and writes each as it ends; to nowhere when `out` is undefined. */
export async function checkConnector(
  out: Pick<CommandContext['out'], 'write'> | undefined,
  connector: ConnectorConfig,
  wishes: ConnectorCheckWishes,
): Promise<readonly CheckReport[]> {
  const { waitMs, only, exchange, openFiles, lastAsked } = wishes;
  // Every half minute, for hours: after the first round only what is new.
  const said = new Map<string, CheckState>();
  const tell = (report: CheckReport) => {
    if (said.get(report.id) !== report.state) out?.write(lineOf(report));
    said.set(report.id, report.state);
  };
  return await runUntilSettled(
    () =>
      checkConnectorOnce(connector, wishes, {
        only,
        openFiles,
        lastAsked,
        told: tell,
        ...(exchange ? { exchange } : {}),
      }),
    {
      waitMs,
      everyMs: roundMs,
      now: Date.now,
      pause: (ms) => pause(ms),
      told: (open, leftMs) => {
        const what = open.map(({ statement }) => statement).join(' ');
        out?.write(`\nWaiting for Microsoft, ${Math.ceil(leftMs / 60_000)} min at most: ${what}\n`);
      },
    },
  );
}

const words: Readonly<Record<CheckState, string>> = { pass: 'yes', warn: 'warn', fail: 'NO', unknown: '?' };

function lineOf({ state, statement, evidence, remedy, link }: CheckReport): string {
  const details = evidence.map((line) => `        ${line}\n`).join('');
  return `  ${words[state].padEnd(4)}  ${statement}\n${details}${remedy === undefined ? '' : `        → ${remedy}\n`}${link === undefined ? '' : `          ${link}\n`}`;
}

export function conclusion(checks: readonly CheckReport[]): string {
  const first = mostUrgent(checks);
  if (first === undefined) return 'Everything is as it should be.';
  if (first.state === 'fail')
    return `What to mend first: ${first.evidence[0] ?? first.statement} ${first.remedy ?? ''}`;
  return `Nothing fails. Worth a look: ${first.evidence[0] ?? first.statement} ${first.remedy ?? ''}`;
}
