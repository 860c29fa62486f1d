/** Mail.ReadWrite for an app that is in use, once its large mail is to leave by uploads; by an administrator's sign-in. */
import { randomUUID } from 'node:crypto';
import type { MicrosoftConnectorConfig } from '../config/schema.ts';
import { cloudOf, connectionsOf } from '../connectors.ts';
import { graphCommandLineTools } from '../microsoft/administrator-sign-in.ts';
import { DirectoryClient, DirectoryError } from '../microsoft/directory-client.ts';
import { appRoleId, graphAppId, graphOf, refuseBesideRole } from '../setup/automatic/app-roles.ts';
import { administrator, type SignInParts } from './administrator.ts';
import { consentScopes } from './consent-in-entra.ts';

const role = 'Mail.ReadWrite';

/** Listed in the registration and granted; what is there already stays as it is. @throws Error in one sentence */
export async function runGrant(connector: MicrosoftConnectorConfig, parts: SignInParts): Promise<void> {
  const { login, graph, graphResource } = cloudOf(connector);
  const connections = connectionsOf(connector);
  try {
    const scopes = ['Application.ReadWrite.All', ...consentScopes].map((scope) => `${graphResource}/${scope}`);
    const signIn = { login, tenant: connector.tenantId, clientId: graphCommandLineTools, scopes, connections };
    const { token } = await administrator(signIn, parts);
    const directory = new DirectoryClient({ graph, token, connections, newId: randomUUID });
    const resource = await graphOf(directory);
    const app = await directory.servicePrincipalOf(connector.oauthClientId);
    if (!app) throw new Error('The tenant has no enterprise application of this app: grant Mail.Send first.');
    await refuseBesideRole(directory, app.id, resource);
    const { id } = await directory.applicationOf(connector.oauthClientId);
    await directory.requireRole(id, graphAppId, appRoleId(resource, role));
    parts.told.line('yes', `${role} is listed in the registration.`, { row: 'M7' });
    await directory.grantRole(app.id, resource.id, appRoleId(resource, role));
    parts.told.line('yes', `${role} is granted. New tokens have it within minutes; the checks tell.`, { row: 'M8' });
  } catch (error) {
    if (!(error instanceof DirectoryError)) throw error;
    const who = error.status === 403 ? ' A Privileged Role Administrator or Global Administrator can.' : '';
    throw new Error(`${error.message}${who}`, { cause: error });
  } finally {
    await connections.close();
  }
}
