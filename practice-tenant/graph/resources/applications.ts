/** `/applications`. Source: Graph "application" resource type and the pages of its operations. */
import { createApplication, deleteApplication } from '../../directory/applications.ts';
import type { Application } from '../../directory/directory-state.ts';
import type { TenantResponse } from '../../http/exchange.ts';
import { holds, requirePermission } from '../authorise.ts';
import { noContent } from '../graph-answer.ts';
import { byMethod, type GraphCall, type Resource } from '../graph-call.ts';
import { unknownSegment } from '../graph-error.ts';
import { readBody } from '../json-body.ts';
import { answerCount, answerEntity, answerList, type Queried } from '../odata/answer-query.ts';
import { permissions } from '../permissions.ts';
import { answerAssignedPolicies, policiesOf } from './app-management-policies.ts';
import { applicationAt, requireWrite } from './application-access.ts';
import { applyBody, checkBody, createApplicationBody, updateApplicationBody } from './application-body.ts';
import { applicationJson, applicationType } from './application-json.ts';
import {
  answerAddKey,
  answerAddPassword,
  answerRemoveKey,
  answerRemovePassword,
  replacedKeys,
} from './application-keys.ts';
import { directoryObjects } from './directory-objects.ts';
import { answerFederatedCredentials } from './federated-credentials.ts';
import { answerOwners } from './owners.ts';

export const applications: Resource = (call, [key, part, ...rest]) => {
  if (key === undefined)
    return byMethod(call, {
      GET: () => {
        requirePermission(call.caller, permissions.applicationsRead);
        return answerList(call, queried(call), allJson(call));
      },
      POST: () => create(call),
    });
  if (key.toLowerCase() === '$count')
    return byMethod(call, {
      GET: () => {
        requirePermission(call.caller, permissions.applicationsRead);
        return answerCount(call, queried(call), allJson(call));
      },
    });
  if (call.request.method === 'GET') requirePermission(call.caller, permissions.applicationsRead);
  else requireAnyWrite(call, part);
  const application = applicationAt(call, key);
  if (part !== undefined) return answerPart(call, application, part, rest);
  return byMethod(call, {
    GET: () => answerEntity(call, queried(call), applicationJson(call.directory, application, wantsKeys(call))),
    PATCH: () => {
      requireWrite(call, application.owners);
      const body = readBody(call.request, updateApplicationBody, 'Application');
      checkBody(call.directory, application, body);
      const keys = body.keyCredentials && replacedKeys(call, application, body.keyCredentials);
      applyBody(call.directory, application, body);
      if (keys) application.keyCredentials = keys;
      return noContent;
    },
    DELETE: () => {
      requireWrite(call, application.owners);
      deleteApplication(call.directory, application);
      return noContent;
    },
  });
};

/** Nobody learns by 404 or 403 which applications exist; rolling the own keys takes no permission. */
function requireAnyWrite(call: GraphCall, part: string | undefined): void {
  const action = part?.toLowerCase();
  if (action === 'addkey' || action === 'removekey') return;
  if (action === 'appmanagementpolicies') return requirePermission(call.caller, permissions.policiesWrite);
  const { application, delegated } = permissions.applicationsCreate;
  if (!holds(call.caller, permissions.applicationsWrite)) requirePermission(call.caller, { application, delegated });
}

function answerPart(
  call: GraphCall,
  application: Application,
  part: string,
  rest: readonly string[],
): TenantResponse | Promise<TenantResponse> {
  const action = part.toLowerCase();
  switch (action) {
    case 'owners':
      if (call.request.method !== 'GET') requireWrite(call, application.owners);
      return answerOwners(call, application.owners, rest);
    case 'federatedidentitycredentials':
      return answerFederatedCredentials(call, application, rest);
    case 'appmanagementpolicies':
      return answerAssignedPolicies(call, application, rest);
  }
  const handlers = {
    addpassword: answerAddPassword,
    removepassword: answerRemovePassword,
    addkey: answerAddKey,
    removekey: answerRemoveKey,
  };
  const handler = Object.entries(handlers).find(([name]) => name === action)?.[1];
  if (!handler || rest.length > 0) throw unknownSegment(part);
  return byMethod<TenantResponse | Promise<TenantResponse>>(call, { POST: () => handler(call, application) });
}

function create(call: GraphCall): TenantResponse {
  const { caller, directory } = call;
  requirePermission(caller, permissions.applicationsCreate);
  const body = readBody(call.request, createApplicationBody, 'Application');
  checkBody(directory, undefined, body);
  // Held before anything is made, so that a bad certificate leaves nothing behind.
  const keys = replacedKeys(call, undefined, body.keyCredentials ?? []);
  // A person owns what they make, and so does an app that may write its own applications alone.
  const isOwner = !caller.isApp || !holds(caller, permissions.applicationsWrite);
  const application = createApplication(
    directory,
    {
      displayName: body.displayName,
      // Graph's own default; it is wider than the portal's.
      signInAudience: 'AzureADandPersonalMicrosoftAccount',
      keyCredentials: keys,
      owners: isOwner ? [caller.oid] : [],
    },
    call.now,
  );
  applyBody(directory, application, body);
  const location = `applications/${application.id}`;
  return answerEntity(call, queried(call), applicationJson(directory, application, false), { location });
}

/** Certificates are shown only to whoever selects keyCredentials by name. */
function wantsKeys({ request }: GraphCall): boolean {
  return /(?:^|,)\s*keyCredentials\s*(?:,|$)/i.test(request.query.get('$select') ?? '');
}

function allJson(call: GraphCall) {
  const withKeys = wantsKeys(call);
  return call.directory.state.applications.map((each) => applicationJson(call.directory, each, withKeys));
}

function queried(call: GraphCall): Queried {
  return {
    type: applicationType,
    context: 'applications',
    expand: (item, navigation) => {
      const application = call.directory.application(String(item['id']));
      if (!application) return [];
      if (navigation === 'owners') return directoryObjects(call.directory, application.owners);
      return navigation === 'appManagementPolicies'
        ? policiesOf(call, application)
        : application.federatedIdentityCredentials;
    },
  };
}
