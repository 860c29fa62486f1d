/**
 * Who is asking Graph, and whether that caller may. A token without roles is no error by itself: RBAC for Applications
 * needs none, and a missing permission shows only at the resource.
 */
import { headerText, type TenantRequest } from '../http/exchange.ts';
import type { Service, Tenant } from '../service.ts';
import { refusal } from './graph-error.ts';

export interface Caller {
  readonly tenant: Tenant;
  /** Client id of the app, also when it acts for a person. */
  readonly appId: string;
  /** Object id of the service principal, or of the person. */
  readonly oid: string;
  /** App roles by value; empty when a person is signed in. */
  readonly roles: readonly string[];
  /** Delegated scopes; empty for an app by itself. */
  readonly scopes: readonly string[];
  readonly isApp: boolean;
  /** Display names of the directory roles of the person or the service principal. */
  readonly directoryRoles: readonly string[];
}

/** A caller as the directory sees it, for which mailboxes do not matter. */
export type DirectoryCaller = Omit<Caller, 'tenant'> & { readonly tenant: Pick<Tenant, 'directory' | 'profile'> };

/** Which permissions a call takes, from least to most privileged, as the page of each call in Graph's reference lists them. */
export interface Permissions {
  readonly application: readonly string[];
  readonly delegated: readonly string[];
  /** Directory roles that a signed-in person needs one of, beside the scope; any person when not given. */
  readonly directoryRoles?: readonly string[];
}

/** What it takes to know a caller. */
export type TokenService = Pick<Service, 'tokens' | 'origin' | 'cloud' | 'tenant'>;

/** The caller behind the bearer token. @throws GraphRefusal 401 */
export async function callerOf(service: TokenService, request: TenantRequest): Promise<Caller> {
  const token = /^Bearer +(\S+)$/i.exec(headerText(request.headers, 'authorization') ?? '')?.[1];
  if (!token) throw refusal('tokenMissing');
  const check = await service.tokens.check(token);
  if (!check.valid) throw refusal(check.why === 'expired' ? 'tokenExpired' : 'tokenMalformed');
  const { tid, aud, appid, oid, roles, scopes, idtyp } = check.claims;
  if (!audiencesOf(service).has(aud.replace(/\/$/, ''))) throw refusal('wrongAudience');
  const tenant = service.tenant(tid);
  if (!tenant) throw refusal('tokenMalformed');
  const { directory } = tenant;
  const isApp = idtyp === 'app';
  const holder = isApp ? directory.servicePrincipal(oid) : directory.user(oid);
  return { tenant, appId: appid, oid, roles, scopes, isApp, directoryRoles: holder?.directoryRoles ?? [] };
}

/** Names of Graph that tokens may carry: this host, the cloud's own, and the resource's id. */
function audiencesOf(service: TokenService): Set<string> {
  return new Set([service.origin, service.cloud.graph, '00000003-0000-0000-c000-000000000000']);
}

/** @throws GraphRefusal 403 when the caller has none of the permissions, or a person lacks the directory role */
export function requirePermission(caller: DirectoryCaller, permissions: Permissions): void {
  if (!holds(caller, permissions)) throw refusal('insufficientPrivileges');
}

/** As requirePermission, but asks. */
export function holds(caller: DirectoryCaller, permissions: Permissions): boolean {
  if (caller.isApp) return permissions.application.some((role) => caller.roles.includes(role));
  const { directoryRoles } = permissions;
  return (
    permissions.delegated.some((scope) => caller.scopes.includes(scope)) &&
    (directoryRoles === undefined || hasDirectoryRole(caller, directoryRoles))
  );
}

/** A Global Administrator may do what every other role may. */
export function hasDirectoryRole(caller: DirectoryCaller, wanted: readonly string[]): boolean {
  return caller.directoryRoles.some((role) => role === 'Global Administrator' || wanted.includes(role));
}
