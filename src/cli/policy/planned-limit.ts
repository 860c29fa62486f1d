/** What a limit is to be, from the command line and the configuration; for all commands of `mailroom policy`. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { decodeJwt } from 'jose';
import type { MicrosoftConnectorConfig } from '../../config/schema.ts';
import { credentialOf } from '../../connector-credential.ts';
import { cloudOf, connectionsOf, keepsDrafts, mailboxesOfApp } from '../../connectors.ts';
import { type CloudName, cloudNames } from '../../microsoft/clouds.ts';
import { isGuid } from '../../microsoft/tenant-name.ts';
import { TokenError } from '../../microsoft/token-error.ts';
import { TokenSource } from '../../microsoft/token-source.ts';
import { accessPolicyPlan } from '../../setup/limit/access-policy-plan.ts';
import { difference, type LimitPlan, type LimitWishes } from '../../setup/limit/limit-plan.ts';
import { callText } from '../../setup/limit/limit-script.ts';
import { rbacPlan } from '../../setup/limit/rbac-plan.ts';
import { chosenRegistration } from '../chosen-connector.ts';
import { type CommandContext, type CommonOptions, configFile, readConfig } from '../context.ts';
import { CommandError } from '../exit-codes.ts';

export interface PolicyOptions extends CommonOptions {
  readonly way: LimitPlan['way'];
  readonly deny?: boolean;
  readonly connector?: string;
  readonly clientId?: string;
  readonly objectId?: string;
  readonly application: string;
  readonly mailbox?: string[];
  readonly forbidden?: string;
  readonly group?: string;
  readonly groupName: string;
  readonly owner?: string[];
  readonly cloud?: (typeof cloudNames)[number];
  readonly output?: string;
}

export interface PlannedLimit {
  readonly plan: LimitPlan;
  readonly cloudName: CloudName;
  readonly clientId: string;
  /** The connector that it was taken from, if any. */
  readonly connector: MicrosoftConnectorConfig | undefined;
}

export const ways = [
  '',
  ...difference.split(/(?<=\.) /),
  'Client ID, mailbox and cloud are taken from the connector of the configuration where they are not named.',
  '',
].join('\n');

export function wishes(command: Command): Command {
  return command
    .addOption(new Option('--way <way>', 'how to limit').choices(['rbac', 'access-policy']).default('rbac'))
    .option('--deny', 'access-policy: the mailboxes are those that the app may not use (DenyAccess)')
    .option('--client-id <guid>', 'Application (client) ID', guid)
    .option('--object-id <guid>', 'Object ID of the enterprise application (rbac)', guid)
    .option('--application <name>', 'name of the app, for people', 'Mailroom')
    .option(
      '--mailbox <addresses...>',
      'mailboxes that the app may use (default: all that the configuration sends as by it)',
    )
    .option('--forbidden <address>', 'a mailbox that it must not reach, for the proof')
    .option('--group <address>', 'address of the mail-enabled security group (default: mailroom-senders@ your domain)')
    .option('--group-name <name>', 'its name', 'Mailroom senders')
    .option('--owner <addresses...>', 'owners of the group')
    .addOption(new Option('--cloud <name>', 'Microsoft cloud').choices([...cloudNames]))
    .option('--connector <name>', 'connector of the configuration (default: the first)')
    .option('--config <file>', 'configuration file')
    .option('--json', 'print JSON');
}

function guid(text: string): string {
  const value = text.trim().toLowerCase();
  if (!isGuid(value)) throw new InvalidArgumentError('It must be a GUID.');
  return value;
}

export async function planOf(context: CommandContext, options: PolicyOptions): Promise<PlannedLimit> {
  const known = connectorOf(context, options);
  const clientId = options.clientId ?? known?.clientId;
  if (options.deny && options.way !== 'access-policy')
    throw new CommandError('usage', '--deny is for --way access-policy: a role of Exchange gives, and denies nothing.');
  if (options.deny && options.mailbox === undefined)
    throw new CommandError('usage', 'Name with --mailbox the mailboxes that the app may not use.');
  const mailboxes = options.mailbox ?? known?.mailboxes ?? [];
  if (clientId === undefined || mailboxes.length === 0)
    throw new CommandError('usage', 'Name --client-id and --mailbox, or a configuration with a connector.');
  for (const address of [...mailboxes, options.forbidden, options.group, ...(options.owner ?? [])])
    if (address !== undefined && !/^[^\s@,;<>()]+@[^\s@,;<>()]+$/.test(address))
      throw new CommandError('usage', `${JSON.stringify(address)} is no address such as noreply@contoso.com.`);
  const domain = mailboxes[0]?.split('@')[1] ?? '';
  const common: LimitWishes = {
    clientId,
    applicationName: options.application,
    mailboxes,
    ...(options.forbidden ? { forbidden: options.forbidden } : {}),
    ...(options.deny ? { denies: true } : {}),
    group: {
      name: options.deny ? `${options.groupName} (denied)` : options.groupName,
      address: options.group ?? `mailroom-${options.deny ? 'denied' : 'senders'}@${domain}`,
      owners: options.owner ?? [],
    },
  };
  const cloudName = options.cloud ?? known?.cloud ?? 'global';
  const where = { cloudName, connector: known?.connector, clientId };
  if (options.way === 'access-policy') return { plan: accessPolicyPlan(common), ...where };
  const servicePrincipalId = options.objectId ?? (known ? await objectIdOf(known.connector) : undefined);
  if (servicePrincipalId === undefined)
    throw new CommandError(
      'usage',
      'RBAC for Applications needs --object-id: the Object ID under Entra > Enterprise applications > your app, not that of the app registration.',
    );
  const drafts = known?.keepsDrafts ?? false;
  return { plan: rbacPlan({ ...common, keepsDrafts: drafts, servicePrincipalId }), ...where };
}

/**
 * The Object ID of the enterprise application, as the app's own token has it (`oid`): a person would have to look it up,
 * and often takes that of the app registration.
 */
async function objectIdOf(connector: MicrosoftConnectorConfig): Promise<string | undefined> {
  const connections = connectionsOf(connector);
  const { login, graphResource: resource } = cloudOf(connector);
  const { tenantId: tenant, oauthClientId: clientId } = connector;
  try {
    const source = {
      login,
      resource,
      tenant,
      clientId,
      credential: credentialOf(connector),
      connections,
      now: Date.now,
    };
    const { oid } = decodeJwt(await new TokenSource(source).token());
    return typeof oid === 'string' && isGuid(oid) ? oid : undefined;
  } catch (error) {
    if (error instanceof TokenError) return undefined;
    throw error;
  } finally {
    await connections.close();
  }
}

/** What the configuration says of the connector; undefined where there is none and nothing asks for one. */
function connectorOf(context: CommandContext, options: PolicyOptions) {
  const isNeeded = options.clientId === undefined || options.mailbox === undefined;
  if (!isNeeded && options.config === undefined && options.connector === undefined) return undefined;
  if (configFile(context, options) === undefined && options.connector === undefined) return undefined;
  const { config } = readConfig(context, options);
  const found = chosenRegistration(config, options.connector);
  const cloud = typeof found.cloud === 'string' ? found.cloud : undefined;
  const mailboxes = mailboxesOfApp(config, found.oauthClientId);
  const drafts = keepsDrafts(config, found.oauthClientId);
  return { clientId: found.oauthClientId, mailboxes, cloud, connector: found, keepsDrafts: drafts };
}

export function planText(plan: LimitPlan): string {
  const steps = plan.steps.flatMap(({ purpose, change }, index) => [
    `${index + 1}. ${purpose}`,
    `   ${callText(change)}`,
  ]);
  const proofs = plan.proofs.map((proof) => `   ${callText(proof)}   (must be ${proof.expected})`);
  return [
    plan.title,
    '',
    difference,
    '',
    ...plan.notes.map((note) => `- ${note}`),
    '',
    ...steps,
    '',
    'Proof:',
    ...proofs,
    '',
  ].join('\n');
}
