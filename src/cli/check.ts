/** `mailroom check`: proves the set-up of a connector, statement by statement. */
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { cloudOf, connectionsOf, credentialOf } from '../connectors.ts';
import { allChecks } from '../setup/checks/all-checks.ts';
import type { CheckState } from '../setup/checks/check.ts';
import { type CheckReport, mostUrgent, runChecks } from '../setup/checks/run-checks.ts';
import { type CommandContext, type CommonOptions, readConfig } from './context.ts';
import { CommandError, exitCodes } from './exit-codes.ts';

interface CheckOptions extends CommonOptions {
  readonly connector?: string;
  readonly forbidden?: string;
  readonly send?: boolean;
}

export function addCheckCommand(program: Command, context: CommandContext): void {
  program
    .command('check')
    .description(
      'Prove the set-up: hosts, clock, tenant, credential, permissions, and which mailboxes the app may use.',
    )
    .option('--connector <name>', 'connector to look at (default: all)')
    .option('--forbidden <address>', 'a mailbox that the app must not be able to use')
    .option('--send', 'send a real message from the system account to itself')
    .option('--config <file>', 'configuration file')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExit code 1 when a check fails. Without --send nothing is sent.\n\nExample:\n  mailroom check --forbidden ceo@contoso.com',
    )
    .action((options: CheckOptions) => run(context, options));
}

async function run(context: CommandContext, options: CheckOptions): Promise<void> {
  const { config } = readConfig(context, options);
  const { connector: wanted, forbidden } = options;
  const connectors = config.connectors.filter(({ name }) => wanted === undefined || name === wanted);
  if (connectors.length === 0) throw new CommandError('usage', `The configuration has no connector ${wanted ?? ''}.`);
  const all: { connector: string; checks: readonly CheckReport[] }[] = [];
  for (const connector of connectors) {
    if (!options.json) context.out.write(`Connector ${connector.name}, as ${connector.userName}\n`);
    const connections = connectionsOf(connector);
    try {
      const checks = await runChecks(
        allChecks,
        {
          connector: {
            name: connector.name,
            cloud: cloudOf(connector),
            tenantId: connector.tenantId,
            clientId: connector.oauthClientId,
            userName: connector.userName,
            credential: credentialOf(connector),
            readsSentItems: connector.readSentItems,
          },
          wishes: { send: options.send ?? false, ...(forbidden ? { forbidden } : {}) },
          findings: {},
          connections,
          now: Date.now,
          newId: randomUUID,
        },
        (report) => {
          if (!options.json) context.out.write(lineOf(report));
        },
      );
      all.push({ connector: connector.name, checks });
      if (!options.json) context.out.write(`\n${conclusion(checks)}\n`);
    } finally {
      await connections.close();
    }
  }
  if (options.json) context.out.write(`${JSON.stringify(all)}\n`);
  if (all.some(({ checks }) => checks.some(({ state }) => state === 'fail'))) context.exitCode = exitCodes.bad[0];
}

const words: Readonly<Record<CheckState, string>> = { pass: 'yes', warn: 'warn', fail: 'NO', unknown: '?' };

function lineOf({ state, statement, evidence, remedy }: CheckReport): string {
  const details = evidence.map((line) => `        ${line}\n`).join('');
  return `  ${words[state].padEnd(4)}  ${statement}\n${details}${remedy === undefined ? '' : `        → ${remedy}\n`}`;
}

function conclusion(checks: readonly CheckReport[]): string {
  const first = mostUrgent(checks);
  if (first === undefined) return 'Everything is as it should be.';
  if (first.state === 'fail')
    return `What to mend first: ${first.evidence[0] ?? first.statement} ${first.remedy ?? ''}`;
  return `Nothing fails. Worth a look: ${first.evidence[0] ?? first.statement} ${first.remedy ?? ''}`;
}
