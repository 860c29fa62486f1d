/** "API permissions": what the registration asks for, and whether an administrator has granted it. */
import { findAppRole, grantAdminConsent, scopesOf } from '../../directory/consent.ts';
import type { Application, ServicePrincipal } from '../../directory/directory-state.ts';
import { exchangeAppId, graphAppId } from '../../directory/well-known.ts';
import { requestConsent } from '../../entra/consent-requests.ts';
import type { TenantResponse } from '../../http/exchange.ts';
import { html } from '../../http/html.ts';
import { field, fields, mayConsent, type PortalCall } from '../portal-call.ts';
import { postForm, refusedPage, seeOther, table } from '../portal-page.ts';
import { appFrame, appPath } from './app-frame.ts';

interface Permission {
  readonly resource: ServicePrincipal;
  readonly id: string;
  readonly type: 'Role' | 'Scope';
  readonly value: string;
  readonly description: string;
  readonly needsAdmin: boolean;
}

export function permissionsPage(call: PortalCall, application: Application): TenantResponse {
  const tenantName = call.tenant.directory.state.displayName;
  const wanted = permissionsOf(call, application);
  const rows = wanted.map((each) => {
    const { resource, id, type, value, description, needsAdmin } = each;
    const isGranted = isGrantedToAll(call, application, each);
    const status = isGranted
      ? html`<span class="good">Granted for ${tenantName}</span>`
      : html`${needsAdmin ? html`<span class="error">Not granted for ${tenantName}</span>` : undefined}`;
    const remove = postForm(
      call,
      appPath(application, 'permissions', 'remove'),
      html`<input type="hidden" name="permission" value="${id}"><button type="submit" aria-label="Remove ${value}">Remove permission</button>`,
    );
    return html`<tr><td>${resource.displayName}</td><td>${value}</td><td>${type === 'Role' ? 'Application' : 'Delegated'}</td><td>${description}</td><td>${needsAdmin ? 'Yes' : 'No'}</td><td>${status}</td><td>${remove}</td></tr>`;
  });
  const grant = html`<a class="button" href="${appPath(application, 'permissions', 'grant')}">Grant admin consent for ${tenantName}</a>`;
  const content = html`<h2>Configured permissions</h2>
<p>Applications are authorized to call APIs when they are granted permissions by users/admins as part of the consent process.</p>
<p><a class="button primary" href="${appPath(application, 'permissions', 'add')}">Add a permission</a> ${grant}</p>
${table(['API', 'Permissions name', 'Type', 'Description', 'Admin consent required', 'Status', ''], rows, 'No permissions added')}`;
  return appFrame(call, application, { page: 'API permissions', content });
}

/** "Request API permissions", in its steps: the API, the type, the permissions. */
export function requestPermissionsPage(call: PortalCall, application: Application, error?: string): TenantResponse {
  const { query } = call.request;
  const resource = call.tenant.directory.servicePrincipalByAppId(query.get('api') ?? field(call, 'api'));
  const type = query.get('type') ?? field(call, 'type');
  const here = appPath(application, 'permissions', 'add');
  const frame = {
    page: 'API permissions',
    title: 'Request API permissions',
    ...(error ? { status: 400, error } : {}),
  } as const;
  if (!resource) {
    const apis = [graphAppId, exchangeAppId].flatMap((id) => call.tenant.directory.servicePrincipalByAppId(id) ?? []);
    const links = apis.map(
      ({ appId, displayName }) => html`<li><a href="${here}?api=${appId}">${displayName}</a></li>`,
    );
    return appFrame(call, application, { ...frame, content: html`<h2>Select an API</h2><ul>${links}</ul>` });
  }
  if (type !== 'Role' && type !== 'Scope') {
    const content = html`<h2>${resource.displayName}</h2><p>What type of permissions does your application require?</p>
<ul><li><a href="${here}?api=${resource.appId}&amp;type=Scope">Delegated permissions</a>: your application needs to access the API as the signed-in user.</li>
<li><a href="${here}?api=${resource.appId}&amp;type=Role">Application permissions</a>: your application runs as a background service or daemon without a signed-in user.</li></ul>`;
    return appFrame(call, application, { ...frame, content });
  }
  const search = (query.get('search') ?? '').trim();
  const found = offered(resource).filter(
    (each) => each.type === type && `${each.value} ${each.description}`.toLowerCase().includes(search.toLowerCase()),
  );
  const groups = Map.groupBy(found, ({ value }) => value.split('.')[0] ?? value);
  const lists = [...groups].map(
    ([name, permissions]) =>
      html`<details${search !== '' && html` open`}><summary>${name} (${permissions.length})</summary>${permissions.map(({ id, value, description }) => html`<label class="choice"><input type="checkbox" name="permission" value="${id}"> ${value} <span class="note">${description}</span></label>`)}</details>`,
  );
  const carried = html`<input type="hidden" name="api" value="${resource.appId}"><input type="hidden" name="type" value="${type}">`;
  const content = html`<h2>${resource.displayName}: ${type === 'Role' ? 'Application permissions' : 'Delegated permissions'}</h2>
<form method="get" action="${here}">${carried}<label for="search">Select permissions</label><input id="search" name="search" type="search" placeholder="Start typing a permission to filter these results" value="${search}"><button type="submit">Search</button></form>
${postForm(call, here, html`${carried}${lists.length > 0 ? lists : html`<p class="note">No permissions found.</p>`}<p><button class="primary" type="submit">Add permissions</button> <a class="button" href="${appPath(application, 'permissions')}">Discard</a></p>`)}`;
  return appFrame(call, application, { ...frame, content });
}

export function addPermissions(call: PortalCall, application: Application): TenantResponse {
  const resource = call.tenant.directory.servicePrincipalByAppId(field(call, 'api'));
  const chosen = fields(call, 'permission');
  const added = (resource ? offered(resource) : []).filter(({ id }) => chosen.includes(id));
  if (!resource || added.length === 0)
    return requestPermissionsPage(call, application, 'Select at least one permission.');
  const entries = application.requiredResourceAccess;
  const found = entries.find(({ resourceAppId }) => resourceAppId.toLowerCase() === resource.appId);
  const entry = found ?? { resourceAppId: resource.appId, resourceAccess: [] };
  if (!found) entries.push(entry);
  for (const { id, type } of added)
    if (!entry.resourceAccess.some((each) => each.id === id && each.type === type))
      entry.resourceAccess.push({ id, type });
  call.service.changed();
  return seeOther(appPath(application, 'permissions'));
}

/** Takes it out of the registration. What was granted stands until somebody withdraws it, as in Entra. */
export function removePermission(call: PortalCall, application: Application): TenantResponse {
  const id = field(call, 'permission');
  application.requiredResourceAccess = application.requiredResourceAccess
    .map((entry) => ({ ...entry, resourceAccess: entry.resourceAccess.filter((each) => each.id !== id) }))
    .filter(({ resourceAccess }) => resourceAccess.length > 0);
  call.service.changed();
  return seeOther(appPath(application, 'permissions'));
}

/** "Grant admin consent": asks first. Whoever may not grant can ask an administrator. */
export function answerGrant(call: PortalCall, application: Application): TenantResponse {
  const { tenant, service, now } = call;
  const { displayName } = tenant.directory.state;
  const back = appPath(application, 'permissions');
  const here = appPath(application, 'permissions', 'grant');
  const isPost = call.request.method === 'POST';
  const title = 'Grant admin consent confirmation.';
  if (!mayConsent(call)) {
    if (isPost && field(call, 'answer') === 'request') {
      const { appId } = application;
      const scopes = permissionsOf(call, application).map(({ value }) => value);
      requestConsent(service, tenant, {
        appId,
        requestedBy: call.user.address,
        reason: field(call, 'reason').slice(0, 500),
        scopes,
      });
      return appFrame(call, application, {
        page: 'API permissions',
        title,
        content: html`<p><a class="button" href="${back}">Back</a></p>`,
        notice: 'Your request was sent to your administrators.',
      });
    }
    const why = `Only an administrator can grant consent for ${displayName}. You are signed in as ${call.user.address}, who is none.`;
    if (isPost) return refusedPage(call, title, why);
    const ask = html`<label for="reason">Enter justification for requesting this app</label><input id="reason" name="reason" maxlength="500" required><button name="answer" value="request" type="submit">Request approval</button>`;
    return appFrame(call, application, {
      page: 'API permissions',
      title,
      status: 403,
      error: why,
      content: postForm(call, here, ask),
    });
  }
  if (isPost && field(call, 'answer') === 'yes') {
    grantAdminConsent(tenant.directory, application, now, tenant.profile.consentDelayMs);
    service.changed();
  }
  if (isPost) return seeOther(back);
  const content = html`<p>Do you want to grant consent for the requested permissions for all accounts in ${displayName}? This will update any existing admin consent records this application already has to match what is listed below.</p>
<ul>${permissionsOf(call, application).map(({ resource, value }) => html`<li>${resource.displayName}: ${value}</li>`)}</ul>
<button class="primary" name="answer" value="yes" type="submit">Yes</button><button name="answer" value="no" type="submit">No</button>`;
  return appFrame(call, application, { page: 'API permissions', title, content: postForm(call, here, content) });
}

function permissionsOf({ tenant }: PortalCall, application: Application): Permission[] {
  return application.requiredResourceAccess.flatMap(({ resourceAppId, resourceAccess }) => {
    const resource = tenant.directory.servicePrincipalByAppId(resourceAppId);
    const known = resource ? offered(resource) : [];
    return resourceAccess.flatMap(
      ({ id, type }) => known.find((each) => each.id === id.toLowerCase() && each.type === type) ?? [],
    );
  });
}

function offered(resource: ServicePrincipal): Permission[] {
  return [
    ...resource.appRoles.map(({ id, value, displayName }) => {
      const type = 'Role' as const;
      return { resource, id, type, value, description: displayName, needsAdmin: true };
    }),
    ...resource.oauth2PermissionScopes.map(({ id, value, adminConsentDisplayName, type: who }) => {
      const type = 'Scope' as const;
      return { resource, id, type, value, description: adminConsentDisplayName, needsAdmin: who === 'Admin' };
    }),
  ];
}

function isGrantedToAll({ tenant }: PortalCall, application: Application, permission: Permission): boolean {
  const { directory } = tenant;
  const { resource, id, type, value } = permission;
  const principal = directory.servicePrincipalByAppId(application.appId);
  if (!principal) return false;
  if (type === 'Role')
    return findAppRole(directory, { principalId: principal.id, resourceId: resource.id, appRoleId: id }) !== undefined;
  return directory.state.oauth2PermissionGrants.some(
    (each) =>
      each.clientId === principal.id &&
      each.resourceId === resource.id &&
      each.principalId === null &&
      scopesOf(each).includes(value),
  );
}
