/** Users, groups, service principals and applications where they stand beside each other: members, owners, references. */
import type { Directory } from '../../directory/directory.ts';
import type { GraphCall } from '../graph-call.ts';
import { referencedId } from '../graph-call.ts';
import { badRequest, resourceNotFound } from '../graph-error.ts';
import { readBody, referenceSchema } from '../json-body.ts';
import type { JsonObject } from '../odata/filter.ts';
import type { EntityType } from '../odata/query-options.ts';
import { applicationJson, applicationType, servicePrincipalJson, servicePrincipalType } from './application-json.ts';
import { groupJson, groupType } from './group-json.ts';
import { userJson, userType } from './user-json.ts';

/** What lists of mixed objects can be queried by. */
export const directoryObjectType: EntityType = {
  name: 'directoryObject',
  properties: [
    ...new Set([userType, groupType, servicePrincipalType, applicationType].flatMap(({ properties }) => properties)),
  ],
  navigation: [],
};

/** An object of the directory by its id, with its type; undefined when there is none. */
export function directoryObject(directory: Directory, id: string): JsonObject | undefined {
  const wanted = id.toLowerCase();
  const user = directory.state.users.find((each) => each.id === wanted);
  if (user) {
    const whole = userJson(user);
    const shown = (userType.defaults ?? []).map((name): [string, unknown] => [name, whole[name]]);
    return { '@odata.type': '#microsoft.graph.user', ...Object.fromEntries(shown) };
  }
  const group = directory.state.groups.find((each) => each.id === wanted);
  if (group) return { '@odata.type': '#microsoft.graph.group', ...groupJson(group) };
  const principal = directory.servicePrincipal(wanted);
  if (principal)
    return { '@odata.type': '#microsoft.graph.servicePrincipal', ...servicePrincipalJson(directory, principal) };
  const application = directory.application(wanted);
  return application
    ? { '@odata.type': '#microsoft.graph.application', ...applicationJson(directory, application, false) }
    : undefined;
}

/** The objects behind some ids; ids that lead nowhere are left out. */
export function directoryObjects(directory: Directory, ids: readonly string[]): JsonObject[] {
  return ids.map((id) => directoryObject(directory, id)).filter((found) => found !== undefined);
}

/**
 * Adds the object that the body of a `…/$ref` request points at to a list of ids.
 * @throws GraphRefusal 400 for a bad reference or one that is there already, 404 for an object that is not
 */
export function addReference(call: GraphCall, list: string[], property: string, allowed: readonly string[]): void {
  const body = readBody(call.request, referenceSchema, 'DirectoryObject');
  const invalid = () => badRequest(`Invalid URL format specified in @odata.id for '${property}'.`);
  const id = referencedId(body['@odata.id'], invalid);
  const object = directoryObject(call.directory, id);
  if (!object) throw resourceNotFound(id);
  const type = String(object['@odata.type']).replace('#microsoft.graph.', '');
  if (!allowed.includes(type))
    throw badRequest(`The reference target '${type}' of type '${type}' is invalid for the '${property}' reference.`);
  if (list.includes(id))
    throw badRequest(
      `One or more added object references already exist for the following modified properties: '${property}'.`,
    );
  list.push(id);
}

/** Takes an id out of a list. @throws GraphRefusal 404 when it is not in it */
export function removeReference(list: string[], id: string): void {
  const at = list.indexOf(id.toLowerCase());
  if (at === -1) throw resourceNotFound(id);
  list.splice(at, 1);
}
