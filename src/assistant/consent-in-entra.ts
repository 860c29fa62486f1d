/** The tenant-wide permissions of an app in Entra that a limit takes the place of: given, withdrawn, given again; by an administrator's token. */
import { randomUUID } from 'node:crypto';
import type { MicrosoftConnectorConfig } from '../config/schema.ts';
import { cloudOf, connectionsOf } from '../connectors.ts';
import { DirectoryClient, type DirectoryServicePrincipal } from '../microsoft/directory-client.ts';
import { appRoleId, graphAppId } from '../setup/automatic/app-roles.ts';
import type { MigrationParts } from '../setup/limit/migrate-limit.ts';

/** Delegated permissions of Graph that it takes, without their resource. */
export const consentScopes = ['AppRoleAssignment.ReadWrite.All', 'Application.Read.All'] as const;

/** Those that cover every mailbox of the organisation until something limits them. */
export function limitedRoles(connector: MicrosoftConnectorConfig): readonly string[] {
  const keepsDrafts = connector.kind === 'graph' && connector.largeMessages === 'upload';
  return ['Mail.Send', ...(keepsDrafts ? ['Mail.ReadWrite'] : [])];
}

/** @param token asked for when it is first needed. Its calls throw DirectoryError */
export function consentInEntra(
  connector: MicrosoftConnectorConfig,
  token: () => Promise<string>,
): MigrationParts['consent'] {
  const { graph } = cloudOf(connector);
  const using = async <T>(
    work: (directory: DirectoryClient, app: string, resource: DirectoryServicePrincipal) => Promise<T>,
  ): Promise<T> => {
    const connections = connectionsOf(connector);
    try {
      const directory = new DirectoryClient({ graph, token: await token(), connections, newId: randomUUID });
      const app = await directory.servicePrincipalOf(connector.oauthClientId);
      const resource = await directory.servicePrincipalOf(graphAppId);
      if (!app || !resource) throw new Error('The directory does not know the app or Graph.');
      return await work(directory, app.id, resource);
    } finally {
      await connections.close();
    }
  };
  const roles = limitedRoles(connector);
  return {
    given: () =>
      using(async (directory, app, resource) => {
        const given: string[] = [];
        for (const role of roles)
          if (await directory.roleGrant(app, resource.id, appRoleId(resource, role))) given.push(role);
        return given;
      }),
    withdraw: () =>
      using(async (directory, app, resource) => {
        for (const role of roles) await directory.withdrawRole(app, resource.id, appRoleId(resource, role));
      }),
    give: (wanted) =>
      using(async (directory, app, resource) => {
        for (const role of wanted) await directory.grantRole(app, resource.id, appRoleId(resource, role));
      }),
  };
}
