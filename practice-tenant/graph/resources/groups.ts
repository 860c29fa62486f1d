/**
 * `/groups`. Graph makes Microsoft 365 groups and plain security groups; mail-enabled security groups and distribution
 * lists are Exchange's, and are read-only here.
 * Source: Graph "group" resource type, "Create group", "Working with groups".
 */
import { z } from 'zod';
import type { TenantGroup } from '../../directory/directory-state.ts';
import { addGroup } from '../../directory/groups.ts';
import type { TenantResponse } from '../../http/exchange.ts';
import { holds, requirePermission } from '../authorise.ts';
import { noContent } from '../graph-answer.ts';
import { byMethod, type GraphCall, type Resource, referencedId } from '../graph-call.ts';
import { badRequest, resourceNotFound, unknownSegment } from '../graph-error.ts';
import { notKept, readBody, valueRequired } from '../json-body.ts';
import { answerCount, answerEntity, answerList, type Queried } from '../odata/answer-query.ts';
import type { JsonObject } from '../odata/filter.ts';
import { permissions } from '../permissions.ts';
import {
  addReference,
  directoryObject,
  directoryObjects,
  directoryObjectType,
  removeReference,
} from './directory-objects.ts';
import { groupJson, groupType } from './group-json.ts';

const nickname = z.string().regex(/^[^@()\\[\]";:<>, ]{1,64}$/);
const unkept = ['classification', 'isAssignableToRole', 'membershipRuleProcessingState'];
const optional = {
  ...notKept([...unkept, 'preferredDataLocation', 'preferredLanguage', 'theme', 'visibility', 'uniqueName']),
  ...notKept(['resourceBehaviorOptions', 'resourceProvisioningOptions']),
};
const createSchema = z.strictObject({
  ...optional,
  displayName: z.string().min(1).max(256),
  description: z.string().max(1024).nullable().optional(),
  mailEnabled: z.boolean(),
  mailNickname: nickname,
  securityEnabled: z.boolean(),
  membershipRule: z.string().nullable().optional(),
  groupTypes: z.array(z.enum(['Unified', 'DynamicMembership'])).optional(),
  'owners@odata.bind': z.array(z.string()).max(20).optional(),
  'members@odata.bind': z.array(z.string()).max(20).optional(),
});
const updateSchema = z.strictObject({
  ...optional,
  displayName: z.string().min(1).max(256).optional(),
  description: z.string().max(1024).nullable().optional(),
  mailNickname: nickname.optional(),
});

const unwritable =
  'The service does not currently support writes of mail-enabled groups. Please ensure that the mail-enablement property is unset and the security-enablement property is set.';

export const groups: Resource = (call, [id, navigation, ...rest]) => {
  if (id === undefined)
    return byMethod(call, {
      GET: () => {
        requirePermission(call.caller, permissions.groupsRead);
        return answerList(call, queried(call), call.directory.state.groups.map(groupJson));
      },
      POST: () => createGroup(call),
    });
  if (id.toLowerCase() === '$count')
    return byMethod(call, {
      GET: () => {
        requirePermission(call.caller, permissions.groupsRead);
        return answerCount(call, queried(call), call.directory.state.groups.map(groupJson));
      },
    });
  if (call.request.method === 'GET') requirePermission(call.caller, permissions.groupsRead);
  const group = call.directory.state.groups.find((each) => each.id === id.toLowerCase());
  const writable = () => {
    const isOwner = !call.caller.isApp && group?.owners.includes(call.caller.oid);
    const { application, delegated } = permissions.groupsWrite;
    if (!(isOwner && holds(call.caller, { application, delegated })))
      requirePermission(call.caller, permissions.groupsWrite);
    if (!group) throw resourceNotFound(id);
    return group;
  };
  if (navigation !== undefined) return answerNavigation(call, group, id, writable, navigation, rest);
  return byMethod(call, {
    GET: () => {
      if (!group) throw resourceNotFound(id);
      return answerEntity(call, queried(call), groupJson(group));
    },
    PATCH: () => {
      const changed = refuseMailGroup(writable(), 'Update');
      const { displayName, description, mailNickname } = readBody(call.request, updateSchema, 'Group');
      if (displayName !== undefined) changed.displayName = displayName;
      if (description !== undefined) changed.description = description;
      if (mailNickname !== undefined) changed.mailNickname = mailNickname;
      return noContent;
    },
    DELETE: () => {
      const gone = refuseMailGroup(writable(), 'Delete');
      const { state } = call.directory;
      state.groups = state.groups.filter((each) => each !== gone);
      for (const each of state.groups) each.members = each.members.filter((member) => member !== gone.id);
      return noContent;
    },
  });
};

/** Exchange's groups cannot be written through Graph. */
function refuseMailGroup(group: TenantGroup, verb: 'Update' | 'Delete'): TenantGroup {
  if (group.mailEnabled && !group.groupTypes.includes('Unified'))
    throw badRequest(`Cannot ${verb} a mail-enabled security groups and or distribution list.`);
  return group;
}

function createGroup(call: GraphCall): TenantResponse {
  requirePermission(call.caller, permissions.groupsCreate);
  const body = readBody(call.request, createSchema, 'Group');
  const groupTypes = body.groupTypes ?? [];
  const isUnified = groupTypes.includes('Unified');
  if (body.mailEnabled && !isUnified) throw badRequest(unwritable);
  if (!body.mailEnabled && (isUnified || !body.securityEnabled))
    throw badRequest("Invalid value specified for property 'mailEnabled' of resource 'Group'.");
  if (groupTypes.includes('DynamicMembership') && !body.membershipRule) throw valueRequired('membershipRule', 'Group');
  const mail = `${body.mailNickname}@${call.directory.domain}`;
  if (body.mailEnabled && (call.directory.user(mail) || call.directory.group(mail)))
    throw badRequest('Another object with the same value for property mailNickname already exists.');
  const owners = bound(call, body['owners@odata.bind']);
  const group = addGroup(
    call.directory,
    {
      displayName: body.displayName,
      description: body.description ?? null,
      mailNickname: body.mailNickname,
      mailEnabled: body.mailEnabled,
      securityEnabled: body.securityEnabled,
      groupTypes,
      members: bound(call, body['members@odata.bind']),
      // Who makes a group owns it, unless others were named.
      owners: owners.length > 0 || call.caller.isApp ? owners : [call.caller.oid],
    },
    call.now,
  );
  return answerEntity(call, queried(call), groupJson(group), { location: `groups/${group.id}` });
}

function bound(call: GraphCall, references: readonly string[] | undefined): string[] {
  const ids = (references ?? []).map((reference) =>
    referencedId(reference, () => badRequest(`Invalid object reference '${reference}'.`)),
  );
  const missing = ids.find((id) => !directoryObject(call.directory, id));
  if (missing !== undefined) throw resourceNotFound(missing);
  return [...new Set(ids)];
}

function answerNavigation(
  call: GraphCall,
  found: TenantGroup | undefined,
  id: string,
  writable: () => TenantGroup,
  navigation: string,
  rest: readonly string[],
): TenantResponse {
  const property = navigation.toLowerCase();
  if (call.request.method === 'GET') {
    if (!found) throw resourceNotFound(id);
    const objects = rest.length === 0 ? behind(call, found, property) : undefined;
    if (!objects) throw unknownSegment(rest[0] ?? navigation);
    return answerList(call, { type: directoryObjectType, context: 'directoryObjects' }, objects);
  }
  if (property !== 'members' && property !== 'owners') throw unknownSegment(navigation);
  const isReference = rest.at(-1)?.toLowerCase() === '$ref';
  if (!isReference || rest.length > 2) throw unknownSegment(rest.at(-1) ?? navigation);
  const group = refuseMailGroup(writable(), 'Update');
  const [member, last] = rest;
  if (last === undefined)
    return byMethod(call, {
      POST: () => {
        addReference(call, group[property], property, ['user', 'group', 'servicePrincipal']);
        return noContent;
      },
    });
  return byMethod(call, {
    DELETE: () => {
      removeReference(group[property], member ?? '');
      return noContent;
    },
  });
}

function queried(call: GraphCall): Queried {
  return {
    type: groupType,
    context: 'groups',
    expand: (item, navigation) => {
      const group = call.directory.state.groups.find(({ id }) => id === item['id']);
      return (group && behind(call, group, navigation.toLowerCase())) ?? [];
    },
  };
}

function behind({ directory }: GraphCall, group: TenantGroup, navigation: string): JsonObject[] | undefined {
  switch (navigation) {
    case 'members':
      return directoryObjects(directory, group.members);
    case 'owners':
      return directoryObjects(directory, group.owners);
    case 'transitivemembers':
      return directoryObjects(directory, [...new Set(directory.membersBelow(group).map(({ id }) => id))]);
    case 'memberof':
      return directoryObjects(
        directory,
        directory.state.groups.filter(({ members }) => members.includes(group.id)).map(({ id }) => id),
      );
    default:
      return undefined;
  }
}
