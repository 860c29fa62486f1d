/** The automatic way: an administrator signs in, and Mailroom makes the app, its credential, its permission and the consent. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DirectoryClient, DirectoryError } from '../../microsoft/directory-client.ts';
import { runSetup } from '../../setup/automatic/run-steps.ts';
import { readSetupState, type SetupState } from '../../setup/automatic/setup-state.ts';
import { type SetupWishes, setupSteps } from '../../setup/automatic/steps.ts';
import { administrator, agrees, connectionsTrusting } from '../administrator.ts';
import type { CommandContext } from '../context.ts';
import { CommandError } from '../exit-codes.ts';
import { writeConnector } from './connector-file.ts';
import { cloudOfOptions, redirectUriOf, required, type SetupOptions } from './setup-options.ts';

/** What the administrator's token is asked for: to make the app, to grant its permission, and to see which tenant it is. */
const scopes = ['Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All', 'User.Read'];

export async function setUpAutomatically(context: CommandContext, options: SetupOptions): Promise<void> {
  const { out } = context;
  const cloud = cloudOfOptions(options);
  const tenant = required(options.tenant, '--tenant, the Directory (tenant) ID or a domain of the tenant');
  const userName = required(options.userName, '--user-name, the system account');
  const wishes = wishesOf(options);
  const folder = resolve(options.folder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stateFile = join(folder, 'setup.json');
  const before = readSetupState(stateFile);

  out.write(`Mailroom will do this in the tenant ${tenant}:\n`);
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
      tenant,
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
    keepConnector(context, options, userName, end.state, folder);
    if (end.stopped) throw new CommandError('bad', end.stopped.why);
    out.write('Next: mailroom check, then limit the app to its mailbox (mailroom policy script).\n');
  } catch (error) {
    if (error instanceof DirectoryError) throw new CommandError('unavailable', error.message);
    throw error;
  } finally {
    await connections.close();
  }
}

function wishesOf(options: SetupOptions): SetupWishes {
  return {
    applicationName: options.name,
    signInAudience: 'AzureADMyOrg',
    redirectUri: redirectUriOf(options),
    credential: options.credential,
    credentialDays: options.days,
  };
}

function keepConnector(
  { out }: CommandContext,
  options: SetupOptions,
  userName: string,
  { application, credential, tenantId }: SetupState,
  folder: string,
): void {
  if (!application || !credential) return;
  const [first = '', key = ''] = credential.files;
  const draft = {
    clientId: application.appId,
    tenantId,
    userName,
    credential:
      credential.kind === 'certificate'
        ? { kind: 'certificate' as const, certificate: first, key }
        : { kind: 'secret' as const, secret: readFileSync(first, 'utf8') },
  };
  const file = writeConnector(draft, options, folder);
  out.write(`Client ID ${application.appId}, tenant ID ${tenantId}. The connector stands in ${file}.\n`);
}
