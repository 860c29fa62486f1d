/**
 * Admin consent at its two addresses. Version 1 consents to everything that the registration lists; version 2 to the scopes
 * that are named, and to app roles only by `/.default`. In version 2 `admin_consent=True` comes back on failure too.
 * Source: Entra "Admin consent on the Microsoft identity platform".
 */
import { ensureServicePrincipal } from '../directory/applications.ts';
import { grantAdminConsent, grantScopes } from '../directory/consent.ts';
import type { Application } from '../directory/directory-state.ts';
import type { TenantRequest, TenantResponse } from '../http/exchange.ts';
import { html } from '../http/html.ts';
import type { Service, Tenant } from '../service.ts';
import { allowedRedirects, errorPage, matches, withQuery } from './authorize-endpoint.ts';
import { approvalRequiredPage, consentPage } from './consent-page.ts';
import { mayConsentForAll, requestConsent } from './consent-requests.ts';
import { formOf, page, redirect } from './page.ts';
import { delegatedScopes } from './resource-scope.ts';
import { pathOf, signedInUser, signInPage } from './sign-in-page.ts';

export function answerAdminConsent(service: Service, request: TenantRequest, version: 1 | 2): TenantResponse {
  const form = request.method === 'POST' ? formOf(request) : request.query;
  const name = request.segments[0] ?? '';
  const isShared = version === 1 ? /^common$/i.test(name) : /^organizations$/i.test(name);
  const signedIn = signedInUser(service, request);
  const tenant = isShared ? signedIn?.tenant : service.tenant(name);
  if (!tenant && !isShared) return errorPage(90002, name);
  if (version === 2 && !form.get('scope')) return errorPage(900144, 'scope');
  if (!signedIn || !tenant) return signInPage(service, request, { returnTo: pathOf({ ...request, query: form }) });
  const clientId = form.get('client_id')?.toLowerCase() ?? '';
  const application = tenant.directory.applicationByAppId(clientId);
  if (!application) return errorPage(700016, clientId);
  const redirectUri = form.get('redirect_uri') ?? '';
  if (!allowedRedirects(application).some((uri) => matches(uri, redirectUri))) return errorPage(50011, redirectUri);
  const state = form.get('state');
  const back = (parameters: Readonly<Record<string, string>>) =>
    redirect(withQuery(redirectUri, { ...parameters, ...(state === null ? {} : { state }) }));
  const refused = () =>
    back(
      version === 1
        ? { error: 'permission_denied', error_description: 'AADSTS65004: The admin canceled the request.' }
        : {
            admin_consent: 'True',
            error: 'consent_required',
            error_description: 'AADSTS65004: The resource owner or authorization server denied the request.',
          },
    );
  const scopes = (form.get('scope') ?? '').split(/\s+/).filter(Boolean);
  const query = new URLSearchParams(form);
  for (const field of ['csrf', 'consent', 'reason']) query.delete(field);
  const question = {
    appId: clientId,
    appName: application.displayName,
    permissions: namesOf(tenant, application, version === 1 ? [] : scopes),
    action: pathOf({ ...request, query: new URLSearchParams() }),
    query,
    redirectUri,
  };
  const answer = request.method === 'POST' && form.get('csrf') === signedIn.csrf ? form.get('consent') : null;
  if (answer === 'cancel') return refused();
  if (signedIn.tenant !== tenant) return refused();
  if (answer === 'request') {
    requestConsent(service, tenant, {
      appId: clientId,
      requestedBy: signedIn.user.address,
      reason: form.get('reason') ?? '',
      scopes: question.permissions,
    });
    return page('Request sent', html`<p>Your request was sent to your administrators.</p>`);
  }
  if (!mayConsentForAll(signedIn.user)) return approvalRequiredPage(signedIn, question);
  if (answer !== 'accept') return consentPage(signedIn, question);
  consent(service, tenant, application, version === 1 ? undefined : scopes);
  const success = { admin_consent: 'True', tenant: tenant.directory.tenantId };
  return back(version === 1 ? success : { ...success, scope: scopes.join(' ') });
}

function consent(
  service: Service,
  tenant: Tenant,
  application: Application,
  scopes: readonly string[] | undefined,
): void {
  const { directory, profile } = tenant;
  const now = service.clock.now();
  if (scopes === undefined || scopes.some((scope) => scope.endsWith('/.default')))
    grantAdminConsent(directory, application, now, profile.consentDelayMs);
  const named = scopes?.filter((scope) => !scope.endsWith('/.default')) ?? [];
  if (named.length > 0) {
    const { resource, names } = delegatedScopes(service, tenant, named);
    const client = ensureServicePrincipal(directory, application.appId, now);
    if (names.length > 0)
      grantScopes(directory, { clientId: client.id, resourceId: resource.id, principalId: null }, names);
  }
  service.changed();
}

/** What is asked for, by the names that people know. */
function namesOf({ directory }: Tenant, application: Application, scopes: readonly string[]): string[] {
  const listed = application.requiredResourceAccess.flatMap(({ resourceAppId, resourceAccess }) => {
    const resource = directory.servicePrincipalByAppId(resourceAppId);
    return resourceAccess.flatMap(({ id, type }) =>
      type === 'Role'
        ? (resource?.appRoles.find((role) => role.id === id)?.displayName ?? [])
        : (resource?.oauth2PermissionScopes.find((scope) => scope.id === id)?.adminConsentDisplayName ?? []),
    );
  });
  const named = scopes.filter((scope) => !scope.endsWith('/.default'));
  return scopes.length === 0 || named.length < scopes.length ? [...listed, ...named] : named;
}
