/**
 * Which applications and service principals a caller reaches. `Application.ReadWrite.OwnedBy` and people without a role
 * reach those that they own.
 * Source: Graph "Permissions reference", Application.ReadWrite.OwnedBy; Entra "Default user permissions".
 */
import type { Application, ServicePrincipal } from '../../directory/directory-state.ts';
import { holds } from '../authorise.ts';
import type { GraphCall } from '../graph-call.ts';
import { refusal, resourceNotFound } from '../graph-error.ts';
import { alternateKey } from '../graph-path.ts';
import { permissions } from '../permissions.ts';

/** By object id, or by `appId=…`. @throws GraphRefusal 404 */
export function applicationAt({ directory }: GraphCall, key: string): Application {
  const appId = alternateKey(key, 'appId');
  const found = appId === undefined ? directory.application(key) : directory.applicationByAppId(appId);
  if (!found) throw resourceNotFound(appId ?? key);
  return found;
}

/** By object id, or by `appId=…`. @throws GraphRefusal 404 */
export function servicePrincipalAt({ directory }: GraphCall, key: string): ServicePrincipal {
  const appId = alternateKey(key, 'appId');
  const found = appId === undefined ? directory.servicePrincipal(key) : directory.servicePrincipalByAppId(appId);
  if (!found) throw resourceNotFound(appId ?? key);
  return found;
}

/** @throws GraphRefusal 403 when the caller may not change something with these owners */
export function requireWrite({ caller }: GraphCall, owners: readonly string[]): void {
  if (holds(caller, permissions.applicationsWrite)) return;
  const { application, delegated } = permissions.applicationsCreate;
  if (holds(caller, { application, delegated }) && owners.includes(caller.oid)) return;
  throw refusal('insufficientPrivileges');
}

/** Owners of a service principal: its own, and those of the application behind it. */
export function ownersOf({ directory }: GraphCall, principal: ServicePrincipal): string[] {
  return [...principal.owners, ...(directory.applicationByAppId(principal.appId)?.owners ?? [])];
}
