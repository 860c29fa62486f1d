/**
 * The command line. The one place, with main.ts, that reads the environment; every command is in a file of its own.
 */
import { dirname } from 'node:path';
import { Command, CommanderError } from 'commander';
import { type CommandContext, packageVersion } from './context.ts';
import { CommandError, exitCodes } from './exit-codes.ts';
import { createProgram } from './program.ts';

const root = dirname(dirname(import.meta.dirname));
const context: CommandContext = {
  env: process.env,
  root,
  version: packageVersion(root),
  stdin: process.stdin,
  out: {
    isTTY: process.stdout.isTTY === true,
    columns: process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY,
    write: (text) => {
      process.stdout.write(text);
    },
    error: (text) => {
      process.stderr.write(text);
    },
  },
  exitCode: 0,
};

// `mailroom queue list | head` is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
});

try {
  await createProgram(new Command(), context).parseAsync(process.argv);
  process.exitCode = context.exitCode;
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage[0];
  else if (error instanceof CommandError) {
    process.stderr.write(`mailroom: ${error.message}\n`);
    process.exitCode = exitCodes[error.exit][0];
  } else {
    process.stderr.write(`mailroom: ${error instanceof Error ? (error.stack ?? error.message) : error}\n`);
    process.exitCode = exitCodes.software[0];
  }
}
