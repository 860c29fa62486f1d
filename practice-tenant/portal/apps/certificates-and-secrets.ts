/** "Certificates & secrets": a secret is shown once, in the answer to the form that made it, and nowhere else. */

import { X509Certificate } from 'node:crypto';
import { addCertificate, addPassword, keyCredentialOf, removePassword } from '../../directory/applications.ts';
import { checkCredentialPolicy } from '../../directory/credential-policy.ts';
import type { Application, PasswordCredential } from '../../directory/directory-state.ts';
import type { TenantResponse } from '../../http/exchange.ts';
import { html } from '../../http/html.ts';
import { field, type PortalCall } from '../portal-call.ts';
import { postForm, seeOther, table } from '../portal-page.ts';
import { appFrame, appPath } from './app-frame.ts';

const dayMs = 24 * 3600 * 1000;
/** The portal offers no longer time; Graph would take one. */
const longestMs = 731 * dayMs;
const expiries = [
  ['180', 'Recommended: 180 days (6 months)'],
  ['90', '90 days (3 months)'],
  ['365', '365 days (12 months)'],
  ['545', '545 days (18 months)'],
  ['730', '730 days (24 months)'],
  ['custom', 'Custom'],
] as const;

export function credentialsPage(
  call: PortalCall,
  application: Application,
  shown: { readonly added?: PasswordCredential; readonly error?: string } = {},
): TenantResponse {
  const { added, error } = shown;
  const remove = (keyId: string, name: string) =>
    postForm(
      call,
      appPath(application, 'credentials', 'delete'),
      html`<input type="hidden" name="keyId" value="${keyId}"><button type="submit" aria-label="Delete ${name}">Delete</button>`,
    );
  const secrets = application.passwordCredentials.map(
    ({ displayName, endDateTime, hint, keyId, secretText }) =>
      html`<tr><td>${displayName ?? ''}</td><td>${endDateTime.slice(0, 10)}</td><td>${keyId === added?.keyId ? html`<code id="secret-value">${secretText}</code>` : `${hint}******************`}</td><td>${keyId}</td><td>${remove(keyId, displayName ?? 'secret')}</td></tr>`,
  );
  const certificates = application.keyCredentials.map(
    ({ displayName, customKeyIdentifier, startDateTime, endDateTime, keyId }) =>
      html`<tr><td>${Buffer.from(customKeyIdentifier ?? '', 'base64')
        .toString('hex')
        .toUpperCase()}</td><td>${displayName ?? ''}</td><td>${startDateTime.slice(0, 10)}</td><td>${endDateTime.slice(0, 10)}</td><td>${keyId}</td><td>${remove(keyId, displayName ?? 'certificate')}</td></tr>`,
  );
  const content = html`<h2>Client secrets (${secrets.length})</h2>
<p>A secret string that the application uses to prove its identity when requesting a token. Also can be referred to as application password.</p>
<p><a class="button" href="${appPath(application, 'credentials', 'new-secret')}">New client secret</a></p>
${table(['Description', 'Expires', 'Value', 'Secret ID', ''], secrets, 'No client secrets have been created for this application.')}
<h2>Certificates (${certificates.length})</h2>
<p><a class="button" href="${appPath(application, 'credentials', 'upload-certificate')}">Upload certificate</a></p>
${table(['Thumbprint', 'Description', 'Start date', 'Expires', 'Certificate ID', ''], certificates, 'No certificates have been added for this application.')}`;
  const notice = added && 'Save the Value now: it cannot be retrieved after you leave this page.';
  return appFrame(call, application, { page: 'Certificates & secrets', content, notice, ...refusal(error) });
}

export function newSecretPage(call: PortalCall, application: Application, error?: string): TenantResponse {
  const content = html`<label for="description">Description</label><input id="description" name="description" maxlength="256" value="${field(call, 'description')}">
<label for="expires">Expires</label><select id="expires" name="expires">${expiries.map(([value, label]) => html`<option value="${value}"${value === field(call, 'expires') && html` selected`}>${label}</option>`)}</select>
<label for="start">Start (Custom)</label><input id="start" name="start" type="date" value="${field(call, 'start')}">
<label for="end">End (Custom, at most 24 months)</label><input id="end" name="end" type="date" value="${field(call, 'end')}">
<button class="primary" type="submit">Add</button> <a class="button" href="${appPath(application, 'credentials')}">Cancel</a>`;
  return appFrame(call, application, {
    page: 'Certificates & secrets',
    title: 'Add a client secret',
    content: postForm(call, appPath(application, 'credentials', 'new-secret'), content),
    ...refusal(error),
  });
}

export function addSecretTo(call: PortalCall, application: Application): TenantResponse {
  const { tenant, now } = call;
  const expires = field(call, 'expires') || '180';
  const isCustom = expires === 'custom';
  const start = isCustom && field(call, 'start') ? Date.parse(field(call, 'start')) : now;
  const end = isCustom ? Date.parse(field(call, 'end')) : now + Number(expires) * dayMs;
  if (field(call, 'description').length > 256)
    return newSecretPage(call, application, 'The description may have 256 characters.');
  if (!Number.isFinite(start) || !Number.isFinite(end) || end <= start)
    return newSecretPage(call, application, 'The end date must be after the start date.');
  if (end - start > longestMs)
    return newSecretPage(call, application, 'A client secret may live for 24 months at most.');
  const endDateTime = new Date(end).toISOString();
  const violation = checkCredentialPolicy(tenant.directory, application, 'password', endDateTime, start);
  if (violation) return newSecretPage(call, application, violation.message);
  const startDateTime = new Date(start).toISOString();
  const fields = { displayName: field(call, 'description') || null, startDateTime, endDateTime };
  const added = addPassword(tenant.directory, application, fields, now, tenant.profile);
  call.service.changed();
  return credentialsPage(call, application, { added });
}

export function uploadCertificatePage(call: PortalCall, application: Application, error?: string): TenantResponse {
  const content = html`<label for="file">Select a file (.cer, .pem, .crt)</label><input id="file" name="file" type="file" accept=".cer,.pem,.crt">
<label for="pem">or paste the certificate (PEM)</label><textarea id="pem" name="pem" rows="6" spellcheck="false"></textarea>
<label for="description">Description</label><input id="description" name="description" maxlength="256">
<button class="primary" type="submit">Add</button> <a class="button" href="${appPath(application, 'credentials')}">Cancel</a>`;
  return appFrame(call, application, {
    page: 'Certificates & secrets',
    title: 'Upload certificate',
    content: postForm(call, appPath(application, 'credentials', 'upload-certificate'), content, true),
    ...refusal(error),
  });
}

export async function addCertificateTo(call: PortalCall, application: Application): Promise<TenantResponse> {
  const { tenant, now } = call;
  const file = call.form.get('file');
  const sent = file instanceof File && file.size > 0 ? Buffer.from(await file.arrayBuffer()) : field(call, 'pem');
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(sent);
  } catch {
    return uploadCertificatePage(call, application, 'The file is not an X.509 certificate.');
  }
  const { endDateTime } = keyCredentialOf(certificate, now, tenant.profile);
  const violation = checkCredentialPolicy(tenant.directory, application, 'certificate', endDateTime, now);
  if (violation) return uploadCertificatePage(call, application, violation.message);
  const added = addCertificate(application, certificate.toString(), now, tenant.profile);
  if (field(call, 'description')) added.displayName = field(call, 'description').slice(0, 256);
  call.service.changed();
  return seeOther(appPath(application, 'credentials'));
}

export function removeCredential(call: PortalCall, application: Application): TenantResponse {
  const keyId = field(call, 'keyId');
  removePassword(application, keyId);
  application.keyCredentials = application.keyCredentials.filter((each) => each.keyId !== keyId);
  call.service.changed();
  return seeOther(appPath(application, 'credentials'));
}

function refusal(error: string | undefined) {
  return error === undefined ? {} : { status: 400, error };
}
