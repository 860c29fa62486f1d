/**
 * What applications were granted: app roles (for themselves) and delegated scopes (on behalf of people). A grant shows in
 * new tokens only after a while, and so does its withdrawal; nothing waits for that, the times are compared.
 */
import { randomBytes } from 'node:crypto';
import { ensureServicePrincipal } from './applications.ts';
import type { Directory } from './directory.ts';
import type { Application, AppRoleAssignment, PermissionGrant } from './directory-state.ts';

/** Stands for "default access", for a resource that has no role of its own. */
export const defaultAccessRoleId = '00000000-0000-0000-0000-000000000000';

export interface AppRoleIds {
  /** Object ids. */
  readonly principalId: string;
  readonly resourceId: string;
  readonly appRoleId: string;
}

/** An assignment that stands, by its three ids. */
export function findAppRole(directory: Directory, ids: AppRoleIds): AppRoleAssignment | undefined {
  return directory.state.appRoleAssignments.find(
    (each) =>
      each.principalId === ids.principalId && each.resourceId === ids.resourceId && each.appRoleId === ids.appRoleId,
  );
}

/** Grants an app role; the one that stands already is given back as it is. @param now ms since the epoch */
export function assignAppRole(directory: Directory, ids: AppRoleIds, now: number, delayMs: number): AppRoleAssignment {
  const found = findAppRole(directory, ids);
  if (found) return found;
  const assignment: AppRoleAssignment = {
    id: newGrantId(),
    ...ids,
    createdDateTime: new Date(now).toISOString(),
    effectiveAt: now + delayMs,
  };
  directory.state.appRoleAssignments.push(assignment);
  return assignment;
}

/** Withdraws by the assignment's id; new tokens carry the role until the delay is over. False when there is none. */
export function withdrawAppRole(directory: Directory, id: string, now: number, delayMs: number): boolean {
  const { state } = directory;
  const assignment = state.appRoleAssignments.find((each) => each.id === id);
  if (!assignment) return false;
  state.appRoleAssignments = state.appRoleAssignments.filter((each) => each !== assignment);
  state.withdrawnAppRoleAssignments = [
    ...state.withdrawnAppRoleAssignments.filter(({ removedAt }) => removedAt > now),
    ...(delayMs > 0 ? [{ ...assignment, removedAt: now + delayMs }] : []),
  ];
  return true;
}

/**
 * The values of the app roles that a new token for this resource carries: those that have come into effect, and withdrawn
 * ones that linger.
 */
export function rolesOf(directory: Directory, servicePrincipalId: string, resourceId: string, now: number): string[] {
  const { state } = directory;
  const resource = directory.servicePrincipal(resourceId);
  if (!resource) return [];
  const lingering = state.withdrawnAppRoleAssignments.filter(({ removedAt }) => removedAt > now);
  const ids = new Set(
    [...state.appRoleAssignments, ...lingering]
      .filter((each) => each.principalId === servicePrincipalId && each.resourceId === resourceId)
      .filter(({ effectiveAt }) => effectiveAt <= now)
      .map(({ appRoleId }) => appRoleId),
  );
  return resource.appRoles.filter(({ id }) => ids.has(id)).map(({ value }) => value);
}

/** Delegated consent that stands for one person (principalId) or for all (null). Scopes are added to those that stand. */
export function grantScopes(
  directory: Directory,
  ids: { readonly clientId: string; readonly resourceId: string; readonly principalId: string | null },
  scopes: readonly string[],
): PermissionGrant {
  const { state } = directory;
  const found = state.oauth2PermissionGrants.find(
    (each) =>
      each.clientId === ids.clientId && each.resourceId === ids.resourceId && each.principalId === ids.principalId,
  );
  const grant: PermissionGrant = found ?? {
    id: newGrantId(),
    ...ids,
    consentType: ids.principalId === null ? 'AllPrincipals' : 'Principal',
    scope: '',
  };
  grant.scope = [...new Set([...scopesOf(grant), ...scopes])].join(' ');
  if (!found) state.oauth2PermissionGrants.push(grant);
  return grant;
}

/** The scopes of a grant, one by one. */
export function scopesOf(grant: PermissionGrant): string[] {
  return grant.scope.split(' ').filter(Boolean);
}

/** Consents, for the whole organisation, to everything that the registration asks for in requiredResourceAccess. */
export function grantAdminConsent(directory: Directory, application: Application, now: number, delayMs: number): void {
  const client = ensureServicePrincipal(directory, application.appId, now);
  for (const { resourceAppId, resourceAccess } of application.requiredResourceAccess) {
    const resource = directory.servicePrincipalByAppId(resourceAppId);
    if (!resource) continue;
    const wanted = (type: 'Role' | 'Scope') =>
      new Set(resourceAccess.filter((each) => each.type === type).map(({ id }) => id.toLowerCase()));
    const roles = wanted('Role');
    for (const { id } of resource.appRoles.filter((role) => roles.has(role.id)))
      assignAppRole(directory, { principalId: client.id, resourceId: resource.id, appRoleId: id }, now, delayMs);
    const scopes = wanted('Scope');
    const values = resource.oauth2PermissionScopes.filter(({ id }) => scopes.has(id)).map(({ value }) => value);
    if (values.length > 0)
      grantScopes(directory, { clientId: client.id, resourceId: resource.id, principalId: null }, values);
  }
}

/** Opaque, as Graph's are: base64url of what nobody should take apart. */
function newGrantId(): string {
  return randomBytes(32).toString('base64url');
}
