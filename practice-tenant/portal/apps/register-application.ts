/** "Register an application". What Graph refuses of a name or a redirect URI is refused here by the same check. */
import { createApplication, ensureServicePrincipal } from '../../directory/applications.ts';
import { graphAppId } from '../../directory/well-known.ts';
import { GraphRefusal } from '../../graph/graph-error.ts';
import { checkBody, createApplicationBody } from '../../graph/resources/application-body.ts';
import type { TenantResponse } from '../../http/exchange.ts';
import { html } from '../../http/html.ts';
import { field, type PortalCall } from '../portal-call.ts';
import { portalPage, postForm, seeOther } from '../portal-page.ts';
import { appPath } from './app-frame.ts';

const audiences = [
  ['AzureADMyOrg', (name: string) => `Accounts in this organizational directory only (${name} only - Single tenant)`],
  [
    'AzureADMultipleOrgs',
    () => 'Accounts in any organizational directory (Any Microsoft Entra ID tenant - Multitenant)',
  ],
  [
    'AzureADandPersonalMicrosoftAccount',
    () =>
      'Accounts in any organizational directory (Any Microsoft Entra ID tenant - Multitenant) and personal Microsoft accounts (e.g. Skype, Xbox)',
  ],
  ['PersonalMicrosoftAccount', () => 'Personal Microsoft accounts only'],
] as const;
const platforms = [
  ['publicClient', 'Public client/native (mobile & desktop)'],
  ['web', 'Web'],
  ['spa', 'Single-page application (SPA)'],
] as const;

interface Typed {
  readonly name?: string;
  readonly audience?: string;
  readonly platform?: string;
  readonly redirectUri?: string;
  readonly error?: string;
}

export function registerPage(call: PortalCall, typed: Typed): TenantResponse {
  const { name = '', audience = 'AzureADMyOrg', platform = 'web', redirectUri = '', error } = typed;
  const tenantName = call.tenant.directory.state.displayName;
  const content = html`<label for="name">Name</label><p class="note">The user-facing display name for this application (this can be changed later).</p>
<input id="name" name="name" required maxlength="256" value="${name}">
<fieldset><legend>Supported account types</legend><p>Who can use this application or access this API?</p>
${audiences.map(([value, label]) => html`<label class="choice"><input type="radio" name="audience" value="${value}"${value === audience && html` checked`}> ${label(tenantName)}</label>`)}</fieldset>
<fieldset><legend>Redirect URI (optional)</legend><label for="platform">Select a platform</label>
<select id="platform" name="platform">${platforms.map(([value, label]) => html`<option value="${value}"${value === platform && html` selected`}>${label}</option>`)}</select>
<label for="redirectUri">Redirect URI</label><input id="redirectUri" name="redirectUri" placeholder="e.g. https://example.com/auth" value="${redirectUri}"></fieldset>
<button class="primary" type="submit">Register</button>`;
  return portalPage(call, {
    title: 'Register an application',
    trail: [['App registrations', '/portal/apps']],
    content: postForm(call, '/portal/apps/new', content),
    ...(error ? { status: 400, error } : {}),
  });
}

export function registerApplication(call: PortalCall): TenantResponse {
  const { directory } = call.tenant;
  const typed = {
    name: field(call, 'name'),
    audience: field(call, 'audience') || 'AzureADMyOrg',
    platform: field(call, 'platform') || 'web',
    redirectUri: field(call, 'redirectUri'),
  };
  const platform = platforms.find(([value]) => value === typed.platform)?.[0] ?? 'web';
  const redirectUris = typed.redirectUri ? [typed.redirectUri] : [];
  const body = createApplicationBody.safeParse({
    displayName: typed.name,
    signInAudience: typed.audience,
    [platform]: { redirectUris },
  });
  if (!body.success)
    return registerPage(call, {
      ...typed,
      error: 'Name: 1 to 256 characters are needed. Choose one of the account types.',
    });
  try {
    checkBody(directory, undefined, body.data);
  } catch (error) {
    if (!(error instanceof GraphRefusal)) throw error;
    return registerPage(call, {
      ...typed,
      error: `Redirect URI: must start with 'HTTPS' or 'http://localhost'. ${error.message}`,
    });
  }
  const application = createApplication(
    directory,
    {
      displayName: body.data.displayName,
      owners: [call.user.id],
      requiredResourceAccess: signInPermission(call),
      ...(body.data.signInAudience ? { signInAudience: body.data.signInAudience } : {}),
    },
    call.now,
  );
  application[platform].redirectUris = redirectUris;
  ensureServicePrincipal(directory, application.appId, call.now);
  call.service.changed();
  return seeOther(appPath(application));
}

/** Entra's portal, and not Graph, puts User.Read into every new registration. */
function signInPermission({ tenant }: PortalCall) {
  const scopes = tenant.directory.servicePrincipalByAppId(graphAppId)?.oauth2PermissionScopes ?? [];
  return scopes
    .filter(({ value }) => value === 'User.Read')
    .map(({ id }) => ({ resourceAppId: graphAppId, resourceAccess: [{ id, type: 'Scope' as const }] }));
}
