/** `mailroom config`: check and print the configuration, and make passwords and keys for it. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { originsOf } from '../config/origins.ts';
import { redacted } from '../config/redacted.ts';
import { unusableFiles } from '../config/unusable-files.ts';
import { formatApiKeyHash, hashApiKey } from '../policy/api-key.ts';
import { formatPasswordHash, hashPassword } from '../policy/password-hash.ts';
import { type CommandContext, type CommonOptions, loadNamedConfig, readConfig, readLoaded } from './context.ts';
import { CommandError, exitCodes } from './exit-codes.ts';
import { textTable } from './table.ts';

const readText = (path: string) => readFileSync(path, 'utf8');

export function addConfigCommands(program: Command, context: CommandContext): void {
  const config = program.command('config').description('Check and print the configuration; make passwords and keys.');
  const common = (command: Command) =>
    command.option('--config <file>', 'configuration file').option('--json', 'print JSON');
  common(config.command('check').description('Read the configuration and name everything that is wrong with it.'))
    .addHelpText(
      'after',
      '\nExit code 78 when something is wrong.\n\nExample:\n  mailroom config check --config /etc/mailroom/mailroom.yaml',
    )
    .action((options: CommonOptions) => {
      if (options.json) return checkAsJson(context, options);
      const { config: read, file, warnings } = readConfig(context, options);
      const unusable = unusableFiles(read, readText);
      if (unusable.length > 0) throw new CommandError('config', unusable.join('\n'));
      for (const warning of warnings) context.out.write(`Warning: ${warning}\n`);
      context.out.write(`${file ?? 'The environment'} is a valid configuration.\n`);
    });
  common(
    config
      .command('print')
      .description('Print the configuration as it is understood, defaults included, secrets left out.'),
  )
    .option('--origins', 'what is not a default: each value with the file and line, variable or setting it comes from')
    .addHelpText('after', '\nExamples:\n  mailroom config print\n  mailroom config print --origins')
    .action((options: CommonOptions & { readonly origins?: boolean }) => {
      if (options.origins) return printOrigins(context, options);
      const shown = redacted(readConfig(context, options).config);
      context.out.write(options.json ? `${JSON.stringify(shown)}\n` : stringify(shown));
    });
  config
    .command('hash-password')
    .description('Read a password from stdin and print its hash, for passwordHash of a client.')
    .option('--json', 'print JSON')
    .addHelpText('after', "\nExample:\n  printf %s 'the password' | mailroom config hash-password")
    .action(async (options: CommonOptions) => {
      const password = (await text(context.stdin)).replace(/\r?\n$/, '');
      if (password === '')
        throw new CommandError(
          'usage',
          'No password came on stdin. Try: printf %s "$PASSWORD" | mailroom config hash-password',
        );
      const passwordHash = formatPasswordHash(await hashPassword(password));
      context.out.write(options.json ? `${JSON.stringify({ passwordHash })}\n` : `${passwordHash}\n`);
    });
  config
    .command('new-key')
    .description('Make an API key, and print it with its hash, for apiKeyHash of a client. It is shown this once.')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  mailroom config new-key')
    .action((options: CommonOptions) => {
      const apiKey = randomBytes(30).toString('base64url');
      const apiKeyHash = formatApiKeyHash(hashApiKey(apiKey));
      if (options.json) context.out.write(`${JSON.stringify({ apiKey, apiKeyHash })}\n`);
      else context.out.write(`Key for the application: ${apiKey}\napiKeyHash for the file: ${apiKeyHash}\n`);
    });
}

function printOrigins(context: CommandContext, options: CommonOptions): void {
  const origins = originsOf(readLoaded(context, options).loaded);
  if (options.json) return context.out.write(`${JSON.stringify(origins)}\n`);
  const rows = origins.map(({ key, value, place }) => [key, place, value]);
  context.out.write(textTable(['key', 'set in', 'value'], rows, context.out.columns));
}

/** The same for programs: what is wrong stands on stdout, and the exit code says that something is. */
function checkAsJson(context: CommandContext, options: CommonOptions): void {
  const { loaded, file = null } = loadNamedConfig(context, options);
  const unusable = loaded.ok ? unusableFiles(loaded.config, readText).map((sentence) => ({ sentence })) : [];
  const ok = loaded.ok && unusable.length === 0;
  const found = loaded.ok ? { warnings: loaded.warnings } : { problems: loaded.problems };
  context.out.write(
    `${JSON.stringify({ ok, file, ...found, ...(unusable.length > 0 ? { problems: unusable } : {}) })}\n`,
  );
  if (!ok) context.exitCode = exitCodes.config[0];
}
