/** All commands, put together. Apart from main.ts, so that the reference page can be generated without running anything. */
import type { Command } from 'commander';
import type { CommandContext } from './context.ts';

interface CommandFile {
  /** First words of the commands that it has. */
  readonly names: readonly string[];
  readonly add: () => Promise<(program: Command, context: CommandContext) => void>;
}

/** In the order of the help. Each is read when it is wanted: `serve` must not wait for what only `setup` needs. */
const commandFiles: readonly CommandFile[] = [
  { names: ['serve'], add: async () => (await import('./serve.ts')).addServeCommand },
  { names: ['demo'], add: async () => (await import('./demo.ts')).addDemoCommand },
  { names: ['tenant'], add: async () => (await import('./tenant.ts')).addTenantCommand },
  { names: ['setup'], add: async () => (await import('./setup.ts')).addSetupCommand },
  { names: ['consent'], add: async () => (await import('./consent.ts')).addConsentCommand },
  { names: ['check'], add: async () => (await import('./check.ts')).addCheckCommand },
  { names: ['credential'], add: async () => (await import('./credential.ts')).addCredentialCommands },
  { names: ['vault'], add: async () => (await import('./vault.ts')).addVaultCommands },
  { names: ['import'], add: async () => (await import('./import.ts')).addImportCommands },
  { names: ['policy'], add: async () => (await import('./policy.ts')).addPolicyCommands },
  { names: ['send'], add: async () => (await import('./send.ts')).addSendCommand },
  { names: ['queue'], add: async () => (await import('./queue.ts')).addQueueCommands },
  { names: ['status', 'connector'], add: async () => (await import('./status.ts')).addStatusCommands },
  { names: ['alerts'], add: async () => (await import('./alerts.ts')).addAlertCommands },
  { names: ['audit'], add: async () => (await import('./audit.ts')).addAuditCommands },
  { names: ['config'], add: async () => (await import('./config.ts')).addConfigCommands },
];

/**
 * @param words the command line, when there is one: its command alone is read then, if there is one of that name; without
 * it, and for help and mistakes, all are.
 */
export async function createProgram(
  program: Command,
  context: CommandContext,
  words: readonly string[] = [],
): Promise<Command> {
  const [first = ''] = words;
  const named = commandFiles.filter(({ names }) => names.includes(first));
  const wanted = named.length > 0 ? named : commandFiles;
  program
    .name('mailroom')
    .description('System mail for Microsoft 365, without mailbox passwords.')
    .version(context.version)
    .showHelpAfterError('See mailroom --help.')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: (text) => context.out.write(text), writeErr: (text) => context.out.error(text) });
  for (const add of await Promise.all(wanted.map((commands) => commands.add()))) add(program, context);
  for (const command of [program, ...descendants(program)]) command.exitOverride();
  return program;
}

function descendants(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...descendants(child)]);
}
