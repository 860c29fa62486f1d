/** `mailroom setup`: registers the app in Entra, gives it a credential and its permission, and writes the connector. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { graphCommandLineTools } from '../microsoft/administrator-sign-in.ts';
import { type Cloud, type CloudName, cloudNames, cloudWith } from '../microsoft/clouds.ts';
import { DirectoryClient, DirectoryError } from '../microsoft/directory-client.ts';
import { isTenantName } from '../microsoft/tenant-name.ts';
import { connectorYaml } from '../setup/automatic/connector-yaml.ts';
import { runSetup } from '../setup/automatic/run-steps.ts';
import { readSetupState } from '../setup/automatic/setup-state.ts';
import { type SetupWishes, setupSteps } from '../setup/automatic/steps.ts';
import { administrator, agrees, connectionsTrusting } from './administrator.ts';
import type { CommandContext } from './context.ts';
import { CommandError } from './exit-codes.ts';

interface SetupOptions {
  readonly tenant: string;
  readonly userName: string;
  readonly name: string;
  readonly adminUrl?: string;
  readonly credential: 'certificate' | 'secret';
  readonly days: number;
  readonly cloud: CloudName;
  readonly login?: string;
  readonly graph?: string;
  readonly caFile?: string;
  readonly signInClient: string;
  readonly browser?: boolean;
  readonly folder: string;
  readonly yes?: boolean;
}

/** What the administrator's token is asked for: to make the app, to grant its permission, and to see which tenant it is. */
const scopes = ['Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All', 'User.Read'];

export function addSetupCommand(program: Command, context: CommandContext): void {
  program
    .command('setup')
    .description('Set up Microsoft 365: an administrator signs in, and Mailroom makes the app and its connector.')
    .requiredOption('--tenant <tenant>', 'Directory (tenant) ID, or a domain of the tenant', tenant)
    .requiredOption('--user-name <address>', 'the system account, the mailbox that sends')
    .option('--name <name>', 'name of the app registration', 'Mailroom')
    .option('--admin-url <url>', 'URL of this application, for the redirect URI <url>/connectors/SMTP.aspx')
    .addOption(
      new Option('--credential <kind>', 'what the app proves itself with')
        .choices(['certificate', 'secret'])
        .default('certificate'),
    )
    .option('--days <days>', 'how long the credential is good for, 730 at most', days, 365)
    .addOption(new Option('--cloud <name>', 'Microsoft cloud').choices([...cloudNames]).default('global'))
    .option('--login <origin>', 'sign-in host of another cloud, such as a practice tenant')
    .option('--graph <origin>', 'Graph host of another cloud')
    .option('--ca-file <file>', 'PEM of a certificate authority to trust besides the usual ones')
    .option('--sign-in-client <guid>', 'public client to sign in with', graphCommandLineTools)
    .option('--browser', 'sign in by a browser of this machine, where the tenant blocks codes')
    .option('--folder <folder>', 'where key, certificate, record and configuration go', 'mailroom-setup')
    .option('--yes', 'do not ask before changes')
    .addHelpText(
      'after',
      '\nWhat was done is on record in the folder: run it again, and it goes on where it stopped.\n\nExample:\n  mailroom setup --tenant contoso.com --user-name noreply@contoso.com',
    )
    .action((options: SetupOptions) => run(context, options));
}

function tenant(text: string): string {
  if (!isTenantName(text.trim()))
    throw new InvalidArgumentError('It must be the Directory (tenant) ID, a GUID, or a domain name of the tenant.');
  return text.trim();
}

function days(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 730)
    throw new InvalidArgumentError('It must be a number of days from 1 to 730 (24 months).');
  return value;
}

async function run(context: CommandContext, options: SetupOptions): Promise<void> {
  const { out } = context;
  const cloud = cloudOf(options);
  const wishes = wishesOf(options);
  const folder = resolve(options.folder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stateFile = join(folder, 'setup.json');
  const before = readSetupState(stateFile);

  out.write(`Mailroom will do this in the tenant ${options.tenant}:\n`);
  for (const step of setupSteps) {
    const done = before && step.isDone(before) ? ' (done before)' : '';
    out.write(`  ${step.title}: ${step.plan(wishes)}${done}\n`);
  }
  out.write(`It asks for ${scopes.join(' and ')}, uses them now, and keeps no token of yours.\n\n`);
  if (!options.yes && !(await agrees(context))) throw new CommandError('bad', 'Nothing was changed.');

  const connections = connectionsTrusting(options.caFile);
  try {
    const signedIn = await administrator(context, {
      login: cloud.login,
      tenant: options.tenant,
      clientId: options.signInClient,
      scopes: scopes.map((scope) => `${cloud.graphResource}/${scope}`),
      connections,
      browser: options.browser,
    });
    const directory = new DirectoryClient({
      graph: cloud.graph,
      token: signedIn.token,
      connections,
      newId: randomUUID,
    });
    const { id: tenantId, displayName } = await directory.tenant();
    if (before && before.tenantId !== tenantId)
      throw new CommandError('bad', `${stateFile} is of another tenant (${before.tenantId}). Choose another --folder.`);
    out.write(`Tenant ${displayName} (${tenantId})\n`);
    const keep = (name: string, content: string) => {
      const file = join(folder, name);
      writeFileSync(file, content, { mode: 0o600 });
      return file;
    };
    const parts = { wishes, directory, now: Date.now, keep };
    const end = await runSetup(parts, stateFile, before ?? { format: 1, tenantId }, (event) => {
      if (event.kind === 'done' || event.kind === 'done-before') out.write(`  yes   ${event.step.title}\n`);
      if (event.kind === 'stopped') out.write(`  NO    ${event.step.title}\n`);
    });
    if (end.state.credential && end.state.application) writeConnector(context, options, end.state, folder);
    if (end.stopped) throw new CommandError('bad', end.stopped.why);
    out.write('Next: mailroom check, then limit the app to its mailbox (mailroom policy script).\n');
  } catch (error) {
    if (error instanceof DirectoryError) throw new CommandError('unavailable', error.message);
    throw error;
  } finally {
    await connections.close();
  }
}

function cloudOf({ cloud, login, graph }: SetupOptions): Cloud {
  try {
    return cloudWith(cloud, { ...(login ? { login } : {}), ...(graph ? { graph } : {}) });
  } catch (error) {
    throw new CommandError('usage', error instanceof Error ? error.message : String(error));
  }
}

function wishesOf(options: SetupOptions): SetupWishes {
  const { adminUrl } = options;
  if (adminUrl !== undefined && URL.parse(adminUrl) === null)
    throw new CommandError('usage', `--admin-url must be a URL such as https://mailroom.contoso.com, not ${adminUrl}.`);
  return {
    applicationName: options.name,
    signInAudience: 'AzureADMyOrg',
    redirectUri: adminUrl === undefined ? undefined : `${adminUrl.replace(/\/+$/, '')}/connectors/SMTP.aspx`,
    credential: options.credential,
    credentialDays: options.days,
  };
}

function writeConnector(
  { out }: CommandContext,
  options: SetupOptions,
  state: Parameters<typeof connectorYaml>[0],
  folder: string,
): void {
  const { userName, cloud, login, graph, caFile } = options;
  const hosts = login && graph ? { login, graph } : cloud;
  const facts = { userName, cloud: hosts, ...(caFile ? { caFile: resolve(caFile) } : {}) };
  const file = join(folder, 'connector.yaml');
  writeFileSync(file, connectorYaml(state, facts), { mode: 0o600 });
  out.write(`Client ID ${state.application?.appId}, tenant ID ${state.tenantId}. The connector stands in ${file}.\n`);
}
