/** `/users` and `/me`, but for their mail. Source: Graph "List users", "Get a user". */
import type { TenantUser } from '../../directory/directory-state.ts';
import { holds, requirePermission } from '../authorise.ts';
import { byMethod, type GraphCall, type Resource } from '../graph-call.ts';
import { refusal, resourceNotFound, unknownSegment } from '../graph-error.ts';
import { answerCount, answerEntity, answerList, type Queried } from '../odata/answer-query.ts';
import type { JsonObject } from '../odata/filter.ts';
import { permissions } from '../permissions.ts';
import { directoryObjects, directoryObjectType } from './directory-objects.ts';
import { userJson, userType } from './user-json.ts';

export const users: Resource = (call, [id, ...rest]) =>
  byMethod(call, {
    GET: () => {
      if (id === undefined || id.toLowerCase() === '$count') {
        requirePermission(call.caller, permissions.usersRead);
        const all = call.directory.state.users.map(userJson);
        return id === undefined ? answerList(call, queried(call), all) : answerCount(call, queried(call), all);
      }
      const user = userNamed(call, id);
      // Who may read the own profile may read it by its id as well.
      const isSelf = user?.id === call.caller.oid && holds(call.caller, permissions.me);
      if (!isSelf) requirePermission(call.caller, permissions.usersRead);
      if (!user) throw resourceNotFound(id);
      return answerUser(call, user, rest);
    },
  });

/** `/me`: the signed-in person. */
export const me: Resource = (call, rest) => {
  if (call.caller.isApp) throw refusal('meNeedsUser');
  return byMethod(call, {
    GET: () => {
      requirePermission(call.caller, permissions.me);
      const user = userNamed(call, call.caller.oid);
      if (!user) throw resourceNotFound(call.caller.oid);
      return answerUser(call, user, rest);
    },
  });
};

function answerUser(call: GraphCall, user: TenantUser, [navigation, more]: readonly string[]) {
  if (navigation === undefined) return answerEntity(call, queried(call), userJson(user));
  const found = more === undefined ? behind(call, user.id, navigation) : undefined;
  if (!found) throw unknownSegment(more ?? navigation);
  return answerList(call, { type: directoryObjectType, context: 'directoryObjects' }, found);
}

/** Graph takes object ids and user principal names; aliases are no names of a user. */
function userNamed({ directory }: GraphCall, name: string): TenantUser | undefined {
  const wanted = name.toLowerCase();
  const user = directory.user(wanted);
  return user && (user.id === wanted || user.address.toLowerCase() === wanted) ? user : undefined;
}

function queried(call: GraphCall): Queried {
  return {
    type: userType,
    context: 'users',
    expand: (item, navigation) => behind(call, String(item['id']), navigation) ?? [],
  };
}

function behind({ directory }: GraphCall, id: string, navigation: string): JsonObject[] | undefined {
  const { state } = directory;
  const idsOf = (objects: readonly { readonly id: string }[]) => objects.map((each) => each.id);
  switch (navigation.toLowerCase()) {
    case 'memberof':
      return directoryObjects(directory, idsOf(state.groups.filter(({ members }) => members.includes(id))));
    case 'ownedobjects': {
      const all = [...state.applications, ...state.servicePrincipals, ...state.groups];
      return directoryObjects(directory, idsOf(all.filter(({ owners }) => owners.includes(id))));
    }
    default:
      return undefined;
  }
}
