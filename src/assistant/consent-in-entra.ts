/** The tenant-wide Mail.Send of an app in Entra: whether it is given, withdrawn, given again; by an administrator's token. */
import { randomUUID } from 'node:crypto';
import type { MicrosoftConnectorConfig } from '../config/schema.ts';
import { cloudOf, connectionsOf } from '../connectors.ts';
import { DirectoryClient } from '../microsoft/directory-client.ts';
import { graphAppId, mailSendRoleId } from '../setup/automatic/steps.ts';
import type { MigrationParts } from '../setup/limit/migrate-limit.ts';

/** Delegated permissions of Graph that it takes, without their resource. */
export const consentScopes = ['AppRoleAssignment.ReadWrite.All', 'Application.Read.All'] as const;

/** @param token asked for when it is first needed. Its calls throw DirectoryError */
export function consentInEntra(
  connector: MicrosoftConnectorConfig,
  token: () => Promise<string>,
): MigrationParts['consent'] {
  const { graph } = cloudOf(connector);
  const using = async <T>(
    work: (directory: DirectoryClient, app: string, resource: string) => Promise<T>,
  ): Promise<T> => {
    const connections = connectionsOf(connector);
    try {
      const directory = new DirectoryClient({ graph, token: await token(), connections, newId: randomUUID });
      const app = await directory.servicePrincipalOf(connector.oauthClientId);
      const resource = await directory.servicePrincipalOf(graphAppId);
      if (!app || !resource) throw new Error('The directory does not know the app or Graph.');
      return await work(directory, app.id, resource.id);
    } finally {
      await connections.close();
    }
  };
  return {
    isGiven: () =>
      using(
        async (directory, app, resource) => (await directory.roleGrant(app, resource, mailSendRoleId)) !== undefined,
      ),
    withdraw: () => using((directory, app, resource) => directory.withdrawRole(app, resource, mailSendRoleId)),
    give: () =>
      using(async (directory, app, resource) => void (await directory.grantRole(app, resource, mailSendRoleId))),
  };
}
