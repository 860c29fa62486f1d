/** `mailroom audit`: the console's audit trail, beside a running server or without one. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Command } from 'commander';
import { verifyAudit } from '../admin/http/audit-trail.ts';
import { consoleFileName } from '../admin/http/console-file.ts';
import { type CommandContext, type CommonOptions, readConfig } from './context.ts';
import { CommandError, exitCodes } from './exit-codes.ts';

export function addAuditCommands(program: Command, context: CommandContext): void {
  program
    .command('audit')
    .description('The audit trail of the web console.')
    .command('verify')
    .description('Compute every hash of the trail again: was an entry changed or taken out?')
    .option('--config <file>', 'configuration file')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExit code 1 when an entry is not what it was. Keep the last hash elsewhere: with it, a trail that was cut off shows too.\n\nExample:\n  mailroom audit verify',
    )
    .action((options: CommonOptions) => verify(context, options));
}

function verify(context: CommandContext, options: CommonOptions): void {
  const path = join(readConfig(context, options).config.dataDir, consoleFileName);
  if (!existsSync(path)) {
    context.out.write(options.json ? '{"entries":0}\n' : 'There is no audit trail: the console was never used.\n');
    return;
  }
  const file = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
  try {
    const verdict = readTrail(file, path);
    if (options.json) context.out.write(`${JSON.stringify(verdict)}\n`);
    else if (verdict.brokenAt !== undefined)
      context.out.write(
        `Entry ${verdict.brokenAt} is not what it was when it was written, or one before it is gone.\n`,
      );
    else context.out.write(`${verdict.entries} entries, each as it was written. Last hash: ${verdict.lastHash}\n`);
    if (verdict.brokenAt !== undefined) context.exitCode = exitCodes.bad[0];
  } finally {
    file.close();
  }
}

/** @throws CommandError when the file is none that can be read: damaged, or of something else */
function readTrail(file: DatabaseSync, path: string): ReturnType<typeof verifyAudit> {
  try {
    return verifyAudit(file);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError(
      'bad',
      `The audit trail in ${path} cannot be read: ${why}. Compare it with the last backup.`,
    );
  }
}
