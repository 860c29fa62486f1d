/**
 * The pages for a person with a browser: what has arrived at the root, and below `/portal/` the pages of the manual's click
 * path. Whoever is signed in acts, in the tenant of the account and with no more than its roles allow.
 */
import { isLocalRequest } from '../control/control-api.ts';
import { pathOf, signedInUser, signInPage } from '../entra/sign-in-page.ts';
import { headerText, type TenantRequest, type TenantResponse } from '../http/exchange.ts';
import type { Service } from '../service.ts';
import { answerApps } from './apps/app-routes.ts';
import { arrivalsPage } from './arrivals-page.ts';
import { answerConsentRequests } from './consent-requests-page.ts';
import { answerExchangeCenter } from './exchange/exchange-center.ts';
import type { PortalCall } from './portal-call.ts';
import { notFoundPage, seeOther, strictHeaders } from './portal-page.ts';
import { portalStyle } from './portal-style.ts';
import { answerPowerShell } from './powershell/powershell-page.ts';

/** Answers what is the portal's; undefined for everything else. */
export async function answerPortal(service: Service, request: TenantRequest): Promise<TenantResponse | undefined> {
  const [, ...path] = request.segments;
  if (request.segments.length === 0) {
    if (request.method !== 'GET') return undefined;
    // It has no login: a name that was bent to this machine must not read mail.
    return isLocalRequest(request) ? arrivalsPage(service) : { status: 403 };
  }
  if (request.method !== 'GET' && request.method !== 'POST') return { status: 405, headers: { allow: 'GET, POST' } };
  if (path[0] === 'portal.css') return portalStyle;
  const isPost = request.method === 'POST';
  if (isPost && !isOwnOrigin(request)) return forbidden('This form was posted by another site.');
  const signedIn = signedInUser(service, request);
  if (!signedIn) return signInPage(service, request, { returnTo: isPost ? '/portal/apps' : pathOf(request) });
  const form = isPost ? await formData(request) : new FormData();
  if (form === undefined) return forbidden('The form cannot be read.');
  if (isPost && form.get('csrf') !== signedIn.csrf) return forbidden('This form is not one of the portal.');
  const call: PortalCall = { ...signedIn, service, request, form, path, now: service.clock.now() };
  return answerPage(call);
}

async function answerPage(call: PortalCall): Promise<TenantResponse> {
  const [section, ...rest] = call.path;
  switch (section) {
    case undefined:
      return seeOther('/portal/apps');
    case 'sign-out':
      return call.request.method === 'POST' ? signOut(call) : seeOther('/portal/apps');
    case 'consent-requests':
      return answerConsentRequests(call);
    case 'apps':
      return answerApps(call, rest);
    case 'exchange':
      return answerExchangeCenter(call, rest);
    case 'powershell':
      return rest.length === 0 ? answerPowerShell(call, call.service.shells) : notFoundPage(call);
    default:
      return notFoundPage(call);
  }
}

function signOut({ service, request }: PortalCall): TenantResponse {
  const answer = seeOther('/portal/apps');
  return { ...answer, headers: { ...answer.headers, 'set-cookie': service.sessions.end(request) } };
}

/** Browsers name the page that posts. A client that names none is no browser, and has to know the token all the same. */
function isOwnOrigin({ headers }: TenantRequest): boolean {
  const origin = headerText(headers, 'origin');
  const site = headerText(headers, 'sec-fetch-site');
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  return origin === undefined || origin === `https://${headerText(headers, 'host')}`;
}

async function formData({ headers, body }: TenantRequest): Promise<FormData | undefined> {
  const type = headerText(headers, 'content-type') ?? '';
  try {
    return await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
  } catch {
    return undefined;
  }
}

function forbidden(why: string): TenantResponse {
  return { status: 403, headers: { ...strictHeaders, 'content-type': 'text/plain; charset=utf-8' }, body: why };
}
