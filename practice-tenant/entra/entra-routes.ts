/** What stands below /{tenant}/ of the sign-in host. */
import { headerText, type TenantRequest, type TenantResponse } from '../http/exchange.ts';
import { html } from '../http/html.ts';
import type { Service } from '../service.ts';
import { answerAdminConsent } from './admin-consent.ts';
import { answerAuthorize } from './authorize-endpoint.ts';
import { answerDeviceCode, answerDevicePage } from './device-code.ts';
import { instanceDiscovery, openIdConfiguration } from './discovery.ts';
import { EntraRefusal, entraError } from './entra-error.ts';
import { page, styleSheet } from './page.ts';
import { answerLogin, signInPage } from './sign-in-page.ts';
import { answerToken } from './token-endpoint.ts';

/** Answers what is Entra's; undefined for everything else. */
export async function answerEntra(service: Service, request: TenantRequest): Promise<TenantResponse | undefined> {
  try {
    return await route(service, request);
  } catch (error) {
    if (!(error instanceof EntraRefusal)) throw error;
    const form = new URLSearchParams(request.body.toString('utf8'));
    const correlation = form.get('client-request-id') ?? headerText(request.headers, 'client-request-id');
    return entraError(error.code, error.value, service.clock.now(), correlation);
  }
}

async function route(service: Service, request: TenantRequest): Promise<TenantResponse | undefined> {
  const [name = '', ...rest] = request.segments;
  const path = rest.join('/').toLowerCase();
  switch (`${request.method} ${path}`) {
    case 'GET v2.0/.well-known/openid-configuration':
      return openIdConfiguration(service, name, 2);
    case 'GET .well-known/openid-configuration':
      return openIdConfiguration(service, name, 1);
    case 'GET discovery/v2.0/keys':
    case 'GET discovery/keys':
      return { status: 200, body: await service.tokens.jwks() };
    case 'GET discovery/instance':
      return instanceDiscovery(service, request);
    case 'POST oauth2/v2.0/token':
      return answerToken(service, request, 2);
    case 'POST oauth2/token':
      return answerToken(service, request, 1);
    case 'GET oauth2/v2.0/authorize':
    case 'POST oauth2/v2.0/authorize':
      return answerAuthorize(service, request);
    case 'POST oauth2/v2.0/devicecode':
      return answerDeviceCode(service, request);
    case 'GET oauth2/deviceauth':
    case 'POST oauth2/deviceauth':
      return answerDevicePage(service, request);
    case 'GET adminconsent':
    case 'POST adminconsent':
      return answerAdminConsent(service, request, 1);
    case 'GET v2.0/adminconsent':
    case 'POST v2.0/adminconsent':
      return answerAdminConsent(service, request, 2);
    case 'GET login':
      return signInPage(service, request, { returnTo: '/' });
    case 'POST login':
      return answerLogin(service, request);
    case 'GET oauth2/v2.0/logout':
      return page('You signed out of your account', html`<p>You can close this window.</p>`, {
        setCookie: service.sessions.end(request),
      });
    case 'GET sign-in.css':
      return styleSheet;
    default:
      return undefined;
  }
}
