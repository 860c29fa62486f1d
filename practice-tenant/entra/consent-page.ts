/** What a person is shown before an app gets something: "Permissions requested", or whom to ask instead. */
import { ensureServicePrincipal } from '../directory/applications.ts';
import { grantScopes } from '../directory/consent.ts';
import type { TenantResponse } from '../http/exchange.ts';
import { html } from '../http/html.ts';
import type { Service } from '../service.ts';
import { mayConsentToScopes } from './consent-requests.ts';
import { grantedScopes } from './issue-tokens.ts';
import { hiddenFields, page } from './page.ts';
import type { WantedScopes } from './resource-scope.ts';
import type { SignedInUser } from './sign-in-page.ts';

export interface ConsentQuestion {
  readonly appId: string;
  readonly appName: string;
  readonly permissions: readonly string[];
  /** Where the form goes, and what it carries on. */
  readonly action: string;
  readonly query: URLSearchParams;
  readonly redirectUri?: string;
}

export function consentPage({ csrf, user, tenant }: SignedInUser, question: ConsentQuestion): TenantResponse {
  const content = html`<p>${user.address}</p><p><strong>${question.appName}</strong> would like to:</p>
<ul>${question.permissions.map((permission) => html`<li>${permission}</li>`)}</ul>
<p class="note">If you accept, this app will get access for ${tenant.directory.state.displayName}.</p>
<form method="post" action="${question.action}">${hiddenFields(question.query)}<input type="hidden" name="csrf" value="${csrf}">
<button name="consent" value="cancel" type="submit">Cancel</button><button class="primary" name="consent" value="accept" type="submit">Accept</button></form>`;
  return page('Permissions requested', content, question.redirectUri ? { formAction: question.redirectUri } : {});
}

export function approvalRequiredPage({ csrf, user }: SignedInUser, question: ConsentQuestion): TenantResponse {
  const content = html`<p>${user.address}</p>
<p>${question.appName} needs permission to access resources in your organization that only an admin can grant.</p>
<ul>${question.permissions.map((permission) => html`<li>${permission}</li>`)}</ul>
<form method="post" action="${question.action}">${hiddenFields(question.query)}<input type="hidden" name="csrf" value="${csrf}">
<label for="reason">Enter justification for requesting this app</label><input id="reason" name="reason" maxlength="500" required>
<button name="consent" value="cancel" type="submit">Cancel</button><button class="primary" name="consent" value="request" type="submit">Request approval</button></form>`;
  return page('Approval required', content, question.redirectUri ? { formAction: question.redirectUri } : {});
}

/** What is missing before this person may get a token with these scopes. */
export function missingConsent(
  { tenant, user }: SignedInUser,
  clientId: string,
  wanted: WantedScopes,
): readonly string[] {
  const to = { tenantId: tenant.directory.tenantId, clientId, userId: user.id, scopes: [] };
  const granted = new Set(grantedScopes(tenant, to, wanted));
  const named = wanted.names.filter((name) => name !== '.default');
  return named.filter((name) => !granted.has(name));
}

/** Whether this person may consent to them, for all or for themselves. */
export function mayConsent({ user, tenant }: SignedInUser, wanted: WantedScopes, missing: readonly string[]): boolean {
  if (mayConsentToScopes(user)) return true;
  return (
    tenant.directory.state.usersMayConsent &&
    missing.every((name) => wanted.resource.oauth2PermissionScopes.find(({ value }) => value === name)?.type === 'User')
  );
}

/** An administrator consents for all, everybody else for themselves. */
export function giveConsent(
  service: Service,
  { user, tenant }: SignedInUser,
  clientId: string,
  wanted: WantedScopes,
  scopes: readonly string[],
): void {
  const client = ensureServicePrincipal(tenant.directory, clientId, service.clock.now());
  const principalId = mayConsentToScopes(user) ? null : user.id;
  grantScopes(tenant.directory, { clientId: client.id, resourceId: wanted.resource.id, principalId }, scopes);
  service.changed();
}
