/** All commands, put together. Apart from main.ts, so that the reference page can be generated without running anything. */
import type { Command } from 'commander';
import { addAlertCommands } from './alerts.ts';
import { addAuditCommands } from './audit.ts';
import { addCheckCommand } from './check.ts';
import { addConfigCommands } from './config.ts';
import { addConsentCommand } from './consent.ts';
import type { CommandContext } from './context.ts';
import { addCredentialCommands } from './credential.ts';
import { addDemoCommand } from './demo.ts';
import { addImportCommands } from './import.ts';
import { addPolicyCommands } from './policy.ts';
import { addQueueCommands } from './queue.ts';
import { addSendCommand } from './send.ts';
import { addServeCommand } from './serve.ts';
import { addSetupCommand } from './setup.ts';
import { addStatusCommands } from './status.ts';
import { addTenantCommand } from './tenant.ts';
import { addVaultCommands } from './vault.ts';

export function createProgram(program: Command, context: CommandContext): Command {
  program
    .name('mailroom')
    .description('System mail for Microsoft 365, without mailbox passwords.')
    .version(context.version)
    .showHelpAfterError('See mailroom --help.')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: (text) => context.out.write(text), writeErr: (text) => context.out.error(text) });
  addServeCommand(program, context);
  addDemoCommand(program, context);
  addTenantCommand(program, context);
  addSetupCommand(program, context);
  addConsentCommand(program, context);
  addCheckCommand(program, context);
  addCredentialCommands(program, context);
  addVaultCommands(program, context);
  addImportCommands(program, context);
  addPolicyCommands(program, context);
  addSendCommand(program, context);
  addQueueCommands(program, context);
  addStatusCommands(program, context);
  addAlertCommands(program, context);
  addAuditCommands(program, context);
  addConfigCommands(program, context);
  for (const command of [program, ...descendants(program)]) command.exitOverride();
  return program;
}

function descendants(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...descendants(child)]);
}
