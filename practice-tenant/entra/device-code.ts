/**
 * The device authorization grant: POST …/devicecode, and the page where the code is typed.
 * Source: Entra "OAuth 2.0 device authorization grant".
 */
import { ensureServicePrincipal } from '../directory/applications.ts';
import type { TenantRequest, TenantResponse } from '../http/exchange.ts';
import { html } from '../http/html.ts';
import type { Service } from '../service.ts';
import { approvalRequiredPage, consentPage, giveConsent, mayConsent, missingConsent } from './consent-page.ts';
import { requestConsent } from './consent-requests.ts';
import { EntraRefusal } from './entra-error.ts';
import { deviceCodeSeconds } from './grants.ts';
import { formOf, page } from './page.ts';
import { knownPublicClients } from './public-clients.ts';
import { delegatedScopes } from './resource-scope.ts';
import { pathOf, signedInUser, signInPage } from './sign-in-page.ts';

/** POST /{tenant}/oauth2/v2.0/devicecode. @throws EntraRefusal */
export function answerDeviceCode(service: Service, request: TenantRequest): TenantResponse {
  const form = formOf(request);
  const name = request.segments[0] ?? '';
  const tenant = /^(?:common|organizations)$/i.test(name) ? service.tenants[0] : service.tenant(name);
  if (!tenant) throw new EntraRefusal(90002, name);
  const clientId = form.get('client_id')?.toLowerCase();
  if (!clientId) throw new EntraRefusal(900144, 'client_id');
  const application = tenant.directory.applicationByAppId(clientId);
  if (!application && !knownPublicClients.has(clientId)) throw new EntraRefusal(700016, clientId);
  const isPublic =
    !application || application.isFallbackPublicClient || application.publicClient.redirectUris.length > 0;
  if (!isPublic) throw new EntraRefusal(7000218);
  const scopes = (form.get('scope') ?? '').split(/\s+/).filter(Boolean);
  if (scopes.length === 0) throw new EntraRefusal(900144, 'scope');
  delegatedScopes(service, tenant, scopes);
  const device = service.grants.addDevice({ tenantId: tenant.directory.tenantId, clientId, scopes });
  const verificationUri = `${service.origin}/common/oauth2/deviceauth`;
  return {
    status: 200,
    headers: { 'cache-control': 'no-store, no-cache' },
    body: {
      user_code: device.userCode,
      device_code: device.deviceCode,
      verification_uri: verificationUri,
      expires_in: deviceCodeSeconds,
      interval: tenant.profile.deviceCodeIntervalSeconds,
      message: `To sign in, use a web browser to open the page ${verificationUri} and enter the code ${device.userCode} to authenticate.`,
    },
  };
}

/** GET and POST /common/oauth2/deviceauth: the code, then the sign-in, then the consent. */
export function answerDevicePage(service: Service, request: TenantRequest): TenantResponse {
  const form = request.method === 'POST' ? formOf(request) : request.query;
  const typed = form.get('otc') ?? '';
  const device = typed === '' ? undefined : service.grants.deviceByUserCode(typed);
  if (!device) return codePage(typed === '' ? undefined : 'That code didn’t work. Check the code and try again.');
  const here = { ...request, segments: ['common', 'oauth2', 'deviceauth'] };
  const query = new URLSearchParams({ otc: device.userCode });
  const signedIn = signedInUser(service, request);
  if (!signedIn) return signInPage(service, request, { returnTo: pathOf({ ...here, query }) });
  const { tenant, user } = signedIn;
  if (tenant.directory.tenantId !== device.tenantId)
    return codePage('AADSTS50020: This account does not exist in the tenant that the code belongs to.');
  const { clientId, scopes } = device;
  const wanted = delegatedScopes(service, tenant, scopes);
  const missing = missingConsent(signedIn, clientId, wanted);
  const answer = request.method === 'POST' && form.get('csrf') === signedIn.csrf ? form.get('consent') : null;
  const appName =
    knownPublicClients.get(clientId) ?? tenant.directory.applicationByAppId(clientId)?.displayName ?? clientId;
  const action = pathOf({ ...here, query: new URLSearchParams() });
  const question = { appId: clientId, appName, permissions: missing.length > 0 ? missing : ['Sign in'], action, query };
  if (answer === 'cancel') {
    device.state = { kind: 'declined' };
    return page('Cancelled', html`<p>You declined. You can close this window.</p>`);
  }
  if (answer === 'request') {
    requestConsent(service, tenant, {
      appId: clientId,
      requestedBy: user.address,
      reason: form.get('reason') ?? '',
      scopes: missing,
    });
    return page('Request sent', html`<p>Your request was sent to your administrators.</p>`);
  }
  if (missing.length > 0 && !mayConsent(signedIn, wanted, missing)) return approvalRequiredPage(signedIn, question);
  if (answer !== 'accept') return consentPage(signedIn, question);
  if (missing.length > 0) giveConsent(service, signedIn, clientId, wanted, missing);
  ensureServicePrincipal(tenant.directory, clientId, service.clock.now());
  device.state = {
    kind: 'granted',
    to: { tenantId: device.tenantId, clientId, userId: user.id, scopes },
  };
  return page(
    'You have signed in',
    html`<p>You have signed in to ${appName} on your device. You may now close this window.</p>`,
  );
}

function codePage(error: string | undefined): TenantResponse {
  const content = html`${error ? html`<p class="error" role="alert">${error}</p>` : undefined}
<form method="get" action="/common/oauth2/deviceauth"><label for="otc">Enter the code displayed on your app or device</label>
<input id="otc" name="otc" autocomplete="off" required><button class="primary" type="submit">Next</button></form>`;
  return page('Enter code', content, error ? { status: 400 } : {});
}
