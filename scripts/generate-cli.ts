/** docs/reference/cli.md: every command's own help, and the exit codes. */
import { Command } from 'commander';
import { exitCodes } from '../src/cli/exit-codes.ts';
import { createProgram } from '../src/cli/program.ts';
import { sendmailHelp } from '../src/cli/sendmail-arguments.ts';

export async function generateCli(): Promise<string> {
  const nothing = () => {};
  const program = await createProgram(new Command(), {
    env: {},
    root: '',
    version: '',
    stdin: process.stdin,
    out: { isTTY: false, columns: 100, write: nothing, error: nothing, drained: () => Promise.resolve() },
    exitCode: 0,
  });
  const sections = leaves(program, ['mailroom']).flatMap(({ words, command }) => [
    '',
    `## ${words.join(' ')}`,
    '```',
    helpOf(command),
    '```',
  ]);
  const codes = Object.values(exitCodes).map(([code, meaning]) => `| ${code} | ${meaning} |`);
  return [
    '# Commands',
    '',
    '<!-- Generated from src/cli by npm run generate. -->',
    '',
    'Run as `npm run mailroom -- COMMAND`, or as `bin/mailroom.mjs COMMAND`.',
    '',
    '## Exit codes',
    '| code | meaning |',
    '|---|---|',
    ...codes,
    ...sections,
    '',
    '## sendmail',
    '```',
    sendmailHelp.trimEnd(),
    '```',
    '',
  ].join('\n');
}

interface Leaf {
  readonly words: readonly string[];
  readonly command: Command;
}

/** Commands that do something, with the words that call them. */
function leaves(command: Command, words: readonly string[]): Leaf[] {
  if (command.commands.length === 0) return [{ words, command }];
  return command.commands.flatMap((child) => leaves(child, [...words, child.name()]));
}

/** The text of --help, with what stands after it. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (piece) => {
      text += piece;
    },
    getOutHelpWidth: () => 100,
  });
  command.outputHelp();
  return text.trimEnd();
}
