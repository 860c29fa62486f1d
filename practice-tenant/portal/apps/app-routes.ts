/** App registrations > one application > its pages, with the labels of Entra's portal. */
import type { Application } from '../../directory/directory-state.ts';
import type { TenantResponse } from '../../http/exchange.ts';
import { html } from '../../http/html.ts';
import { mayManage, type PortalCall } from '../portal-call.ts';
import { notFoundPage, portalPage, portalPath, refusedPage, table } from '../portal-page.ts';
import {
  addPermissions,
  answerGrant,
  permissionsPage,
  removePermission,
  requestPermissionsPage,
} from './api-permissions.ts';
import { appFrame } from './app-frame.ts';
import {
  addCertificateTo,
  addSecretTo,
  credentialsPage,
  newSecretPage,
  removeCredential,
  uploadCertificatePage,
} from './certificates-and-secrets.ts';
import { registerApplication, registerPage } from './register-application.ts';

export function answerApps(
  call: PortalCall,
  [name, ...rest]: readonly string[],
): Promise<TenantResponse> | TenantResponse {
  const isPost = call.request.method === 'POST';
  if (name === undefined) return appsPage(call);
  if (name === 'new') return isPost ? registerApplication(call) : registerPage(call, {});
  const application = call.tenant.directory.applicationByAppId(name);
  if (!application) return notFoundPage(call);
  if (isPost && !mayManage(call, application) && rest.join('/') !== 'permissions/grant')
    return refusedPage(call, application.displayName, 'Insufficient privileges: you do not own this application.');
  switch (`${call.request.method} ${rest.join('/')}`) {
    case 'GET ':
      return overviewPage(call, application);
    case 'GET credentials':
      return credentialsPage(call, application);
    case 'GET credentials/new-secret':
      return newSecretPage(call, application);
    case 'POST credentials/new-secret':
      return addSecretTo(call, application);
    case 'GET credentials/upload-certificate':
      return uploadCertificatePage(call, application);
    case 'POST credentials/upload-certificate':
      return addCertificateTo(call, application);
    case 'POST credentials/delete':
      return removeCredential(call, application);
    case 'GET permissions':
      return permissionsPage(call, application);
    case 'GET permissions/add':
      return requestPermissionsPage(call, application);
    case 'POST permissions/add':
      return addPermissions(call, application);
    case 'POST permissions/remove':
      return removePermission(call, application);
    case 'GET permissions/grant':
    case 'POST permissions/grant':
      return answerGrant(call, application);
    default:
      return notFoundPage(call);
  }
}

function appsPage(call: PortalCall): TenantResponse {
  const rows = call.tenant.directory.state.applications.map(
    ({ displayName, appId, createdDateTime }) =>
      html`<tr><td><a href="${portalPath('apps', appId)}">${displayName}</a></td><td>${appId}</td><td>${createdDateTime.slice(0, 10)}</td></tr>`,
  );
  const content = html`<p><a class="button primary" href="/portal/apps/new">New registration</a></p>
${table(['Display name', 'Application (client) ID', 'Created on'], rows, 'There are no applications yet.')}`;
  return portalPage(call, { title: 'App registrations', content });
}

const audiences: Readonly<Record<Application['signInAudience'], string>> = {
  AzureADMyOrg: 'My organization only',
  AzureADMultipleOrgs: 'Multiple organizations',
  AzureADandPersonalMicrosoftAccount: 'All Microsoft account users',
  PersonalMicrosoftAccount: 'Personal Microsoft account users',
};

function overviewPage(call: PortalCall, application: Application): TenantResponse {
  const { web, spa, publicClient, passwordCredentials, keyCredentials } = application;
  const redirects = [...web.redirectUris, ...spa.redirectUris, ...publicClient.redirectUris];
  const row = (name: string, value: string) => html`<dt>${name}</dt><dd>${value}</dd>`;
  const content = html`<dl>${row('Display name', application.displayName)}${row('Application (client) ID', application.appId)}
${row('Object ID', application.id)}${row('Directory (tenant) ID', call.tenant.directory.tenantId)}
${row('Supported account types', audiences[application.signInAudience])}
${row('Client credentials', `${keyCredentials.length} certificate, ${passwordCredentials.length} secret`)}
${row('Redirect URIs', redirects.join(', ') || 'none')}</dl>`;
  return appFrame(call, application, { page: 'Overview', content });
}
