/** `mailroom consent`: the link for the administrator who may grant Mail.Send, and whether it is granted yet. */

import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { decodeJwt } from 'jose';
import type { MicrosoftConnectorConfig } from '../config/schema.ts';
import { credentialOf } from '../connector-credential.ts';
import { cloudOf, connectionsOf } from '../connectors.ts';
import { TokenError } from '../microsoft/token-error.ts';
import { TokenSource } from '../microsoft/token-source.ts';
import { ConsentStates } from '../setup/consent/consent-callback.ts';
import { consentLink } from '../setup/consent/consent-link.ts';
import { listenForConsent } from '../setup/consent/consent-listener.ts';
import { chosenRegistration } from './chosen-connector.ts';
import { type CommandContext, type CommonOptions, readConfig } from './context.ts';
import { CommandError, exitCodes } from './exit-codes.ts';
import { minutes, seconds } from './time-options.ts';

interface ConsentOptions extends CommonOptions {
  readonly connector?: string;
  readonly redirectUri?: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly wait: number;
  readonly every: number;
}

const permission = 'Mail.Send';

export function addConsentCommand(program: Command, context: CommandContext): void {
  program
    .command('consent')
    .description(`Show the link that grants ${permission}, and wait until it is granted.`)
    .option('--connector <name>', 'connector (default: the first)')
    .option('--redirect-uri <uri>', 'a redirect URI of the registration (default: this listener)')
    .option('--listen <address>', 'where the answer comes in', listenAddress, { host: '127.0.0.1', port: 0 })
    .option('--wait <minutes>', 'how long to wait for the grant; 0: only look', minutes, 30)
    .option('--every <seconds>', 'how often to look', seconds, 15)
    .option('--config <file>', 'configuration file')
    .addHelpText(
      'after',
      '\nThe link is for a Privileged Role Administrator or Global Administrator; it holds no secret and may be mailed.\nMail that waits goes out by itself when the grant shows.\n\nExample:\n  mailroom consent --redirect-uri https://mailroom.contoso.com/connectors/SMTP.aspx --listen 127.0.0.1:8080',
    )
    .action((options: ConsentOptions) => run(context, options));
}

function listenAddress(text: string): { host: string; port: number } {
  const url = URL.parse(`http://${text}`);
  if (!url || url.port === '') throw new InvalidArgumentError('It must be an address such as 127.0.0.1:8080.');
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) };
}

async function run(context: CommandContext, options: ConsentOptions): Promise<void> {
  const { out } = context;
  const { config } = readConfig(context, options);
  const connector = chosenRegistration(config, options.connector);
  const before = await grantOf(connector);
  if (before.isGranted) return out.write(`${permission} is granted.\n`);
  out.write(`${permission} is not granted${before.why}.\n`);
  const states = new ConsentStates(Date.now, () => randomBytes(24).toString('base64url'));
  let refusal: string | undefined;
  let looksAgain = Promise.withResolvers<void>();
  const listener = await listenForConsent(options.listen, states, (answer) => {
    if (answer.kind === 'refused') refusal = answer.sentence;
    looksAgain.resolve();
  });
  try {
    const redirectUri = options.redirectUri ?? `http://localhost:${listener.port}/connectors/SMTP.aspx`;
    const waitMs = options.wait * 60_000;
    const { login, graphResource } = cloudOf(connector);
    const { tenantId: tenant, oauthClientId: clientId } = connector;
    const state = states.give(waitMs);
    out.write(
      `An administrator grants it here:\n${consentLink({ login, tenant, clientId, graphResource, redirectUri, state })}\n`,
    );
    const endsAt = Date.now() + waitMs;
    while (Date.now() < endsAt) {
      await Promise.race([pause(Math.min(options.every * 1000, endsAt - Date.now())), looksAgain.promise]);
      looksAgain = Promise.withResolvers<void>();
      if (refusal !== undefined) throw new CommandError('noPermission', refusal);
      const { isGranted, why } = await grantOf(connector);
      if (isGranted) return out.write(`${permission} is granted.\n`);
      out.write(`Not granted yet${why}; looking for ${Math.ceil((endsAt - Date.now()) / 60_000)} minutes more.\n`);
    }
    context.exitCode = exitCodes.bad[0];
  } finally {
    await listener.close();
  }
}

/** By a new token: what an address says proves nothing. */
async function grantOf(
  connector: MicrosoftConnectorConfig,
): Promise<{ readonly isGranted: boolean /** In brackets, where there is more to say. */; readonly why: string }> {
  const connections = connectionsOf(connector);
  const { login, graphResource: resource } = cloudOf(connector);
  const { tenantId: tenant, oauthClientId: clientId } = connector;
  const source = { login, resource, tenant, clientId, credential: credentialOf(connector), connections, now: Date.now };
  try {
    const { roles } = decodeJwt(await new TokenSource(source).token());
    return { isGranted: Array.isArray(roles) && roles.includes(permission), why: '' };
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    // A credential that was made just now is no reason to withhold the link.
    return { isGranted: false, why: ` (Entra gives no token: ${error.refusal.description})` };
  } finally {
    await connections.close();
  }
}
