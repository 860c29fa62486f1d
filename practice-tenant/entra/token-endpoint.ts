/**
 * POST /{tenant}/oauth2/v2.0/token with grant_type=client_credentials, in the order in which Entra refuses.
 * Source: Entra "OAuth 2.0 client credentials flow". Unknown form fields are let through: MSAL sends a dozen of them.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Directory, TenantApp } from '../directory.ts';
import { headerText, type TenantRequest, type TenantResponse } from '../http/exchange.ts';
import { checkAssertion } from './client-assertion.ts';
import { type Aadsts, entraError } from './entra-error.ts';
import { type Tokens, tokenLifetimeSeconds } from './tokens.ts';

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export interface TokenEndpoint {
  readonly directory: Directory;
  readonly tokens: Tokens;
  readonly origin: string;
  readonly now: () => number;
}

/** Thrown inside this file, to leave with the answer from wherever a rule is broken. */
class Refusal extends Error {
  readonly code: Aadsts;
  readonly value: string;
  constructor(code: Aadsts, value = '') {
    super(`AADSTS${code}`);
    this.code = code;
    this.value = value;
  }
}

export async function answerTokenRequest(endpoint: TokenEndpoint, request: TenantRequest): Promise<TenantResponse> {
  const form = new URLSearchParams(request.body.toString('utf8'));
  try {
    return await issue(endpoint, request, form);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return entraError(error.code, error.value, endpoint.now(), form.get('client-request-id') ?? undefined);
  }
}

async function issue(endpoint: TokenEndpoint, request: TenantRequest, form: URLSearchParams): Promise<TenantResponse> {
  const { directory, origin, tokens, now } = endpoint;
  const tenant = request.segments[0] ?? '';
  if (/^(?:common|consumers)$/i.test(tenant)) throw new Refusal(9001023);
  if (tenant.toLowerCase() !== directory.tenantId && tenant.toLowerCase() !== directory.domain.toLowerCase())
    throw new Refusal(90002, tenant);
  const grant = form.get('grant_type');
  if (!grant) throw new Refusal(900144, 'grant_type');
  if (grant !== 'client_credentials') throw new Refusal(70003, grant);
  const basic = basicCredentials(headerText(request.headers, 'authorization'));
  const clientId = form.get('client_id') ?? basic?.id;
  if (!clientId) throw new Refusal(900144, 'client_id');
  const app = directory.apps.get(clientId.toLowerCase());
  if (!app) throw new Refusal(700016, clientId);
  if (app.disabled) throw new Refusal(7000112, clientId);
  const audience = audienceOf(form.get('scope'), origin);
  const secret = form.get('client_secret') ?? basic?.secret;
  const assertion = form.get('client_assertion');
  let appidacr: '1' | '2';
  if (secret) {
    checkSecret(app, secret, now());
    appidacr = '1';
  } else if (assertion && form.get('client_assertion_type') === assertionType) {
    const tokenUrl = `${origin}/${tenant}/oauth2/v2.0/token`;
    const check = await checkAssertion(assertion, app, [tokenUrl, `${origin}/${directory.tenantId}/v2.0`], now());
    if (!check.valid) throw new Refusal(check.code, check.value);
    appidacr = '2';
  } else throw new Refusal(7000218);
  return {
    status: 200,
    headers: { 'cache-control': 'no-store, no-cache' },
    body: {
      token_type: 'Bearer',
      expires_in: tokenLifetimeSeconds,
      ext_expires_in: tokenLifetimeSeconds,
      access_token: await tokens.issue(app, directory.tenantId, audience, appidacr),
    },
  };
}

function basicCredentials(authorization: string | undefined): { id: string; secret: string } | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization ?? '')?.[1];
  if (!encoded) return undefined;
  const [id = '', secret = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(':', 2);
  // Both halves are form-encoded before they are joined (RFC 6749 §2.3.1).
  return { id: formDecoded(id), secret: formDecoded(secret) };
}

function formDecoded(text: string): string {
  return new URLSearchParams(`v=${text}`).get('v') ?? '';
}

/** The resource of a `/.default` scope: Graph by its real name, or by this tenant's own origin. */
function audienceOf(scope: string | null, origin: string): string {
  if (!scope) throw new Refusal(900144, 'scope');
  const scopes = scope.split(/\s+/).filter(Boolean);
  if (scopes.length > 1) throw new Refusal(700022);
  const only = scopes[0] ?? '';
  if (!only.endsWith('/.default')) throw new Refusal(only.includes('://') ? 1002012 : 70011, only);
  const resource = only.slice(0, -'/.default'.length).replace(/\/$/, '');
  if (resource !== origin && resource !== 'https://graph.microsoft.com') throw new Refusal(500011, resource);
  return resource;
}

function checkSecret(app: TenantApp, secret: string, now: number): void {
  const matching = app.secrets.filter((each) => sameSecret(each.value, secret));
  if (matching.length === 0) throw new Refusal(7000215, app.clientId);
  if (matching.every((each) => each.expiresAt <= now)) throw new Refusal(7000222, app.clientId);
}

function sameSecret(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
