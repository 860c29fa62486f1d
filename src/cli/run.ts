/** Runs one command line to its exit code. Apart from main.ts, which has the process around it. */
import { Command, CommanderError } from 'commander';
import type { CommandContext } from './context.ts';
import { CommandError, exitCodes } from './exit-codes.ts';
import { createProgram } from './program.ts';

/** Never rejects: what goes wrong is one sentence on stderr and an exit code. `words` come without the program's name. */
export async function run(context: CommandContext, words: readonly string[]): Promise<number> {
  try {
    const program = await createProgram(new Command(), context, words);
    await program.parseAsync([...words], { from: 'user' });
    return context.exitCode;
  } catch (error) {
    // Commander has said what it has to say.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok[0] : exitCodes.usage[0];
    if (error instanceof CommandError) {
      context.out.error(`mailroom: ${error.message}\n`);
      return exitCodes[error.exit][0];
    }
    context.out.error(`mailroom: ${error instanceof Error ? (error.stack ?? error.message) : error}\n`);
    return exitCodes.software[0];
  }
}
