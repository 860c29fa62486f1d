/**
 * The command line. The one place, with main.ts, that reads the environment; every command is in a file of its own.
 */
import { once } from 'node:events';
import { dirname } from 'node:path';
import { type CommandContext, packageVersion } from './context.ts';
import { run } from './run.ts';

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
    drained: async () => {
      if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
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

// Whoever read the log is gone: no reason for a server to end.
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await run(context, process.argv.slice(2));
