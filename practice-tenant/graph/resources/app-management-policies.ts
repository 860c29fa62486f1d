/**
 * Policies for the credentials of apps: the tenant's default, and those that are assigned to single applications.
 * Source: Graph "tenantAppManagementPolicy", "appManagementPolicy" resource types.
 */
import { z } from 'zod';
import { durationMs } from '../../directory/credential-policy.ts';
import {
  type Application,
  type AppManagementPolicy,
  type AppRestrictions,
  appRestrictionsSchema,
} from '../../directory/directory-state.ts';
import type { TenantResponse } from '../../http/exchange.ts';
import { requirePermission } from '../authorise.ts';
import { noContent } from '../graph-answer.ts';
import { byMethod, type GraphCall, type Resource, referencedId } from '../graph-call.ts';
import { badRequest, resourceNotFound, unknownSegment } from '../graph-error.ts';
import { notKept, readBody, referenceSchema } from '../json-body.ts';
import { answerEntity, answerList } from '../odata/answer-query.ts';
import type { JsonObject } from '../odata/filter.ts';
import { permissions } from '../permissions.ts';
import { directoryObjects, directoryObjectType } from './directory-objects.ts';

const restriction = {
  state: z.enum(['enabled', 'disabled']).default('enabled'),
  maxLifetime: z
    .string()
    .refine((text) => durationMs(text) !== undefined)
    .nullable()
    .default(null),
  restrictForAppsCreatedAfterDateTime: z.iso.datetime({ offset: true }).nullable().default(null),
  ...notKept(['excludeActors', 'certificateBasedApplicationConfigurationIds']),
};
const passwordTypes = [
  'passwordAddition',
  'passwordLifetime',
  'symmetricKeyAddition',
  'symmetricKeyLifetime',
  'customPasswordAddition',
] as const;
const restrictionsBody = z.strictObject({
  passwordCredentials: z.array(z.strictObject({ restrictionType: z.enum(passwordTypes), ...restriction })).optional(),
  keyCredentials: z
    .array(
      z.strictObject({
        restrictionType: z.enum(['asymmetricKeyLifetime', 'trustedCertificateAuthority']),
        ...restriction,
      }),
    )
    .optional(),
  ...notKept(['identifierUris', 'applicationRestrictions', 'servicePrincipalRestrictions']),
});
const text = z.string().max(1024);
const createBody = z.strictObject({
  displayName: text.min(1),
  description: text.nullable().optional(),
  isEnabled: z.boolean().optional(),
  restrictions: restrictionsBody,
});
const updateBody = createBody.partial();
const defaultBody = z.strictObject({
  displayName: text.optional(),
  description: text.nullable().optional(),
  isEnabled: z.boolean().optional(),
  applicationRestrictions: restrictionsBody.optional(),
  ...notKept(['servicePrincipalRestrictions']),
});

const type = {
  name: 'appManagementPolicy',
  properties: ['id', 'deletedDateTime', 'displayName', 'description', 'isEnabled', 'restrictions'],
  navigation: ['appliesTo'],
};
const defaultType = {
  name: 'tenantAppManagementPolicy',
  properties: [
    ...['id', 'deletedDateTime', 'displayName', 'description', 'isEnabled'],
    ...['applicationRestrictions', 'servicePrincipalRestrictions'],
  ],
  navigation: [],
};

/** `/policies/…`: the two kinds that concern the credentials of apps. */
export const policies: Resource = (call, [kind = '', ...rest]) => {
  requirePermission(call.caller, call.request.method === 'GET' ? permissions.policiesRead : permissions.policiesWrite);
  switch (kind.toLowerCase()) {
    case 'defaultappmanagementpolicy':
      if (rest[0] !== undefined) throw unknownSegment(rest[0]);
      return answerDefault(call);
    case 'appmanagementpolicies':
      return answerPolicies(call, rest);
    default:
      throw unknownSegment(kind || 'policies');
  }
};

function answerDefault(call: GraphCall): TenantResponse {
  const policy = call.directory.state.defaultAppManagementPolicy;
  return byMethod(call, {
    GET: () => {
      const { id, displayName, description, isEnabled, restrictions } = policy;
      return answerEntity(
        call,
        { type: defaultType, context: 'policies/defaultAppManagementPolicy' },
        {
          id,
          deletedDateTime: null,
          displayName,
          description,
          isEnabled,
          applicationRestrictions: { ...restrictionsJson(restrictions), identifierUris: null },
          servicePrincipalRestrictions: { passwordCredentials: [], keyCredentials: [] },
        },
      );
    },
    PATCH: () => {
      const body = readBody(call.request, defaultBody, 'TenantAppManagementPolicy');
      change(policy, { ...body, restrictions: body.applicationRestrictions });
      return noContent;
    },
  });
}

function answerPolicies(call: GraphCall, [id, part, more]: readonly string[]): TenantResponse {
  const { state } = call.directory;
  const queried = {
    type,
    context: 'policies/appManagementPolicies',
    expand: (item: JsonObject) =>
      directoryObjects(
        call.directory,
        state.appManagementPolicies.find((each) => each.id === item['id'])?.appliesTo ?? [],
      ),
  };
  if (id === undefined)
    return byMethod(call, {
      GET: () => answerList(call, queried, state.appManagementPolicies.map(policyJson)),
      POST: () => {
        const body = readBody(call.request, createBody, 'AppManagementPolicy');
        const policy: AppManagementPolicy = {
          id: call.directory.newId(),
          displayName: body.displayName,
          description: body.description ?? '',
          isEnabled: body.isEnabled ?? true,
          restrictions: restrictionsOf(body.restrictions),
          appliesTo: [],
        };
        state.appManagementPolicies.push(policy);
        const location = `policies/appManagementPolicies/${policy.id}`;
        return answerEntity(call, queried, policyJson(policy), { location });
      },
    });
  const policy = policyAt(call, id);
  if (part !== undefined) {
    if (part.toLowerCase() !== 'appliesto' || more !== undefined) throw unknownSegment(more ?? part);
    const objects = directoryObjects(call.directory, policy.appliesTo);
    return byMethod(call, {
      GET: () => answerList(call, { type: directoryObjectType, context: 'directoryObjects' }, objects),
    });
  }
  return byMethod(call, {
    GET: () => answerEntity(call, queried, policyJson(policy)),
    PATCH: () => {
      change(policy, readBody(call.request, updateBody, 'AppManagementPolicy'));
      return noContent;
    },
    DELETE: () => {
      state.appManagementPolicies = state.appManagementPolicies.filter((each) => each !== policy);
      return noContent;
    },
  });
}

/** `/applications/{id}/appManagementPolicies`: which policy is assigned; at most one. */
export function answerAssignedPolicies(
  call: GraphCall,
  application: Application,
  [id, reference, more]: readonly string[],
): TenantResponse {
  const queried = { type, context: 'appManagementPolicies' };
  if (id === undefined) return byMethod(call, { GET: () => answerList(call, queried, policiesOf(call, application)) });
  if (id.toLowerCase() === '$ref' && reference === undefined)
    return byMethod(call, {
      POST: () => {
        const body = readBody(call.request, referenceSchema, 'DirectoryObject');
        const invalid = () => badRequest("Invalid URL format specified in @odata.id for 'appManagementPolicies'.");
        const policy = policyAt(call, referencedId(body['@odata.id'], invalid));
        if (policiesOf(call, application).length > 0)
          throw badRequest('Only one app management policy can be assigned to an application.');
        policy.appliesTo.push(application.id);
        return noContent;
      },
    });
  if (reference?.toLowerCase() !== '$ref' || more !== undefined) throw unknownSegment(more ?? reference ?? id);
  return byMethod(call, {
    DELETE: () => {
      const policy = policyAt(call, id);
      if (!policy.appliesTo.includes(application.id)) throw resourceNotFound(id);
      policy.appliesTo = policy.appliesTo.filter((each) => each !== application.id);
      return noContent;
    },
  });
}

export function policiesOf({ directory }: GraphCall, application: Application): JsonObject[] {
  return directory.state.appManagementPolicies
    .filter(({ appliesTo }) => appliesTo.includes(application.id))
    .map(policyJson);
}

function policyAt({ directory }: GraphCall, id: string): AppManagementPolicy {
  const found = directory.state.appManagementPolicies.find((each) => each.id === id.toLowerCase());
  if (!found) throw resourceNotFound(id);
  return found;
}

function change(policy: AppManagementPolicy, body: z.infer<typeof updateBody>): void {
  if (body.displayName !== undefined) policy.displayName = body.displayName;
  if (body.description !== undefined) policy.description = body.description ?? '';
  if (body.isEnabled !== undefined) policy.isEnabled = body.isEnabled;
  if (body.restrictions) policy.restrictions = restrictionsOf(body.restrictions);
}

function restrictionsOf({ passwordCredentials, keyCredentials }: z.infer<typeof restrictionsBody>): AppRestrictions {
  // What the state does not keep is left out here, so that a later reading of it finds nothing unknown.
  return appRestrictionsSchema.parse({
    passwordCredentials: passwordCredentials ?? [],
    keyCredentials: keyCredentials ?? [],
  });
}

function restrictionsJson(restrictions: AppRestrictions): JsonObject {
  const exempt = <T extends object>(row: T) => ({ ...row, excludeActors: null });
  return {
    passwordCredentials: restrictions.passwordCredentials.map(exempt),
    keyCredentials: restrictions.keyCredentials.map(exempt),
  };
}

function policyJson({ id, displayName, description, isEnabled, restrictions }: AppManagementPolicy): JsonObject {
  return {
    id,
    deletedDateTime: null,
    displayName,
    description,
    isEnabled,
    restrictions: { ...restrictionsJson(restrictions), applicationRestrictions: null },
  };
}
