/** `mailroom credential renew`: a new secret or certificate, proven before it takes the place of the old one. */

import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import type { Dispatcher } from 'undici';
import { checkConnectorOnce } from '../check-connector.ts';
import type { MicrosoftConnectorConfig } from '../config/schema.ts';
import { credentialOf, keepingOf } from '../connector-credential.ts';
import { cloudOf, connectionsOf } from '../connectors.ts';
import { graphCommandLineTools } from '../microsoft/administrator-sign-in.ts';
import { DirectoryClient, DirectoryError } from '../microsoft/directory-client.ts';
import { TokenError } from '../microsoft/token-error.ts';
import { TokenSource } from '../microsoft/token-source.ts';
import { type RenewableCredential, RenewalError, renewCredential } from '../setup/renewal/renew-credential.ts';
import { administrator } from './administrator.ts';
import { chosenRegistration } from './chosen-connector.ts';
import { type CommandContext, type CommonOptions, readConfig } from './context.ts';
import { CommandError } from './exit-codes.ts';

interface RenewOptions extends CommonOptions {
  readonly connector?: string;
  readonly days: number;
  readonly overlap: number;
  readonly send?: boolean;
  readonly asApp?: boolean;
  readonly browser?: boolean;
  readonly signInClient: string;
}

export function addCredentialCommands(program: Command, context: CommandContext): void {
  const credential = program.command('credential').description('Look after what the app proves itself with.');
  credential
    .command('renew')
    .description('Make a new secret or certificate, prove it, put it in the place of the old one, and remove that.')
    .option('--connector <name>', 'connector (default: the first)')
    .option('--days <days>', 'how long the new one is good for, 730 at most', number(1, 730), 365)
    .option('--overlap <minutes>', 'how long both stand side by side', number(0, 1440), 5)
    .option('--send', 'prove it by a real message to the system account as well')
    .option('--as-app', 'by the app itself, which must own its registration (Application.ReadWrite.OwnedBy)')
    .option('--browser', 'sign in by a browser of this machine, where the tenant blocks codes')
    .option('--sign-in-client <guid>', 'public client to sign in with', graphCommandLineTools)
    .option('--config <file>', 'configuration file')
    .addHelpText(
      'after',
      '\nThe connector must have its credential in the vault or in files. A server that runs takes the new one with its next token. What\nfails before the switch changes nothing.\n\nExample:\n  mailroom credential renew --overlap 60',
    )
    .action((options: RenewOptions) => renew(context, options));
}

function number(from: number, until: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!(value >= from && value <= until)) throw new InvalidArgumentError(`It must be from ${from} to ${until}.`);
    return value;
  };
}

async function renew(context: CommandContext, options: RenewOptions): Promise<void> {
  const { out } = context;
  const { config } = readConfig(context, options);
  const connector = chosenRegistration(config, options.connector);
  const keeping = keepingOf(connector);
  if ('why' in keeping) throw new CommandError('config', keeping.why);
  const { keep } = keeping;
  const old = credentialOf(connector);
  if (old.kind === 'federated' || old.kind === 'managed-identity')
    throw new CommandError('usage', 'A credential of the platform has no end to renew.');
  const connections = connectionsOf(connector);
  try {
    const token = await tokenFor(context, options, connector, connections);
    const directory = new DirectoryClient({ graph: cloudOf(connector).graph, token, connections, newId: randomUUID });
    const wishes = { clientId: connector.oauthClientId, days: options.days, overlapMs: options.overlap * 60_000 };
    const { endsAt } = await renewCredential(old, wishes, {
      directory,
      prove: (credential) => prove(connector, credential, options.send ?? false),
      keep,
      now: Date.now,
      pause: (ms) => pause(ms),
      told: (event) => {
        if (event.kind === 'made') out.write(`  made      good until ${dateOf(event.endsAt)}\n`);
        else if (event.kind === 'not-proven-yet') out.write(`  ...       ${event.why} Asked again in ten seconds.\n`);
        else if (event.kind === 'kept-old') out.write(`  kept      the old one stays: ${event.why}\n`);
        else out.write(`  ${event.kind}\n`);
      },
    });
    out.write(`The credential of ${connector.name} is good until ${dateOf(endsAt)}.\n`);
  } catch (error) {
    if (error instanceof RenewalError) throw new CommandError('unavailable', error.message);
    if (!(error instanceof DirectoryError)) throw error;
    const who = error.status === 403 ? ' An Application Administrator or an owner of the registration can.' : '';
    throw new CommandError('unavailable', `${error.message}${who} Nothing was changed here.`);
  } finally {
    await connections.close();
  }
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

async function tokenFor(
  context: CommandContext,
  options: RenewOptions,
  connector: MicrosoftConnectorConfig,
  connections: Dispatcher,
): Promise<string> {
  const cloud = cloudOf(connector);
  const { tenantId: tenant, oauthClientId: clientId } = connector;
  if (!options.asApp) {
    const scopes = [`${cloud.graphResource}/Application.ReadWrite.All`];
    const { login } = cloud;
    const signIn = { login, tenant, clientId: options.signInClient, scopes, connections, browser: options.browser };
    return (await administrator(context, signIn)).token;
  }
  const credential = credentialOf(connector);
  const { login, graphResource: resource } = cloud;
  try {
    return await new TokenSource({ login, resource, tenant, clientId, credential, connections, now: Date.now }).token();
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    throw new CommandError(
      'noPermission',
      `The app itself gets no token any more: ${error.refusal.description} An administrator can renew it: leave --as-app out.`,
    );
  }
}

/** By a token, by what Graph lets the app do, and by a message where that is wished. */
async function prove(
  connector: MicrosoftConnectorConfig,
  credential: RenewableCredential,
  send: boolean,
): Promise<string | undefined> {
  const only = ['hosts', 'clock', 'tenant', 'credential', 'roles', 'mailbox', ...(send ? ['send'] : [])];
  const reports = await checkConnectorOnce(connector, { send, forbidden: [] }, { only, credential });
  const bad = reports.find(({ state }) => state === 'fail' || state === 'unknown');
  return bad && (bad.evidence[0] ?? bad.statement);
}
