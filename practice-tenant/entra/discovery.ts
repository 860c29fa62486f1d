/**
 * Discovery documents. Source: OpenID Connect Discovery 1.0, and what Entra's own documents hold; MSAL reads them before
 * its first token.
 */

import { clouds } from '../clouds.ts';
import type { TenantRequest, TenantResponse } from '../http/exchange.ts';
import type { Service } from '../service.ts';
import { EntraRefusal } from './entra-error.ts';
import { noTenant } from './no-tenant.ts';

/** For a tenant, or for `common` and `organizations`, whose issuer names the tenant by a placeholder. @throws EntraRefusal */
export function openIdConfiguration(service: Service, name: string, version: 1 | 2): TenantResponse {
  const isShared = /^(?:common|organizations|consumers)$/i.test(name);
  const tenant = service.tenant(name);
  if (!tenant && !isShared) throw noTenant(service, name);
  const id = tenant?.directory.tenantId ?? name.toLowerCase();
  const issuerTenant = tenant?.directory.tenantId ?? '{tenantid}';
  const base = `${service.origin}/${id}`;
  const oauth = version === 2 ? `${base}/oauth2/v2.0` : `${base}/oauth2`;
  const { cloud } = service;
  const { host } = new URL(service.origin);
  return {
    status: 200,
    body: {
      token_endpoint: `${oauth}/token`,
      token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
      jwks_uri: version === 2 ? `${base}/discovery/v2.0/keys` : `${base}/discovery/keys`,
      response_modes_supported: ['query', 'fragment', 'form_post'],
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
      response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
      scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
      issuer: version === 2 ? `${service.origin}/${issuerTenant}/v2.0` : `${cloud.tokenIssuer}/${issuerTenant}/`,
      request_uri_parameter_supported: false,
      authorization_endpoint: `${oauth}/authorize`,
      device_authorization_endpoint: `${oauth}/devicecode`,
      http_logout_supported: true,
      frontchannel_logout_supported: true,
      end_session_endpoint: `${oauth}/logout`,
      claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'nonce', 'preferred_username', 'name', 'tid', 'ver'],
      tenant_region_scope: cloud.region,
      ...(cloud.regionSubScope ? { tenant_region_sub_scope: cloud.regionSubScope } : {}),
      cloud_instance_name: host,
      cloud_graph_host_name: host,
      msgraph_host: host,
    },
  };
}

/**
 * GET /common/discovery/instance: whether a host is a sign-in host of Microsoft's. Every cloud knows the hosts of all.
 * @throws EntraRefusal 50049
 */
export function instanceDiscovery(service: Service, request: TenantRequest): TenantResponse {
  const { host } = new URL(service.origin);
  const { loginHost } = service.cloud;
  const others = [...new Set(Object.values(clouds).map((cloud) => cloud.loginHost))].filter(
    (each) => each !== loginHost,
  );
  const asked = request.query.get('authorization_endpoint');
  const askedUrl = asked === null ? undefined : URL.parse(asked);
  if (asked !== null && ![host, loginHost, ...others].includes(askedUrl?.host ?? ''))
    throw new EntraRefusal(50049, askedUrl?.host ?? asked);
  const name = askedUrl?.pathname.split('/')[1] || service.tenants[0]?.directory.tenantId || 'common';
  const isElsewhere = others.includes(askedUrl?.host ?? '');
  const origin = isElsewhere ? `https://${askedUrl?.host}` : service.origin;
  const entry = (network: string, aliases: readonly string[]) => ({
    preferred_network: network,
    preferred_cache: network,
    aliases,
  });
  return {
    status: 200,
    body: {
      tenant_discovery_endpoint: `${origin}/${name}/v2.0/.well-known/openid-configuration`,
      'api-version': '1.1',
      metadata: [
        entry(host, host === loginHost ? [host] : [host, loginHost]),
        ...others.map((each) => entry(each, [each])),
      ],
    },
  };
}
