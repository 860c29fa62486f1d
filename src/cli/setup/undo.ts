/** Takes back what `mailroom setup` has made: the app with its consent, and the files. */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DirectoryClient, DirectoryError } from '../../microsoft/directory-client.ts';
import { readSetupState } from '../../setup/automatic/setup-state.ts';
import { administrator, agrees } from '../administrator.ts';
import type { CommandContext } from '../context.ts';
import { CommandError } from '../exit-codes.ts';
import { openSecretKeeping } from './secret-keeping.ts';
import { cloudOfOptions, connectionsOfOptions, type SetupOptions } from './setup-options.ts';

export async function undoSetup(context: CommandContext, options: SetupOptions): Promise<void> {
  const { out } = context;
  const folder = resolve(options.folder);
  const stateFile = join(folder, 'setup.json');
  const state = readSetupState(stateFile);
  if (!state) throw new CommandError('usage', `There is no record of a set-up in ${folder}. Name its --folder.`);
  const { application, tenantId, credential } = state;
  const kept = credential?.kept ?? [];
  const secretFiles = kept.flatMap((each) => ('file' in each ? [each.file] : []));
  const files = [...secretFiles, join(folder, 'connector.yaml'), stateFile];
  out.write(`Mailroom will take this back in the tenant ${tenantId}:\n`);
  if (application)
    out.write(
      `  the app registration ${application.appId}, with its credential and its consent; Entra keeps it for 30 days under Deleted applications\n`,
    );
  for (const each of kept) if ('vault' in each) out.write(`  the entry ${each.vault} of the vault\n`);
  for (const file of files) out.write(`  the file ${file}\n`);
  out.write('A connector that uses this app can then no longer send.\n');
  if (!options.yes && !(await agrees(context))) throw new CommandError('bad', 'Nothing was changed.');
  if (application) await removeApplication(context, options, application.id, tenantId);
  const keeping = openSecretKeeping(context, options);
  for (const each of kept) keeping.remove(each);
  for (const file of files) rmSync(file, { force: true });
  out.write('Taken back.\n');
}

async function removeApplication(
  context: CommandContext,
  options: SetupOptions,
  objectId: string,
  tenant: string,
): Promise<void> {
  const cloud = cloudOfOptions(options);
  const connections = connectionsOfOptions(options);
  try {
    const { token } = await administrator(context, {
      login: cloud.login,
      tenant,
      clientId: options.signInClient,
      scopes: [`${cloud.graphResource}/Application.ReadWrite.All`],
      connections,
      browser: options.browser,
    });
    const directory = new DirectoryClient({ graph: cloud.graph, token, connections, newId: randomUUID });
    await directory.deleteApplication(objectId);
  } catch (error) {
    if (!(error instanceof DirectoryError)) throw error;
    // Somebody was faster: what was to go has gone.
    if (error.status !== 404) throw new CommandError('unavailable', error.message);
  } finally {
    await connections.close();
  }
}
