/** Application permissions of Microsoft Graph, as the directory of a tenant names them. */
import type { DirectoryClient, DirectoryServicePrincipal } from '../../microsoft/directory-client.ts';

export const graphAppId = '00000003-0000-0000-c000-000000000000';

/** @throws Error where this Graph has no such permission */
export function appRoleId(graph: Pick<DirectoryServicePrincipal, 'appRoles'>, role: string): string {
  const found = graph.appRoles.find(({ value }) => value === role);
  if (found) return found.id;
  throw new Error(`Microsoft Graph of this tenant has no permission ${role}.`);
}

/** @throws Error where the directory does not know Graph; DirectoryError */
export async function graphOf(directory: DirectoryClient): Promise<DirectoryServicePrincipal> {
  const graph = await directory.servicePrincipalOf(graphAppId);
  if (graph) return graph;
  throw new Error('The directory does not know Microsoft Graph.');
}

/**
 * Before an app that is in use gets Mail.ReadWrite in Entra.
 * @throws Error where Mail.Send is not granted there (any more): a role of Exchange limits the app then, and a permission in
 *   Entra would reach every mailbox beside it
 */
export async function refuseBesideRole(
  directory: DirectoryClient,
  servicePrincipalId: string,
  graph: DirectoryServicePrincipal,
): Promise<void> {
  if (await directory.roleGrant(servicePrincipalId, graph.id, appRoleId(graph, 'Mail.Send'))) return;
  throw new Error(
    'Mail.Send is not granted in Entra any more: a role of Exchange limits this app, and Mail.ReadWrite in Entra would reach every mailbox beside it. Nothing was granted. With largeMessages: upload in the configuration, setting the limit again (mailroom policy apply) gives the role Application Mail.ReadWrite for the same mailboxes.',
  );
}
