/**
 * GET and POST /{tenant}/oauth2/v2.0/authorize: sign-in, consent, and the code that the app redeems.
 * Source: Entra "OAuth 2.0 authorization code flow". An error goes back to the app only where its redirect URI is one of
 * its own: else the page says it, and nobody is sent anywhere.
 */

import type { Application } from '../directory/directory-state.ts';
import type { TenantRequest, TenantResponse } from '../http/exchange.ts';
import { html } from '../http/html.ts';
import type { Service, Tenant } from '../service.ts';
import { approvalRequiredPage, consentPage, giveConsent, mayConsent, missingConsent } from './consent-page.ts';
import { requestConsent } from './consent-requests.ts';
import { EntraRefusal, entraText } from './entra-error.ts';
import { formOf, page, redirect } from './page.ts';
import { knownClientRedirects, knownPublicClients } from './public-clients.ts';
import { delegatedScopes, type WantedScopes } from './resource-scope.ts';
import { pathOf, type SignedInUser, signedInUser, signInPage } from './sign-in-page.ts';

export function answerAuthorize(service: Service, request: TenantRequest): TenantResponse {
  const form = request.method === 'POST' ? formOf(request) : request.query;
  const clientId = form.get('client_id')?.toLowerCase() ?? '';
  const redirectUri = form.get('redirect_uri') ?? '';
  const name = request.segments[0] ?? '';
  const isShared = /^(?:common|organizations|consumers)$/i.test(name);
  const tenant = isShared ? ofApp(service, clientId) : service.tenant(name);
  if (!tenant && !isShared) return errorPage(90002, name);
  const application = tenant && signInApp(tenant, clientId);
  if (!tenant || !application) return errorPage(700016, clientId);
  if (!application.redirects.some((uri) => matches(uri, redirectUri))) return errorPage(50011, redirectUri);
  const back = (parameters: Readonly<Record<string, string>>) => respond(form, redirectUri, parameters);
  if (form.get('response_type') !== 'code')
    return back({
      error: 'unsupported_response_type',
      error_description: `AADSTS70007: '${form.get('response_type') ?? ''}' is not a supported value of 'response_type'.`,
    });
  const signedIn = signedInUser(service, request);
  if (!signedIn || (form.get('prompt') === 'login' && request.method === 'GET' && !request.query.has('again'))) {
    // Once signed in, the same prompt must not ask again.
    const again = new URLSearchParams(form);
    again.set('again', '1');
    const returnTo = pathOf({ ...request, query: again });
    return signInPage(service, request, { returnTo, address: form.get('login_hint') ?? '' });
  }
  if (signedIn.tenant !== tenant)
    return back({
      error: 'access_denied',
      error_description: 'AADSTS50020: The user account does not exist in this tenant.',
    });
  const scopes = (form.get('scope') ?? '').split(/\s+/).filter(Boolean);
  let wanted: WantedScopes;
  try {
    wanted = delegatedScopes(service, tenant, scopes);
  } catch (error) {
    if (!(error instanceof EntraRefusal)) throw error;
    return back({ error: 'invalid_scope', error_description: entraText(error) });
  }
  return decide(service, request, form, signedIn, application, wanted, scopes, back);
}

function decide(
  service: Service,
  request: TenantRequest,
  form: URLSearchParams,
  signedIn: SignedInUser,
  application: SignInApp,
  wanted: WantedScopes,
  scopes: readonly string[],
  back: (parameters: Readonly<Record<string, string>>) => TenantResponse,
): TenantResponse {
  const missing = missingConsent(signedIn, application.appId, wanted);
  const answer = request.method === 'POST' && form.get('csrf') === signedIn.csrf ? form.get('consent') : null;
  const query = new URLSearchParams(form);
  for (const name of ['csrf', 'consent', 'reason', 'again']) query.delete(name);
  const question = {
    appId: application.appId,
    appName: application.displayName,
    permissions: missing,
    action: pathOf({ ...request, query: new URLSearchParams() }),
    query,
    redirectUri: form.get('redirect_uri') ?? '',
  };
  if (answer === 'cancel')
    return back({
      error: 'access_denied',
      error_description: 'AADSTS65004: User declined to consent to access the app.',
    });
  if (answer === 'request') {
    requestConsent(service, signedIn.tenant, {
      appId: application.appId,
      requestedBy: signedIn.user.address,
      reason: form.get('reason') ?? '',
      scopes: missing,
    });
    return page('Request sent', html`<p>Your request was sent to your administrators.</p>`);
  }
  if (missing.length > 0 && !mayConsent(signedIn, wanted, missing)) return approvalRequiredPage(signedIn, question);
  if (missing.length > 0 && answer !== 'accept') return consentPage(signedIn, question);
  if (missing.length > 0) giveConsent(service, signedIn, application.appId, wanted, missing);
  const challenge = form.get('code_challenge');
  const code = service.grants.addCode({
    tenantId: signedIn.tenant.directory.tenantId,
    clientId: application.appId,
    userId: signedIn.user.id,
    scopes,
    redirectUri: form.get('redirect_uri') ?? '',
    // Without a method it is plain (RFC 7636 §4.3).
    challenge: challenge
      ? { method: form.get('code_challenge_method') === 'S256' ? 'S256' : 'plain', value: challenge }
      : undefined,
    nonce: form.get('nonce') ?? undefined,
  });
  return back({ code, session_state: service.clock.now().toString(36) });
}

/** What people sign in to: an app of the tenant, or a tool of Microsoft's own. */
interface SignInApp {
  readonly appId: string;
  readonly displayName: string;
  readonly redirects: readonly string[];
}

function signInApp(tenant: Tenant, clientId: string): SignInApp | undefined {
  const known = knownPublicClients.get(clientId);
  if (known !== undefined) return { appId: clientId, displayName: known, redirects: knownClientRedirects };
  const application = tenant.directory.applicationByAppId(clientId);
  return application && { ...application, redirects: allowedRedirects(application) };
}

/** The tenant of an app that is named without one; of a tool that every tenant knows, the first. */
function ofApp(service: Service, clientId: string): Tenant | undefined {
  if (knownPublicClients.has(clientId)) return service.tenants[0];
  return service.tenants.find(({ directory }) => directory.applicationByAppId(clientId));
}

export function allowedRedirects(application: Application): readonly string[] {
  return [...application.web.redirectUris, ...application.publicClient.redirectUris, ...application.spa.redirectUris];
}

/** Letter for letter; of http://localhost the port is free (RFC 8252 §7.3). */
export function matches(registered: string, asked: string): boolean {
  if (registered === asked) return true;
  const [one, other] = [URL.parse(registered), URL.parse(asked)];
  if (!one || !other || one.protocol !== 'http:' || other.protocol !== 'http:') return false;
  const isLoopback = one.hostname === 'localhost' || one.hostname === '127.0.0.1';
  return isLoopback && one.hostname === other.hostname && one.pathname === other.pathname;
}

function respond(
  form: URLSearchParams,
  redirectUri: string,
  parameters: Readonly<Record<string, string>>,
): TenantResponse {
  const state = form.get('state');
  const all = { ...parameters, ...(state === null ? {} : { state }) };
  switch (form.get('response_mode')) {
    case 'form_post': {
      const fields = Object.entries(all).map(
        ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
      );
      const content = html`<form method="post" action="${redirectUri}">${fields}<button class="primary" type="submit">Continue</button></form>`;
      return page('Signing in', content, { formAction: redirectUri });
    }
    case 'fragment':
      return redirect(`${redirectUri.split('#')[0]}#${new URLSearchParams(all)}`);
    default:
      return redirect(withQuery(redirectUri, all));
  }
}

export function withQuery(uri: string, parameters: Readonly<Record<string, string>>): string {
  return `${uri}${uri.includes('?') ? '&' : '?'}${new URLSearchParams(parameters)}`;
}

export function errorPage(code: 700016 | 50011 | 90002 | 900144, value: string): TenantResponse {
  return page(
    'Sorry, but we’re having trouble signing you in',
    html`<p class="error" role="alert">${entraText(new EntraRefusal(code, value))}</p>`,
    { status: 400 },
  );
}
