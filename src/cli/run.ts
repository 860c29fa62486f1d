/** Runs one command line to its exit code. Apart from main.ts, which has the process around it. */
import { parseArgs } from 'node:util';
import { FaultError } from '../domain/catalogue.ts';
import { VaultError } from '../vault/vault-error.ts';
import type { CommandContext, CommonOptions } from './context.ts';
import { CommandError, exitCodes } from './exit-codes.ts';

/** Never rejects: what goes wrong is one sentence on stderr and an exit code. `words` come without the program's name. */
export async function run(context: CommandContext, words: readonly string[]): Promise<number> {
  try {
    const options = plainServe(words);
    if (!options) return await runCommand(context, words);
    const { serve } = await import('./serve.ts');
    await serve(context, options);
    return context.exitCode;
  } catch (error) {
    if (error instanceof CommandError) {
      context.out.error(`mailroom: ${error.message}\n`);
      return exitCodes[error.exit][0];
    }
    if (error instanceof VaultError) {
      const { asCommandError } = await import('./vault.ts');
      context.out.error(`mailroom: ${error.message}\n`);
      return exitCodes[asCommandError(error).exit][0];
    }
    if (error instanceof FaultError && error.fault.code === 'record-damaged') {
      context.out.error(`mailroom: ${error.message}\n`);
      return exitCodes.unavailable[0];
    }
    context.out.error(`mailroom: ${error instanceof Error ? (error.stack ?? error.message) : error}\n`);
    return exitCodes.software[0];
  }
}

/** Options of `serve` without help or mistake: a server that runs for months need not have the command line's library. */
function plainServe(words: readonly string[]): CommonOptions | undefined {
  if (words[0] !== 'serve') return undefined;
  try {
    const options = { config: { type: 'string' }, json: { type: 'boolean' } } as const;
    return parseArgs({ args: words.slice(1), options }).values;
  } catch {
    return undefined;
  }
}

async function runCommand(context: CommandContext, words: readonly string[]): Promise<number> {
  const [{ Command, CommanderError }, { createProgram }] = await Promise.all([
    import('commander'),
    import('./program.ts'),
  ]);
  try {
    const program = await createProgram(new Command(), context, words);
    await program.parseAsync([...words], { from: 'user' });
    return context.exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Commander has said what it has to say.
    return error.exitCode === 0 ? exitCodes.ok[0] : exitCodes.usage[0];
  }
}
