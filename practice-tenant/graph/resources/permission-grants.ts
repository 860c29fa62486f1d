/** `/oauth2PermissionGrants`: delegated consent. Source: Graph "oAuth2PermissionGrant" resource type. */
import { z } from 'zod';
import { grantScopes } from '../../directory/consent.ts';
import type { PermissionGrant } from '../../directory/directory-state.ts';
import { requirePermission } from '../authorise.ts';
import { noContent } from '../graph-answer.ts';
import { byMethod, type GraphCall, type Resource } from '../graph-call.ts';
import { directoryRefusal, resourceNotFound, unknownSegment } from '../graph-error.ts';
import { guid, invalidValue, notKept, readBody } from '../json-body.ts';
import { answerEntity, answerList } from '../odata/answer-query.ts';
import { permissions } from '../permissions.ts';

const resource = 'OAuth2PermissionGrant';
const scope = z.string().max(4000);
const createBody = z.strictObject({
  clientId: guid,
  consentType: z.enum(['AllPrincipals', 'Principal']),
  principalId: guid.nullable().optional(),
  resourceId: guid,
  scope,
  // Of an older version; still sent, and without effect.
  ...notKept(['startTime', 'expiryTime', 'id']),
});
const updateBody = z.strictObject({ scope, ...notKept(['startTime', 'expiryTime']) });

export const grantType = {
  name: 'oAuth2PermissionGrant',
  properties: ['id', 'clientId', 'consentType', 'principalId', 'resourceId', 'scope'],
  navigation: [],
};
const queried = { type: grantType, context: 'oauth2PermissionGrants' };

export const permissionGrants: Resource = (call, [id, more]) => {
  if (more !== undefined) throw unknownSegment(more);
  requirePermission(call.caller, call.request.method === 'GET' ? permissions.grantsRead : permissions.grantsWrite);
  const { state } = call.directory;
  if (id === undefined)
    return byMethod(call, {
      GET: () => answerList(call, queried, state.oauth2PermissionGrants),
      POST: () => {
        const created = create(call);
        return answerEntity(call, queried, created, { location: `oauth2PermissionGrants/${created.id}` });
      },
    });
  const found = state.oauth2PermissionGrants.find((each) => each.id === id);
  if (!found) throw resourceNotFound(id);
  return byMethod(call, {
    GET: () => answerEntity(call, queried, found),
    PATCH: () => {
      found.scope = tidy(readBody(call.request, updateBody, resource).scope);
      return noContent;
    },
    DELETE: () => {
      state.oauth2PermissionGrants = state.oauth2PermissionGrants.filter((each) => each !== found);
      return noContent;
    },
  });
};

function create(call: GraphCall): PermissionGrant {
  const { directory } = call;
  const body = readBody(call.request, createBody, resource);
  const principalId = body.principalId ?? null;
  // One person is named for one person's consent, and nobody for everybody's.
  if ((body.consentType === 'Principal') !== (principalId !== null)) throw invalidValue('principalId', resource);
  const missing = [body.clientId, body.resourceId].find((id) => !directory.servicePrincipal(id));
  if (missing !== undefined) throw resourceNotFound(missing);
  if (principalId !== null && !directory.state.users.some(({ id }) => id === principalId))
    throw resourceNotFound(principalId);
  const ids = { clientId: body.clientId, resourceId: body.resourceId, principalId };
  const isThere = directory.state.oauth2PermissionGrants.some(
    (each) =>
      each.clientId === ids.clientId && each.resourceId === ids.resourceId && each.principalId === ids.principalId,
  );
  if (isThere)
    throw directoryRefusal(409, 'Request_MultipleObjectsWithSameKeyValue', 'Permission entry already exists.');
  return grantScopes(directory, ids, tidy(body.scope).split(' ').filter(Boolean));
}

function tidy(text: string): string {
  return text.split(/\s+/).filter(Boolean).join(' ');
}
