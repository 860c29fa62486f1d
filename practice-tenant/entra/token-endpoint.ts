/**
 * POST /{tenant}/oauth2/v2.0/token and its forerunner /{tenant}/oauth2/token, in the order in which Entra refuses. Unknown
 * form fields are let through: MSAL sends a dozen of them.
 * Source: Entra "OAuth 2.0 client credentials flow", "authorization code flow", "device authorization grant".
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { ensureServicePrincipal } from '../directory/applications.ts';
import type { Application, ServicePrincipal } from '../directory/directory-state.ts';
import { headerText, type TenantRequest, type TenantResponse } from '../http/exchange.ts';
import type { Service, Tenant } from '../service.ts';
import { matches } from './authorize-endpoint.ts';
import { checkAssertion } from './client-assertion.ts';
import { EntraRefusal } from './entra-error.ts';
import type { GrantedTo } from './grants.ts';
import {
  accessTokenLifetime,
  appToken,
  appTokenAnswer,
  type ClientProof,
  grantedScopes,
  userTokens,
} from './issue-tokens.ts';
import { noTenant } from './no-tenant.ts';
import { knownPublicClients } from './public-clients.ts';
import { defaultScope, delegatedScopes, openIdScopes, resourceByName } from './resource-scope.ts';

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

export async function answerToken(service: Service, request: TenantRequest, version: 1 | 2): Promise<TenantResponse> {
  const form = new URLSearchParams(request.body.toString('utf8'));
  const name = request.segments[0] ?? '';
  const grant = form.get('grant_type');
  if (!grant) throw new EntraRefusal(900144, 'grant_type');
  const isShared = /^(?:common|consumers|organizations)$/i.test(name);
  if (isShared && grant === 'client_credentials') throw new EntraRefusal(9001023);
  const tenant = isShared ? tenantOfGrant(service, form) : service.tenant(name);
  if (!tenant) throw noTenant(service, name);
  switch (grant) {
    case 'client_credentials':
      return clientCredentials(service, tenant, request, form, version);
    case 'authorization_code':
      return authorizationCode(service, tenant, request, form);
    case 'refresh_token':
      return refreshToken(service, tenant, request, form);
    case deviceGrant:
    case 'device_code':
      return deviceCode(service, tenant, form);
    default:
      throw new EntraRefusal(70003, grant);
  }
}

/** At `common` and `organizations` the grant itself says whose tenant it is. */
function tenantOfGrant(service: Service, form: URLSearchParams): Tenant | undefined {
  const { grants } = service;
  const found =
    grants.code(form.get('code') ?? '') ??
    grants.device(form.get('device_code') ?? '') ??
    grants.refreshToken(form.get('refresh_token') ?? '');
  return found ? service.tenant(found.tenantId) : service.tenants[0];
}

async function clientCredentials(
  service: Service,
  tenant: Tenant,
  request: TenantRequest,
  form: URLSearchParams,
  version: 1 | 2,
): Promise<TenantResponse> {
  const { application, principal } = clientOf(tenant, request, form);
  if (version === 2 && form.has('resource')) throw new EntraRefusal(901002);
  const resource = form.get('resource');
  if (version === 1 && !resource) throw new EntraRefusal(900144, 'resource');
  const wanted =
    version === 2
      ? defaultScope(service, tenant, form.get('scope'))
      : { resource: resourceByName(service, tenant, resource ?? ''), audience: resource ?? '', names: ['.default'] };
  const proof = await proofOf(service, tenant, application, request, form);
  if (proof === '0') throw new EntraRefusal(7000218);
  const lifetimeSeconds = accessTokenLifetime(service, tenant);
  const token = await appToken(service, tenant, principal, wanted, proof, lifetimeSeconds);
  return appTokenAnswer(service, token, lifetimeSeconds, version, wanted.audience);
}

/** The app and its service principal in this tenant. @throws EntraRefusal */
function clientOf(
  { directory }: Tenant,
  request: TenantRequest,
  form: URLSearchParams,
): { application: Application; principal: ServicePrincipal } {
  const clientId = form.get('client_id') ?? basicCredentials(request)?.id;
  if (!clientId) throw new EntraRefusal(900144, 'client_id');
  const application = directory.applicationByAppId(clientId);
  const principal = directory.servicePrincipalByAppId(clientId);
  if (!application || !principal) throw new EntraRefusal(700016, clientId);
  if (!principal.accountEnabled) throw new EntraRefusal(7000112, clientId);
  return { application, principal };
}

/** @throws EntraRefusal when a credential was presented and is not good */
async function proofOf(
  service: Service,
  tenant: Tenant,
  application: Application,
  request: TenantRequest,
  form: URLSearchParams,
): Promise<ClientProof> {
  const now = service.clock.now();
  const secret = form.get('client_secret') ?? basicCredentials(request)?.secret;
  const assertion = form.get('client_assertion');
  if (secret) {
    if (headerText(request.headers, 'origin') !== undefined) throw new EntraRefusal(9002326);
    checkSecret(application, secret, now);
    return '1';
  }
  if (!assertion || form.get('client_assertion_type') !== assertionType) return '0';
  const { tenantId, state } = tenant.directory;
  const names = [tenantId, ...state.domains, request.segments[0] ?? ''];
  const audiences = [service.origin, `https://${service.cloud.loginHost}`].flatMap((origin) =>
    names.flatMap((name) => [
      `${origin}/${name}/oauth2/v2.0/token`,
      `${origin}/${name}/oauth2/token`,
      `${origin}/${name}/v2.0`,
    ]),
  );
  const { datedBy } = service.clock;
  await checkAssertion(assertion, { application, audiences, now, datedBy, fetch: globalThis.fetch });
  return '2';
}

function basicCredentials(request: TenantRequest): { id: string; secret: string } | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(headerText(request.headers, 'authorization') ?? '')?.[1];
  if (!encoded) return undefined;
  const [id = '', secret = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(':', 2);
  // Both halves are form-encoded before they are joined (RFC 6749 §2.3.1).
  return { id: formDecoded(id), secret: formDecoded(secret) };
}

function formDecoded(text: string): string {
  return new URLSearchParams(`v=${text}`).get('v') ?? '';
}

function checkSecret(application: Application, secret: string, now: number): void {
  const known = application.passwordCredentials.filter(
    (each) => each.effectiveAt <= now && sameSecret(each.secretText, secret),
  );
  if (known.length === 0) throw new EntraRefusal(7000215, application.appId);
  const isGood = known.some((each) => Date.parse(each.startDateTime) <= now && Date.parse(each.endDateTime) > now);
  if (!isGood) throw new EntraRefusal(7000222, application.appId);
}

function sameSecret(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

async function authorizationCode(
  service: Service,
  tenant: Tenant,
  request: TenantRequest,
  form: URLSearchParams,
): Promise<TenantResponse> {
  const code = form.get('code');
  if (!code) throw new EntraRefusal(900144, 'code');
  const clientId = form.get('client_id')?.toLowerCase() ?? '';
  const known = knownPublicClients.get(clientId);
  const application = known === undefined ? clientOf(tenant, request, form).application : undefined;
  const grant = service.grants.code(code);
  const isOurs = grant?.clientId === (application?.appId ?? clientId) && grant.tenantId === tenant.directory.tenantId;
  if (!grant || !isOurs) throw new EntraRefusal(70000);
  if (grant.redeemed) throw new EntraRefusal(54005);
  if (grant.endsAt <= service.clock.now()) throw new EntraRefusal(70008);
  if (form.get('redirect_uri') !== grant.redirectUri) throw new EntraRefusal(50011, form.get('redirect_uri') ?? '');
  checkVerifier(grant.challenge, form.get('code_verifier'));
  if (!application) {
    grant.redeemed = true;
    return personsTokens(service, tenant, grant, form, '0', known ?? clientId, grant.nonce);
  }
  const proof = await proofOf(service, tenant, application, request, form);
  const isPublic = isPublicRedirect(application, grant.redirectUri);
  if (isPublic && proof !== '0') throw new EntraRefusal(700025, application.appId);
  if (!isPublic && proof === '0') throw new EntraRefusal(7000218);
  // Only now: a request that proved nothing must not use the code up.
  grant.redeemed = true;
  return personsTokens(service, tenant, grant, form, proof, application.displayName, grant.nonce);
}

function checkVerifier(
  challenge: { readonly method: 'S256' | 'plain'; readonly value: string } | undefined,
  verifier: string | null,
): void {
  if (!challenge) return;
  if (!verifier) throw new EntraRefusal(900144, 'code_verifier');
  const made = challenge.method === 'plain' ? verifier : createHash('sha256').update(verifier).digest('base64url');
  if (!sameSecret(made, challenge.value)) throw new EntraRefusal(501481);
}

function isPublicRedirect(application: Application, redirectUri: string): boolean {
  const uris = [...application.publicClient.redirectUris, ...application.spa.redirectUris];
  return uris.some((uri) => matches(uri, redirectUri));
}

async function refreshToken(
  service: Service,
  tenant: Tenant,
  request: TenantRequest,
  form: URLSearchParams,
): Promise<TenantResponse> {
  const token = form.get('refresh_token');
  if (!token) throw new EntraRefusal(900144, 'refresh_token');
  const grant = service.grants.refreshToken(token);
  if (!grant || grant.tenantId !== tenant.directory.tenantId) throw new EntraRefusal(70000);
  const clientId = form.get('client_id') ?? '';
  if (clientId.toLowerCase() !== grant.clientId) throw new EntraRefusal(70000);
  const known = knownPublicClients.get(grant.clientId);
  if (known !== undefined) return personsTokens(service, tenant, grant, form, '0', known);
  const { application } = clientOf(tenant, request, form);
  const proof = await proofOf(service, tenant, application, request, form);
  if (grant.needsProof && proof === '0') throw new EntraRefusal(7000218);
  return personsTokens(service, tenant, grant, form, proof, application.displayName);
}

function deviceCode(service: Service, tenant: Tenant, form: URLSearchParams): Promise<TenantResponse> {
  const code = form.get('device_code') ?? form.get('code');
  if (!code) throw new EntraRefusal(900144, 'device_code');
  const grant = service.grants.device(code);
  if (!grant || grant.clientId !== form.get('client_id')?.toLowerCase()) throw new EntraRefusal(70018);
  const { state } = grant;
  if (state.kind === 'declined') throw new EntraRefusal(70020);
  if (grant.endsAt <= service.clock.now()) throw new EntraRefusal(70019);
  if (state.kind !== 'granted') throw new EntraRefusal(70016);
  service.grants.removeDevice(code);
  const { to } = state;
  const appName =
    knownPublicClients.get(to.clientId) ?? tenant.directory.applicationByAppId(to.clientId)?.displayName ?? to.clientId;
  return personsTokens(service, tenant, to, form, '0', appName);
}

/** @throws EntraRefusal 65001 when nothing of what is asked for was consented to */
function personsTokens(
  service: Service,
  tenant: Tenant,
  to: GrantedTo,
  form: URLSearchParams,
  proof: ClientProof,
  appName: string,
  nonce?: string,
): Promise<TenantResponse> {
  const user = tenant.directory.user(to.userId);
  if (!user?.accountEnabled) throw new EntraRefusal(50057, user?.address ?? to.userId);
  const asked = form.get('scope')?.split(/\s+/).filter(Boolean) ?? [];
  // What was promised at the sign-in stays: a code for offline access gives a refresh token whatever is asked for with it.
  const kept = to.scopes.filter((scope) => scope.toLowerCase() === 'offline_access');
  const scopes = [...new Set(asked.length > 0 ? [...asked, ...kept] : to.scopes)].map((scope) =>
    openIdScopes.has(scope.toLowerCase()) ? scope.toLowerCase() : scope,
  );
  ensureServicePrincipal(tenant.directory, to.clientId, service.clock.now());
  const wanted = delegatedScopes(service, tenant, scopes);
  const isRefused = wanted.names.length > 0 && grantedScopes(tenant, to, wanted).length === 0;
  if (isRefused) throw new EntraRefusal(65001, to.clientId);
  return userTokens(service, tenant, { ...to, scopes }, wanted, { proof, appName, nonce });
}
