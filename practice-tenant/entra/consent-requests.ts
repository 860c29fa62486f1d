/** Somebody who may not consent asks an administrator, who approves or denies (Entra "admin consent workflow"). */
import { randomUUID } from 'node:crypto';
import { ensureServicePrincipal } from '../directory/applications.ts';
import { grantAdminConsent, grantScopes } from '../directory/consent.ts';
import type { ConsentRequest, TenantUser } from '../directory/directory-state.ts';
import { graphAppId } from '../directory/well-known.ts';
import type { Service, Tenant } from '../service.ts';

/** Directory roles that may consent for the whole organisation; Mail.Send as an app role needs one of the first two. */
const consentingRoles = ['Global Administrator', 'Privileged Role Administrator'];

export function mayConsentForAll(user: TenantUser): boolean {
  return user.directoryRoles.some((role) => consentingRoles.includes(role));
}

/**
 * Delegated permissions of any service may also be granted by those who administer applications; what they may not grant is an
 * app role of Microsoft Graph. Source: Entra "Grant tenant-wide admin consent to an application".
 */
export function mayConsentToScopes(user: TenantUser): boolean {
  const administering = ['Application Administrator', 'Cloud Application Administrator'];
  return mayConsentForAll(user) || user.directoryRoles.some((role) => administering.includes(role));
}

/** Puts the wish on record; one that is open already stays the only one. */
export function requestConsent(
  service: Service,
  { directory }: Tenant,
  wish: {
    readonly appId: string;
    readonly requestedBy: string;
    readonly reason: string;
    readonly scopes: readonly string[];
  },
): ConsentRequest {
  const open = directory.state.consentRequests.find(
    ({ appId, requestedBy, status }) =>
      appId === wish.appId && requestedBy === wish.requestedBy && status === 'InProgress',
  );
  if (open) return open;
  const request: ConsentRequest = {
    id: randomUUID(),
    ...wish,
    scopes: [...wish.scopes],
    requestedAt: service.clock.now(),
    status: 'InProgress',
  };
  directory.state.consentRequests.push(request);
  service.changed();
  return request;
}

/** Grants what was asked for, and all that the registration lists. False when there is no such open request. */
export function approveConsentRequest(service: Service, tenant: Tenant, id: string): boolean {
  const { directory, profile } = tenant;
  const request = directory.state.consentRequests.find((each) => each.id === id && each.status === 'InProgress');
  if (!request) return false;
  const now = service.clock.now();
  const application = directory.applicationByAppId(request.appId);
  if (application) grantAdminConsent(directory, application, now, profile.consentDelayMs);
  const client = ensureServicePrincipal(directory, request.appId, now);
  const graph = directory.servicePrincipalByAppId(graphAppId);
  const known = request.scopes.filter((scope) => graph?.oauth2PermissionScopes.some(({ value }) => value === scope));
  if (graph && known.length > 0)
    grantScopes(directory, { clientId: client.id, resourceId: graph.id, principalId: null }, known);
  request.status = 'Approved';
  service.changed();
  return true;
}

export function denyConsentRequest(service: Service, { directory }: Tenant, id: string): boolean {
  const request = directory.state.consentRequests.find((each) => each.id === id && each.status === 'InProgress');
  if (!request) return false;
  request.status = 'Denied';
  service.changed();
  return true;
}
