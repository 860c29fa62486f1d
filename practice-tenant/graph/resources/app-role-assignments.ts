/**
 * App role assignments of a service principal: those that it holds (`appRoleAssignments`), and those that others hold on
 * it (`appRoleAssignedTo`). Source: Graph "appRoleAssignment" resource type and the pages of its operations.
 */
import { z } from 'zod';
import { assignAppRole, defaultAccessRoleId, findAppRole, withdrawAppRole } from '../../directory/consent.ts';
import type { AppRoleAssignment, ServicePrincipal } from '../../directory/directory-state.ts';
import { graphAppId } from '../../directory/well-known.ts';
import type { TenantResponse } from '../../http/exchange.ts';
import { hasDirectoryRole, requirePermission } from '../authorise.ts';
import { noContent } from '../graph-answer.ts';
import { byMethod, type GraphCall } from '../graph-call.ts';
import { badRequest, refusal, resourceNotFound, unknownSegment } from '../graph-error.ts';
import { guid, notKept, readBody } from '../json-body.ts';
import { answerEntity, answerList } from '../odata/answer-query.ts';
import type { JsonObject } from '../odata/filter.ts';
import { permissions } from '../permissions.ts';

export type AssignmentSide = 'appRoleAssignments' | 'appRoleAssignedTo';

const body = z.strictObject({
  principalId: guid,
  resourceId: guid,
  appRoleId: guid,
  ...notKept(['createdDateTime', 'deletedDateTime', 'id', 'principalDisplayName', 'principalType']),
  ...notKept(['resourceDisplayName']),
});

const type = {
  name: 'appRoleAssignment',
  properties: [
    ...['id', 'deletedDateTime', 'appRoleId', 'createdDateTime', 'principalDisplayName', 'principalId'],
    ...['principalType', 'resourceDisplayName', 'resourceId'],
  ],
  navigation: [],
};

/** The assignments on one side of a service principal, as Graph shows them. */
export function assignmentsOf(call: GraphCall, principal: ServicePrincipal, side: AssignmentSide): JsonObject[] {
  return call.directory.state.appRoleAssignments
    .filter((each) => (side === 'appRoleAssignments' ? each.principalId : each.resourceId) === principal.id)
    .map((each) => assignmentJson(call, each));
}

export function answerAssignments(
  call: GraphCall,
  principal: ServicePrincipal,
  side: AssignmentSide,
  [id, more]: readonly string[],
): TenantResponse {
  if (more !== undefined) throw unknownSegment(more);
  const queried = { type, context: `servicePrincipals('${principal.id}')/${side}` };
  if (id === undefined)
    return byMethod(call, {
      GET: () => answerList(call, queried, assignmentsOf(call, principal, side)),
      POST: () => {
        const created = create(call, principal, side);
        const location = `servicePrincipals/${principal.id}/${side}/${created.id}`;
        return answerEntity(call, queried, assignmentJson(call, created), { location });
      },
    });
  const found = call.directory.state.appRoleAssignments.find(
    (each) => each.id === id && (side === 'appRoleAssignments' ? each.principalId : each.resourceId) === principal.id,
  );
  return byMethod(call, {
    GET: () => {
      if (!found) throw resourceNotFound(id);
      return answerEntity(call, queried, assignmentJson(call, found));
    },
    DELETE: () => {
      requireAssign(call, call.directory.servicePrincipal(found?.resourceId ?? ''));
      if (!found) throw resourceNotFound(id);
      withdrawAppRole(call.directory, found.id, call.now, call.caller.tenant.profile.consentDelayMs);
      return noContent;
    },
  });
}

function create(call: GraphCall, principal: ServicePrincipal, side: AssignmentSide): AppRoleAssignment {
  const { principalId, resourceId, appRoleId } = readBody(call.request, body, 'AppRoleAssignment');
  const resource = call.directory.servicePrincipal(resourceId);
  requireAssign(call, resource);
  if ((side === 'appRoleAssignments' ? principalId : resourceId) !== principal.id)
    throw badRequest('Not a valid reference update.');
  if (!resource) throw resourceNotFound(resourceId);
  if (!holder(call, principalId)) throw resourceNotFound(principalId);
  const isKnown = resource.appRoles.some(({ id }) => id === appRoleId);
  if (!isKnown && !(appRoleId === defaultAccessRoleId && resource.appRoles.length === 0))
    throw badRequest(`Permission being assigned was not found on application '${resource.appId}'.`);
  const ids = { principalId, resourceId, appRoleId };
  if (findAppRole(call.directory, ids)) throw badRequest('Permission being assigned already exists on the object');
  return assignAppRole(call.directory, ids, call.now, call.caller.tenant.profile.consentDelayMs);
}

/**
 * Both permissions are needed, and a person who consents to app roles of Microsoft Graph must be more than an
 * administrator of applications (Entra "Overview of user and admin consent").
 */
function requireAssign(call: GraphCall, resource: ServicePrincipal | undefined): void {
  requirePermission(call.caller, permissions.appRoleAssignmentsWrite);
  requirePermission(call.caller, permissions.applicationsRead);
  const isGraph = resource?.appId === graphAppId;
  if (isGraph && !call.caller.isApp && !hasDirectoryRole(call.caller, ['Privileged Role Administrator']))
    throw refusal('insufficientPrivileges');
}

function holder({ directory }: GraphCall, id: string): { type: string; displayName: string } | undefined {
  const found = (type: string, object: { readonly displayName: string } | undefined) =>
    object && { type, displayName: object.displayName };
  return (
    found('ServicePrincipal', directory.servicePrincipal(id)) ??
    found(
      'User',
      directory.state.users.find((each) => each.id === id),
    ) ??
    found(
      'Group',
      directory.state.groups.find((each) => each.id === id),
    )
  );
}

function assignmentJson(call: GraphCall, assignment: AppRoleAssignment): JsonObject {
  const { id, appRoleId, createdDateTime, principalId, resourceId } = assignment;
  const principal = holder(call, principalId);
  return {
    id,
    deletedDateTime: null,
    appRoleId,
    createdDateTime,
    principalDisplayName: principal?.displayName ?? null,
    principalId,
    principalType: principal?.type ?? 'ServicePrincipal',
    resourceDisplayName: call.directory.servicePrincipal(resourceId)?.displayName ?? null,
    resourceId,
  };
}
