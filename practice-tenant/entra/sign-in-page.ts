/** Signing in with address and password, and the way back to the page that asked for it. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { TenantUser } from '../directory/directory-state.ts';
import type { TenantRequest, TenantResponse } from '../http/exchange.ts';
import { html } from '../http/html.ts';
import type { Service, Tenant } from '../service.ts';
import { formOf, page, redirect } from './page.ts';

export interface SignedInUser {
  readonly tenant: Tenant;
  readonly user: TenantUser;
  readonly csrf: string;
}

/** Who is signed in in this browser, if anybody. */
export function signedInUser(service: Service, request: TenantRequest): SignedInUser | undefined {
  const session = service.sessions.of(request);
  const tenant = session && service.tenant(session.tenantId);
  const user = tenant?.directory.user(session?.userId ?? '');
  return session && tenant && user?.accountEnabled ? { tenant, user, csrf: session.csrf } : undefined;
}

/** @param returnTo path of this service to go on at */
export function signInPage(
  service: Service,
  _request: TenantRequest,
  options: { readonly returnTo: string; readonly error?: string; readonly address?: string },
): TenantResponse {
  const { returnTo, error, address = '' } = options;
  const content = html`<form method="post" action="/common/login">
${error ? html`<p class="error" role="alert" id="error">${error}</p>` : undefined}
<input type="hidden" name="returnTo" value="${returnTo}">
<label for="address">Email</label><input id="address" name="address" type="email" autocomplete="username" required value="${address}">
<label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password" required>
<button class="primary" type="submit">Sign in</button></form>
<p class="note">This is the practice tenant ${service.tenants[0]?.directory.domain ?? ''}: never enter a real password here.</p>`;
  // A browser holds the whole way of a form against this, and for whoever has consented already that ends at the client.
  const formAction = new URL(returnTo, 'https://sign-in.invalid').searchParams.get('redirect_uri');
  return page('Sign in', content, { ...(error ? { status: 400 } : {}), ...(formAction ? { formAction } : {}) });
}

/** POST /{tenant}/login */
export function answerLogin(service: Service, request: TenantRequest): TenantResponse {
  const form = formOf(request);
  const address = form.get('address')?.trim() ?? '';
  const returnTo = localPath(form.get('returnTo'));
  const checked = checkPassword(service, address, form.get('password') ?? '');
  if (typeof checked === 'string') return signInPage(service, request, { returnTo, address, error: checked });
  return redirect(returnTo, service.sessions.start(checked.tenant.directory.tenantId, checked.user.id));
}

/** Whose address and password these are, or what the sign-in page says when they are nobody's. */
export function checkPassword(
  service: Service,
  address: string,
  password: string,
): { readonly tenant: Tenant; readonly user: TenantUser } | string {
  const tenant = service.tenants.find(({ directory }) => directory.user(address));
  const user = tenant?.directory.user(address);
  if (!tenant || !user) return "AADSTS50034: We couldn't find an account with that username.";
  if (!user.accountEnabled) return 'AADSTS50057: The user account is disabled.';
  if (!same(user.password, password)) return 'AADSTS50126: Your account or password is incorrect.';
  return { tenant, user };
}

/** A path of this service; anything that would lead elsewhere leads to the start page. */
function localPath(text: string | null): string {
  return text !== null && /^\/(?![/\\])[\x21-\x7e]*$/.test(text) ? text : '/';
}

function same(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

/** The path and query of a request, to come back to. */
export function pathOf(request: TenantRequest): string {
  const query = request.query.toString();
  return `/${request.segments.map(encodeURIComponent).join('/')}${query ? `?${query}` : ''}`;
}
