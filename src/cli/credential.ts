/** `mailroom credential`: what the app proves itself with, and how it is renewed. */
import { type Command, InvalidArgumentError } from 'commander';
import { graphCommandLineTools } from '../microsoft/administrator-sign-in.ts';
import type { CommandContext, CommonOptions } from './context.ts';
import { type InstallOptions, installCertificate } from './credential/install.ts';
import { type RenewOptions, renew } from './credential/renew.ts';
import { type RequestOptions, requestCertificate } from './credential/request.ts';
import { showCredentials } from './credential/status.ts';

export function addCredentialCommands(program: Command, context: CommandContext): void {
  const credential = program.command('credential').description('Look after what the app proves itself with.');
  credential
    .command('status')
    .description('Say when each credential ends, what says so, whether it is renewed by itself, and what was done.')
    .option('--history <count>', 'how many steps of past renewals', number(0, 10_000), 10)
    .option('--json', 'print JSON')
    .option('--config <file>', 'configuration file')
    .addHelpText(
      'after',
      '\nNobody is asked: it is what the server found at its last look, a day ago at most.\n\nExample:\n  mailroom credential status',
    )
    .action((options: CommonOptions & { history: number }) => showCredentials(context, options));
  signingIn(
    credential
      .command('renew')
      .description('Make a new secret or certificate, prove it, put it in the place of the old one, and remove that.')
      .option('--connector <name>', 'connector (default: the first)')
      .option('--days <days>', 'how long the new one is good for, 730 at most', number(1, 730), 365),
  )
    .addHelpText(
      'after',
      '\nThe connector must have its credential in the vault or in files. A server that runs takes the new one with its next token.\nWhat fails before the switch changes nothing. Interrupted while the old one still stands, a server removes it later.\n\nExample:\n  mailroom credential renew --overlap 60',
    )
    .action((options: RenewOptions) => renew(context, options));
  credential
    .command('csr')
    .description('Make a key here and a request for a certificate, which the authority of your organisation signs.')
    .option('--connector <name>', 'connector, with certificate: in the configuration (default: the first)')
    .option('--subject <name>', 'common name of the certificate', 'Mailroom')
    .option('--output <file>', 'file for the request (default: stdout)')
    .option('--config <file>', 'configuration file')
    .addHelpText(
      'after',
      '\nThe key never leaves this machine, and waits beside the one in use until the certificate is installed.\n\nExample:\n  mailroom credential csr --output mailroom.csr',
    )
    .action((options: RequestOptions) => requestCertificate(context, options));
  signingIn(
    credential
      .command('install')
      .description('Put a certificate that was signed for a request into use: registered, proven, switched to.')
      .argument('<file>', 'PEM of the certificate; its chain may stand behind it')
      .option('--connector <name>', 'connector (default: the first)')
      .option('--registered', 'an administrator has uploaded it to the app registration already'),
  )
    .addHelpText('after', '\nExample:\n  mailroom credential install mailroom.pem')
    .action((file: string, options: InstallOptions) => installCertificate(context, options, file));
}

function signingIn(command: Command): Command {
  return command
    .option('--overlap <minutes>', 'how long old and new one stand side by side', number(0, 1440), 5)
    .option('--send', 'prove it by a real message to the system account as well')
    .option('--as-app', 'by the app itself: a certificate always, a secret where it owns its registration')
    .option('--browser', 'sign in by a browser of this machine, where the tenant blocks codes')
    .option('--sign-in-client <guid>', 'public client to sign in with', graphCommandLineTools)
    .option('--config <file>', 'configuration file');
}

function number(from: number, until: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!(value >= from && value <= until)) throw new InvalidArgumentError(`It must be from ${from} to ${until}.`);
    return value;
  };
}
