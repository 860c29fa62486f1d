/** `mailroom policy`: which mailboxes the app may use. Plans the limit, and writes the script that sets it in Exchange. */
import { writeFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { cloudNames, clouds } from '../microsoft/clouds.ts';
import { isGuid } from '../microsoft/tenant-name.ts';
import { accessPolicyPlan } from '../setup/limit/access-policy-plan.ts';
import type { LimitPlan, LimitWishes } from '../setup/limit/limit-plan.ts';
import { callText, limitScript } from '../setup/limit/limit-script.ts';
import { rbacPlan } from '../setup/limit/rbac-plan.ts';
import { type CommandContext, type CommonOptions, configFile, readConfig } from './context.ts';
import { CommandError } from './exit-codes.ts';

interface PolicyOptions extends CommonOptions {
  readonly way: LimitPlan['way'];
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

export function addPolicyCommands(program: Command, context: CommandContext): void {
  const policy = program.command('policy').description('Limit which mailboxes the app may use.');
  wishes(policy.command('plan').description('Show what would be changed in Exchange, step by step.'))
    .addHelpText('after', `${ways}\nExample:\n  mailroom policy plan --way access-policy --mailbox noreply@contoso.com`)
    .action((options: PolicyOptions) => {
      const { plan } = planOf(context, options);
      context.out.write(options.json ? `${JSON.stringify(plan)}\n` : planText(plan));
    });
  wishes(policy.command('script').description('Write the PowerShell that changes it: to review, to try, to run twice.'))
    .option('--output <file>', 'file for the script; stdout without it')
    .addHelpText(
      'after',
      `${ways}\nExample:\n  mailroom policy script --object-id 0aa…9 --mailbox noreply@contoso.com --output limit.ps1\n  pwsh ./limit.ps1 -WhatIf`,
    )
    .action((options: PolicyOptions) => {
      const { plan, exchangeEnvironment } = planOf(context, options);
      const script = limitScript(plan, exchangeEnvironment);
      if (options.output === undefined)
        return context.out.write(options.json ? `${JSON.stringify({ script })}\n` : script);
      try {
        // Windows PowerShell 5.1 reads a file without a byte order mark in the code page of the machine.
        writeFileSync(options.output, `\ufeff${script}`);
      } catch (error) {
        const why = error instanceof Error ? error.message : error;
        throw new CommandError('cannotCreate', `The script cannot be written: ${why}`);
      }
      context.out.write(
        options.json
          ? `${JSON.stringify({ file: options.output })}\n`
          : `Written to ${options.output}. Review it, try it with -WhatIf, then run it.\n`,
      );
    });
}

const ways = [
  '',
  'Two ways: rbac (RBAC for Applications) is what Microsoft recommends, and needs no Mail.Send in Entra.',
  'access-policy narrows a Mail.Send that was granted there, and is the older way.',
  'Client ID, mailbox and cloud are taken from the connector of the configuration where they are not named.',
  '',
].join('\n');

function wishes(command: Command): Command {
  return command
    .addOption(new Option('--way <way>', 'how to limit').choices(['rbac', 'access-policy']).default('rbac'))
    .option('--client-id <guid>', 'Application (client) ID', guid)
    .option('--object-id <guid>', 'Object ID of the enterprise application (rbac)', guid)
    .option('--application <name>', 'name of the app, for people', 'Mailroom')
    .option('--mailbox <addresses...>', 'mailboxes that the app may use')
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

function planOf(context: CommandContext, options: PolicyOptions): { plan: LimitPlan; exchangeEnvironment: string } {
  const known = connectorOf(context, options);
  const clientId = options.clientId ?? known?.clientId;
  const mailboxes = options.mailbox ?? (known ? [known.userName] : []);
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
    group: {
      name: options.groupName,
      address: options.group ?? `mailroom-senders@${domain}`,
      owners: options.owner ?? [],
    },
  };
  const { exchangeEnvironment } = clouds[options.cloud ?? known?.cloud ?? 'global'];
  if (options.way === 'access-policy') return { plan: accessPolicyPlan(common), exchangeEnvironment };
  if (options.objectId === undefined)
    throw new CommandError(
      'usage',
      'RBAC for Applications needs --object-id: the Object ID under Entra > Enterprise applications > your app, not that of the app registration.',
    );
  return { plan: rbacPlan({ ...common, servicePrincipalId: options.objectId }), exchangeEnvironment };
}

/** What the configuration says of the connector; undefined where there is none and nothing asks for one. */
function connectorOf(context: CommandContext, options: PolicyOptions) {
  const isNeeded = options.clientId === undefined || options.mailbox === undefined;
  if (!isNeeded && options.config === undefined && options.connector === undefined) return undefined;
  if (configFile(context, options) === undefined && options.connector === undefined) return undefined;
  const { config } = readConfig(context, options);
  const { connector: wanted } = options;
  const found = wanted === undefined ? config.connectors[0] : config.connectors.find(({ name }) => name === wanted);
  if (!found) throw new CommandError('usage', `The configuration has no connector ${wanted ?? ''}.`);
  const cloud = typeof found.cloud === 'string' ? found.cloud : undefined;
  return { clientId: found.oauthClientId, userName: found.userName, cloud };
}

function planText(plan: LimitPlan): string {
  const steps = plan.steps.flatMap(({ purpose, change }, index) => [
    `${index + 1}. ${purpose}`,
    `   ${callText(change)}`,
  ]);
  const proofs = plan.proofs.map((proof) => `   ${callText(proof)}   (must be ${proof.expected})`);
  return [plan.title, '', ...plan.notes.map((note) => `- ${note}`), '', ...steps, '', 'Proof:', ...proofs, ''].join(
    '\n',
  );
}
