/** `mailroom import`: reads the settings of another program into a configuration, and says what could not be carried. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { importEmailOauth2Proxy } from '../setup/import/email-oauth2-proxy.ts';
import { importIis } from '../setup/import/iis.ts';
import { ImportError, type Imported } from '../setup/import/imported.ts';
import { importPostfix } from '../setup/import/postfix.ts';
import { importSmtp2Graph } from '../setup/import/smtp2graph.ts';
import type { CommandContext, CommonOptions } from './context.ts';
import { CommandError } from './exit-codes.ts';

interface ImportOptions extends CommonOptions {
  readonly saslPasswd?: string;
}

export function addImportCommands(program: Command, context: CommandContext): void {
  const group = program
    .command('import')
    .description('Read the settings of another program. Prints a configuration; changes nothing.');
  const add = (name: string, description: string, example: string) =>
    group
      .command(`${name} <file>`)
      .description(description)
      .option('--json', 'print JSON')
      .addHelpText('after', `\nNo secret is carried over.\n\nExample:\n  mailroom import ${example} > mailroom.yaml`);
  add('postfix', 'main.cf of a Postfix that relays with a password.', 'postfix /etc/postfix/main.cf')
    .option('--sasl-passwd <file>', 'file of smtp_sasl_password_maps, for the login in it')
    .action((file: string, options: ImportOptions) => {
      const logins = options.saslPasswd === undefined ? undefined : read(options.saslPasswd);
      show(context, options, file, () => importPostfix(read(file), logins));
    });
  const readers = [
    ['smtp2graph', 'config.yml of SMTP2Graph.', 'smtp2graph config.yml', importSmtp2Graph],
    ['email-oauth2-proxy', 'emailproxy.config.', 'email-oauth2-proxy emailproxy.config', importEmailOauth2Proxy],
    ['iis', 'web.config with system.net/mailSettings.', 'iis web.config', importIis],
  ] as const;
  for (const [name, description, example, reader] of readers)
    add(name, description, example).action((file: string, options: ImportOptions) =>
      show(context, options, file, () => reader(read(file))),
    );
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandError('usage', `${file} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

function show({ out }: CommandContext, options: CommonOptions, file: string, reader: () => Imported): void {
  let imported: Imported;
  try {
    imported = reader();
  } catch (error) {
    if (error instanceof ImportError) throw new CommandError('data', `${file}: ${error.message}`);
    throw error;
  }
  if (options.json) return out.write(`${JSON.stringify(imported)}\n`);
  const list = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [`# ${title}`, ...lines.map((line) => `# - ${line.replaceAll(/\s+/g, ' ')}`), '#'];
  const { configuration, todo, notCarried } = imported;
  const notes = [...list('Still to be done:', todo), ...list('Not carried over:', notCarried)];
  out.write(
    `# Read from ${file}. Check it: mailroom config check\n#\n${notes.join('\n')}\n${stringify(configuration)}`,
  );
}
