/** `mailroom setup`: Microsoft 365 in three ways, and back. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { isAddress, isProxyUrl, proxyExample } from '../config/schema-values.ts';
import { graphCommandLineTools } from '../microsoft/administrator-sign-in.ts';
import { cloudNames } from '../microsoft/clouds.ts';
import { isTenantName, withoutBraces } from '../microsoft/tenant-name.ts';
import type { CommandContext } from './context.ts';
import { setUpAutomatically } from './setup/automatic.ts';
import { setUpByFile } from './setup/by-file.ts';
import { setUpGuided } from './setup/guided.ts';
import type { SetupOptions } from './setup/setup-options.ts';
import { undoSetup } from './setup/undo.ts';

export function addSetupCommand(program: Command, context: CommandContext): void {
  program
    .command('setup')
    .description(
      'Set up Microsoft 365: by an administrator’s sign-in, step by step in the portals, or from what you have.',
    )
    .addOption(
      new Option('--way <way>', 'automatic: an administrator signs in; guided: the portals; file: what you have')
        .choices(['automatic', 'guided', 'file'])
        .default('automatic'),
    )
    .option('--tenant <tenant>', 'Directory (tenant) ID, or a domain of the tenant', tenant)
    .option('--user-name <address>', 'the system account, the mailbox that sends', address)
    .option('--client-id <guid>', 'Application (client) ID (file)', withoutBraces)
    .option('--secret-file <file>', 'file with the value of the client secret (file; asked for without it)')
    .option('--certificate <file>', 'PEM of a certificate that the app holds (file)')
    .option('--key <file>', 'PEM of its private key (file)')
    .option('--name <name>', 'name of the app registration', 'Mailroom')
    .option('--admin-url <url>', 'URL of this application, for the redirect URI <url>/connectors/SMTP.aspx')
    .addOption(
      new Option('--credential <kind>', 'what the app proves itself with (automatic)')
        .choices(['certificate', 'secret'])
        .default('certificate'),
    )
    .option(
      '--self-renewal',
      'let the app renew a client secret itself: it owns its registration (a certificate needs none of it)',
    )
    .addOption(
      new Option(
        '--large-messages <how>',
        'mail over about 3 MB: upload asks for Mail.ReadWrite as well (automatic, guided)',
      ).choices(['refuse', 'smtp-oauth', 'upload']),
    )
    .option('--days <days>', 'how long the credential is good for, 730 at most', days, 365)
    .addOption(new Option('--cloud <name>', 'Microsoft cloud').choices([...cloudNames]).default('global'))
    .option('--login <origin>', 'sign-in host of another cloud, such as a practice tenant')
    .option('--graph <origin>', 'Graph host of another cloud')
    .option('--ca-file <file>', 'PEM of a certificate authority to trust besides the usual ones')
    .option('--proxy <url>', 'HTTP proxy on the way to Microsoft, for the set-up and the connector', proxy)
    .option('--proxy-file <file>', 'file with the URL of the proxy, where it holds a password')
    .option('--sign-in-client <guid>', 'public client to sign in with', graphCommandLineTools)
    .option('--browser', 'sign in by a browser of this machine, where the tenant blocks codes')
    .option('--folder <folder>', 'where the record and the connector go', 'mailroom-setup')
    .addOption(
      new Option(
        '--secrets <where>',
        'where secrets and keys go: into the vault, encrypted, or into files of mode 0600',
      )
        .choices(['vault', 'files'])
        .default('vault'),
    )
    .option(
      '--data-dir <folder>',
      'data folder with the vault (default: of the configuration, else data in the folder)',
    )
    .option('--config <file>', 'configuration that the connector will be put into')
    .option('--forbidden <address>', 'a mailbox that the app must not be able to use, for the proof')
    .option('--undo', 'take back what the automatic way has made')
    .option('--yes', 'do not ask before changes')
    .addHelpText(
      'after',
      '\nWhat was done is on record in the folder: run it again, and it goes on where it stopped.\n\nExamples:\n  mailroom setup --tenant contoso.com --user-name noreply@contoso.com\n  mailroom setup --way guided\n  mailroom setup --way file --tenant contoso.com --client-id 11111111-… --user-name noreply@contoso.com',
    )
    .action((options: SetupOptions) => {
      if (options.undo) return undoSetup(context, options);
      switch (options.way) {
        case 'automatic':
          return setUpAutomatically(context, options);
        case 'guided':
          return setUpGuided(context, options);
        case 'file':
          return setUpByFile(context, options);
      }
    });
}

function tenant(text: string): string {
  const name = withoutBraces(text);
  if (!isTenantName(name))
    throw new InvalidArgumentError('It must be the Directory (tenant) ID, a GUID, or a domain name of the tenant.');
  return name;
}

/** A password in it would stand in the list of processes. */
function proxy(text: string): string {
  const url = text.trim();
  if (!isProxyUrl(url)) throw new InvalidArgumentError(`It must be ${proxyExample}`);
  if (URL.parse(url)?.password)
    throw new InvalidArgumentError(
      'It holds a password, which others on this machine could read here: put it into a file and name that with --proxy-file.',
    );
  return url;
}

function address(text: string): string {
  if (!isAddress(text.trim())) throw new InvalidArgumentError('It must be an address such as noreply@contoso.com.');
  return text.trim();
}

function days(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 730)
    throw new InvalidArgumentError('It must be a number of days from 1 to 730 (24 months).');
  return value;
}
