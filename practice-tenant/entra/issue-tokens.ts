/** What a token says, and the answer that carries it. Source: Entra "Access token claims reference", "ID token claims". */
import { randomUUID } from 'node:crypto';
import { rolesOf, scopesOf } from '../directory/consent.ts';
import type { ServicePrincipal, TenantUser } from '../directory/directory-state.ts';
import type { TenantResponse } from '../http/exchange.ts';
import type { Service, Tenant } from '../service.ts';
import type { GrantedTo } from './grants.ts';
import { allowedBeforehand } from './public-clients.ts';
import { openIdScopes, type WantedScopes } from './resource-scope.ts';

/** How the app proved who it is: not at all, by a secret, by a certificate or federation. */
export type ClientProof = '0' | '1' | '2';

/** Value that Entra puts into `wids` where there is no directory role. */
const noDirectoryRole = '0997a1d0-0d1d-4acb-b408-d5ca73121e90';

const noStore = { 'cache-control': 'no-store, no-cache', pragma: 'no-cache' };

/** How long an access token lives that is issued now: in whole seconds, at random within what the profile says. */
export function accessTokenLifetime({ random }: Service, { profile }: Tenant): number {
  return profile.accessTokenSeconds + Math.floor(random() * (profile.accessTokenSpreadSeconds + 1));
}

export async function appToken(
  service: Service,
  tenant: Tenant,
  client: ServicePrincipal,
  wanted: WantedScopes,
  proof: ClientProof,
  lifetimeSeconds: number,
): Promise<string> {
  const { directory } = tenant;
  const roles = rolesOf(directory, client.id, wanted.resource.id, service.clock.now());
  return service.tokens.sign(
    {
      aud: wanted.audience,
      iss: `${service.cloud.tokenIssuer}/${directory.tenantId}/`,
      app_displayname: client.displayName,
      appid: client.appId,
      appidacr: proof,
      idp: `${service.cloud.tokenIssuer}/${directory.tenantId}/`,
      idtyp: 'app',
      oid: client.id,
      ...(roles.length > 0 ? { roles } : {}),
      sub: client.id,
      tenant_region_scope: service.cloud.region,
      tid: directory.tenantId,
      ver: '1.0',
      wids: client.directoryRoles.length > 0 ? client.directoryRoles : [noDirectoryRole],
    },
    lifetimeSeconds,
  );
}

/** The answer to a person's grant: access token, and what OpenID and offline_access ask for. */
export async function userTokens(
  service: Service,
  tenant: Tenant,
  to: GrantedTo,
  wanted: WantedScopes,
  options: { readonly proof: ClientProof; readonly appName: string; readonly nonce?: string | undefined },
): Promise<TenantResponse> {
  const { directory } = tenant;
  const lifetimeSeconds = accessTokenLifetime(service, tenant);
  const user = directory.user(to.userId);
  const now = service.clock.now();
  const scopes = grantedScopes(tenant, to, wanted);
  const accessToken = await service.tokens.sign(
    {
      aud: wanted.audience,
      iss: `${service.cloud.tokenIssuer}/${directory.tenantId}/`,
      acct: 0,
      app_displayname: options.appName,
      appid: to.clientId,
      appidacr: options.proof,
      idtyp: 'user',
      name: user?.displayName,
      oid: to.userId,
      scp: scopes.join(' '),
      sub: to.userId,
      tid: directory.tenantId,
      unique_name: user?.address,
      upn: user?.address,
      ver: '1.0',
      wids: user?.directoryRoles ?? [],
    },
    lifetimeSeconds,
  );
  const isOpenId = to.scopes.includes('openid') || to.scopes.includes('profile');
  const shown = scopes.map((scope) => `${wanted.audience}/${scope}`);
  return {
    status: 200,
    headers: { ...noStore, date: new Date(now).toUTCString() },
    body: {
      token_type: 'Bearer',
      scope: [...shown, ...to.scopes.filter((scope) => openIdScopes.has(scope) && scope !== 'offline_access')].join(
        ' ',
      ),
      expires_in: lifetimeSeconds,
      ext_expires_in: lifetimeSeconds,
      access_token: accessToken,
      ...(to.scopes.includes('offline_access')
        ? { refresh_token: service.grants.addRefreshToken({ ...to, needsProof: options.proof !== '0' }) }
        : {}),
      ...(isOpenId && user ? { id_token: await idToken(service, tenant, to, user, options.nonce) } : {}),
      ...(isOpenId && user ? { client_info: clientInfo(user.id, directory.tenantId) } : {}),
    },
  };
}

/** The scopes that stand for this person and app: those that were consented to, of those that were asked for. */
export function grantedScopes({ directory }: Tenant, to: GrantedTo, { resource, names }: WantedScopes): string[] {
  const client = directory.servicePrincipalByAppId(to.clientId);
  const consented = new Set([
    ...allowedBeforehand(to.clientId, resource.appId),
    ...directory.state.oauth2PermissionGrants
      .filter(({ clientId, resourceId }) => clientId === client?.id && resourceId === resource.id)
      .filter(({ principalId }) => principalId === null || principalId === to.userId)
      .flatMap(scopesOf),
  ]);
  return names.includes('.default') ? [...consented] : names.filter((name) => consented.has(name));
}

function idToken(
  service: Service,
  { directory, profile }: Tenant,
  to: GrantedTo,
  user: TenantUser,
  nonce: string | undefined,
): Promise<string> {
  // App roles that were assigned to the person: "Enterprise applications", "Users and groups" in the portal.
  const client = directory.servicePrincipalByAppId(to.clientId);
  const roles = client ? rolesOf(directory, user.id, client.id, service.clock.now()) : [];
  return service.tokens.sign(
    {
      aud: to.clientId,
      iss: `${service.origin}/${directory.tenantId}/v2.0`,
      ...(nonce === undefined ? {} : { nonce }),
      name: user.displayName,
      oid: user.id,
      preferred_username: user.address,
      ...(roles.length > 0 ? { roles } : {}),
      sub: `${user.id}.${to.clientId}`,
      tid: directory.tenantId,
      ver: '2.0',
    },
    profile.accessTokenSeconds,
  );
}

/** What MSAL makes its account of: user and tenant, base64url. */
function clientInfo(uid: string, utid: string): string {
  return Buffer.from(JSON.stringify({ uid, utid })).toString('base64url');
}

/** The answer to client credentials; version 1 writes its numbers as strings and names the resource. */
export function appTokenAnswer(
  service: Service,
  accessToken: string,
  seconds: number,
  version: 1 | 2,
  audience: string,
): TenantResponse {
  const now = Math.floor(service.clock.now() / 1000);
  const headers = { ...noStore, 'x-ms-request-id': randomUUID() };
  if (version === 2)
    return {
      status: 200,
      headers,
      body: { token_type: 'Bearer', expires_in: seconds, ext_expires_in: seconds, access_token: accessToken },
    };
  return {
    status: 200,
    headers,
    body: {
      token_type: 'Bearer',
      expires_in: String(seconds),
      ext_expires_in: String(seconds),
      expires_on: String(now + seconds),
      not_before: String(now),
      resource: audience,
      access_token: accessToken,
    },
  };
}
