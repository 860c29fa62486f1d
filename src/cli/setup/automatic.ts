/** The automatic way: an administrator signs in, and Mailroom makes the app, its credential, its permission and the consent. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadConfig } from '../../config/load.ts';
import { credentialOf } from '../../connector-credential.ts';
import { DirectoryClient, DirectoryError } from '../../microsoft/directory-client.ts';
import { runSetup, type SetupEnd } from '../../setup/automatic/run-steps.ts';
import { readSetupState, type SetupState } from '../../setup/automatic/setup-state.ts';
import { type SetupWishes, setupSteps } from '../../setup/automatic/steps.ts';
import { CredentialRecords, fingerprintOf } from '../../setup/renewal/credential-records.ts';
import { keyIdOf } from '../../setup/renewal/registration.ts';
import { administrator, agrees } from '../administrator.ts';
import type { CommandContext } from '../context.ts';
import { CommandError } from '../exit-codes.ts';
import { withLargeMessages, writeConnectorWith } from './connector-file.ts';
import { openSecretKeeping, type SecretKeeping } from './secret-keeping.ts';
import { cloudOfOptions, connectionsOfOptions, redirectUriOf, required, type SetupOptions } from './setup-options.ts';

/** What the administrator's token is asked for: to make the app, grant its permission, read the credential policy, see the tenant. */
const scopes = ['Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All', 'Policy.Read.All', 'User.Read'];

export async function setUpAutomatically(context: CommandContext, given: SetupOptions): Promise<void> {
  const { out } = context;
  const folder = resolve(given.folder);
  const stateFile = join(folder, 'setup.json');
  const before = readSetupState(stateFile);
  const options = withLargeMessages(context, given, before?.application?.appId);
  const cloud = cloudOfOptions(options);
  const tenant = required(options.tenant, '--tenant, the Directory (tenant) ID or a domain of the tenant');
  const userName = required(options.userName, '--user-name, the system account');
  const wishes = wishesOf(options);
  const keeping = openSecretKeeping(context, options);

  out.write(`Mailroom will do this in the tenant ${tenant}:\n`);
  for (const step of setupSteps) {
    if (step.isWanted && !step.isWanted(wishes)) continue;
    const isDone = before !== undefined && step.isDone(before, wishes);
    out.write(`  ${step.title}: ${isDone ? 'done before' : step.plan(wishes, before)}\n`);
  }
  out.write(`It asks for ${scopes.join(', ')}, uses them now, and keeps no token of yours.\n\n`);
  if (!options.yes && !(await agrees(context))) throw new CommandError('bad', 'Nothing was changed.');

  const connections = connectionsOfOptions(options);
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
    const told = (sentence: string) => out.write(`        ${sentence}\n`);
    const parts = { wishes, directory, now: Date.now, keep: keeping.keep, told };
    const end = await runSetup(parts, stateFile, before ?? { format: 1, tenantId }, (event) => {
      if (event.kind === 'done' || event.kind === 'done-before') out.write(`  yes   ${event.step.title}\n`);
      if (event.kind === 'stopped') out.write(`  NO    ${event.step.title}\n`);
    });
    keepConnector(context, options, userName, end.state, folder, keeping);
    const damaged = new CredentialRecords(keeping.dataDir).setAsideDamaged();
    if (damaged !== undefined)
      out.write(`The record of credentials was damaged: it is begun anew, and stands in ${damaged}.\n`);
    await recordCredential(end.state, directory, folder, keeping);
    if (end.stopped) throw new CommandError('bad', stoppedBy(end.stopped, options));
    out.write(nextOf(options));
  } catch (error) {
    if (error instanceof DirectoryError) throw new CommandError('unavailable', error.message);
    throw error;
  } finally {
    await connections.close();
  }
}

/** The file that the commands after this one are told. */
const connectorFile = ({ folder }: SetupOptions) => join(folder, 'connector.yaml');

function nextOf(options: SetupOptions): string {
  const config = `--config ${connectorFile(options)}`;
  return [
    'Next, with a mailbox in place of ceo@… that the app must not use:',
    `  mailroom policy apply ${config} --forbidden ceo@…    limits the app to its mailbox`,
    `  mailroom check ${config} --forbidden ceo@… --wait 120    proves it, once Graph has followed`,
    '',
  ].join('\n');
}

/** Whoever may not grant the consent can send a link to somebody who may. */
function stoppedBy({ step, why }: NonNullable<SetupEnd['stopped']>, options: SetupOptions): string {
  if (step.id !== 'consent') return why;
  return `${why} Or send them the link that this prints: mailroom consent --config ${connectorFile(options)}`;
}

function wishesOf(options: SetupOptions): SetupWishes {
  return {
    applicationName: options.name,
    signInAudience: 'AzureADMyOrg',
    redirectUri: redirectUriOf(options),
    credential: options.credential,
    credentialDays: options.days,
    renewsSecret: options.selfRenewal ?? false,
    keepsDrafts: options.largeMessages === 'upload',
  };
}

function keepConnector(
  { out }: CommandContext,
  options: SetupOptions,
  userName: string,
  { application, credential, tenantId }: SetupState,
  folder: string,
  keeping: SecretKeeping,
): void {
  if (!application || !credential) return;
  const draft = { clientId: application.appId, tenantId, userName };
  const file = writeConnectorWith(draft, credential.kind, credential.kept, options, folder, keeping);
  out.write(`Client ID ${application.appId}, tenant ID ${tenantId}. The connector stands in ${file}.\n`);
}

/** What the server needs to renew it by itself: an app may not read its own registration as a rule. */
async function recordCredential(
  { application, credential }: SetupState,
  directory: DirectoryClient,
  folder: string,
  keeping: SecretKeeping,
): Promise<void> {
  if (!application || !credential) return;
  const file = join(folder, 'connector.yaml');
  const loaded = loadConfig({ file, env: {}, readFile: (path) => readFileSync(path, 'utf8'), hostname: 'localhost' });
  const connector = loaded.ok ? loaded.config.connectors[0] : undefined;
  if (!connector || connector.kind === 'smtp') return;
  const made = credentialOf(connector);
  if (made.kind !== 'secret' && made.kind !== 'certificate') return;
  const keyId = keyIdOf(made, await directory.applicationOf(application.appId));
  new CredentialRecords(keeping.dataDir).change(connector.name, (record) => ({
    ...record,
    objectId: application.id,
    inUse: {
      fingerprint: fingerprintOf(made) ?? '',
      endsAt: credential.endsAt,
      from: 'made',
      ...(keyId === undefined ? {} : { keyId }),
    },
  }));
}
