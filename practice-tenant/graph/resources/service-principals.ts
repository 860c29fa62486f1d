/** `/servicePrincipals`. Source: Graph "servicePrincipal" resource type and the pages of its operations. */
import { z } from 'zod';
import { deleteServicePrincipal, ensureServicePrincipal } from '../../directory/applications.ts';
import type { ServicePrincipal } from '../../directory/directory-state.ts';
import type { TenantResponse } from '../../http/exchange.ts';
import { requirePermission } from '../authorise.ts';
import { noContent } from '../graph-answer.ts';
import { byMethod, type GraphCall, type Resource } from '../graph-call.ts';
import { badRequest, directoryRefusal, unknownSegment } from '../graph-error.ts';
import { guid, notKept, readBody } from '../json-body.ts';
import { answerCount, answerEntity, answerList, type Queried } from '../odata/answer-query.ts';
import { permissions } from '../permissions.ts';
import { answerAssignments, assignmentsOf } from './app-role-assignments.ts';
import { ownersOf, requireWrite, servicePrincipalAt } from './application-access.ts';
import { servicePrincipalJson, servicePrincipalType } from './application-json.ts';
import { directoryObjects } from './directory-objects.ts';
import { answerOwners } from './owners.ts';
import { grantType } from './permission-grants.ts';

const settable = {
  accountEnabled: z.boolean().optional(),
  tags: z.array(z.string().max(256)).optional(),
  ...notKept([
    'addIns',
    'alternativeNames',
    'appRoleAssignmentRequired',
    'appRoles',
    'description',
    'homepage',
    'info',
  ]),
  ...notKept(['keyCredentials', 'loginUrl', 'notes', 'notificationEmailAddresses', 'oauth2PermissionScopes']),
  ...notKept(['preferredSingleSignOnMode', 'preferredTokenSigningKeyThumbprint', 'replyUrls', 'servicePrincipalType']),
  ...notKept(['samlSingleSignOnSettings', 'servicePrincipalNames', 'tokenEncryptionKeyId', 'customSecurityAttributes']),
  displayName: z.string().max(256).optional(),
};
const createBody = z.strictObject({ appId: guid, ...settable });
const updateBody = z.strictObject(settable);

export const servicePrincipals: Resource = (call, [key, part, ...rest]) => {
  const all = () => call.directory.state.servicePrincipals.map((each) => servicePrincipalJson(call.directory, each));
  if (key === undefined)
    return byMethod(call, {
      GET: () => {
        requirePermission(call.caller, permissions.applicationsRead);
        return answerList(call, queried(call), all());
      },
      POST: () => create(call),
    });
  if (call.request.method === 'GET') requirePermission(call.caller, permissions.applicationsRead);
  if (key.toLowerCase() === '$count') return byMethod(call, { GET: () => answerCount(call, queried(call), all()) });
  const isAssignment = part !== undefined && /^appRoleAssign/i.test(part);
  if (call.request.method !== 'GET')
    requirePermission(
      call.caller,
      isAssignment ? permissions.appRoleAssignmentsWrite : { ...permissions.applicationsCreate },
    );
  const principal = servicePrincipalAt(call, key);
  if (part !== undefined) return answerPart(call, principal, part, rest);
  return byMethod(call, {
    GET: () => answerEntity(call, queried(call), servicePrincipalJson(call.directory, principal)),
    PATCH: () => {
      requireWrite(call, ownersOf(call, principal));
      const { accountEnabled, tags } = readBody(call.request, updateBody, 'ServicePrincipal');
      if (accountEnabled !== undefined) principal.accountEnabled = accountEnabled;
      if (tags !== undefined) principal.tags = tags;
      return noContent;
    },
    DELETE: () => {
      requireWrite(call, ownersOf(call, principal));
      deleteServicePrincipal(call.directory, principal);
      return noContent;
    },
  });
};

function answerPart(
  call: GraphCall,
  principal: ServicePrincipal,
  part: string,
  rest: readonly string[],
): TenantResponse {
  switch (part.toLowerCase()) {
    case 'approleassignments':
      return answerAssignments(call, principal, 'appRoleAssignments', rest);
    case 'approleassignedto':
      return answerAssignments(call, principal, 'appRoleAssignedTo', rest);
    case 'owners':
      if (call.request.method !== 'GET') requireWrite(call, ownersOf(call, principal));
      return answerOwners(call, principal.owners, rest);
    case 'oauth2permissiongrants':
      if (rest.length > 0) break;
      return byMethod(call, {
        GET: () => answerList(call, { type: grantType, context: 'oauth2PermissionGrants' }, grantsOf(call, principal)),
      });
  }
  throw unknownSegment(rest.at(-1) ?? part);
}

function create(call: GraphCall): TenantResponse {
  const { directory } = call;
  requirePermission(call.caller, permissions.applicationsCreate);
  const { appId, accountEnabled, tags } = readBody(call.request, createBody, 'ServicePrincipal');
  if (directory.servicePrincipalByAppId(appId))
    throw directoryRefusal(
      409,
      'Request_MultipleObjectsWithSameKeyValue',
      `The service principal cannot be created, updated, or restored because the service principal name ${appId} is already in use.`,
    );
  const application = directory.applicationByAppId(appId);
  if (!application)
    throw badRequest(`The appId '${appId}' of the service principal does not reference a valid application object.`);
  requireWrite(call, application.owners);
  const principal = ensureServicePrincipal(directory, appId, call.now);
  if (accountEnabled !== undefined) principal.accountEnabled = accountEnabled;
  if (tags !== undefined) principal.tags = tags;
  const location = `servicePrincipals/${principal.id}`;
  return answerEntity(call, queried(call), servicePrincipalJson(directory, principal), { location });
}

function grantsOf({ directory }: GraphCall, principal: ServicePrincipal) {
  return directory.state.oauth2PermissionGrants.filter(({ clientId }) => clientId === principal.id);
}

function queried(call: GraphCall): Queried {
  return {
    type: servicePrincipalType,
    context: 'servicePrincipals',
    expand: (item, navigation) => {
      const principal = call.directory.servicePrincipal(String(item['id']));
      if (!principal) return [];
      if (navigation === 'owners') return directoryObjects(call.directory, principal.owners);
      if (navigation === 'appRoleAssignments' || navigation === 'appRoleAssignedTo')
        return assignmentsOf(call, principal, navigation);
      return grantsOf(call, principal);
    },
  };
}
