/** `mailroom policy`: which mailboxes the app may use. Plans the limit, writes its script, sets it, proves it, takes it back. */
import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { clouds } from '../microsoft/clouds.ts';
import { limitScript } from '../setup/limit/limit-script.ts';
import type { CommandContext } from './context.ts';
import { CommandError } from './exit-codes.ts';
import { addPolicyChangeCommands } from './policy/change-limit.ts';
import { type PolicyOptions, planOf, planText, ways, wishes } from './policy/planned-limit.ts';

interface ScriptOptions extends PolicyOptions {
  readonly output?: string;
}

export function addPolicyCommands(program: Command, context: CommandContext): void {
  const policy = program.command('policy').description('Limit which mailboxes the app may use.');
  wishes(policy.command('plan').description('Show what would be changed in Exchange, step by step.'))
    .addHelpText('after', `${ways}\nExample:\n  mailroom policy plan --way access-policy --mailbox noreply@contoso.com`)
    .action(async (options: PolicyOptions) => {
      const { plan } = await planOf(context, options);
      context.out.write(options.json ? `${JSON.stringify(plan)}\n` : planText(plan));
    });
  wishes(policy.command('script').description('Write the PowerShell that changes it: to review, to try, to run twice.'))
    .option('--output <file>', 'file for the script; stdout without it')
    .addHelpText(
      'after',
      `${ways}\nExample:\n  mailroom policy script --object-id 0aa…9 --mailbox noreply@contoso.com --output limit.ps1\n  pwsh ./limit.ps1 -WhatIf`,
    )
    .action((options: ScriptOptions) => writeScript(context, options));
  addPolicyChangeCommands(policy, context);
}

async function writeScript(context: CommandContext, options: ScriptOptions): Promise<void> {
  const { plan, cloudName } = await planOf(context, options);
  const script = limitScript(plan, clouds[cloudName].exchangeEnvironment);
  if (options.output === undefined) return context.out.write(options.json ? `${JSON.stringify({ script })}\n` : script);
  try {
    // Windows PowerShell 5.1 reads a file without a byte order mark in the code page of the machine.
    writeFileSync(options.output, `\ufeff${script}`);
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    throw new CommandError('cannotCreate', `The script cannot be written: ${why}`);
  }
  context.out.write(
    options.json
      ? `${JSON.stringify({ file: options.output })}\n`
      : `Written to ${options.output}. Review it, try it with -WhatIf, then run it.\n`,
  );
}
