/** What the samples find in the tenant, each under the name by which they call it. */
import { X509Certificate } from 'node:crypto';
import { importPKCS8, SignJWT } from 'jose';
import type { Agent } from 'undici';
import { fetch } from 'undici';
import type { PracticeTenant } from '../../practice-tenant/tenant.ts';
import { createAppCertificate } from '../../src/microsoft/app-certificate.ts';
import type { Person } from '../harness/person-with-browser.ts';

const roles = [
  ...['Mail.Send', 'Mail.ReadWrite', 'Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All'],
  ...['DelegatedPermissionGrant.ReadWrite.All', 'Directory.ReadWrite.All', 'Group.ReadWrite.All', 'User.Read.All'],
  ...['Organization.Read.All', 'Domain.Read.All', 'Policy.Read.All', 'Policy.ReadWrite.ApplicationConfiguration'],
];
/** Microsoft Graph Command Line Tools: signs the administrator in. */
const tools = '14d82eec-204b-4c2f-b7e8-296a70dab67e';
const graph = 'https://graph.microsoft.com';
export const admin = 'admin@contoso.example';
const redirectUri = 'https://app.contoso.example/connectors/mail';

/** Fills the tenant, and returns the names with what they stand for. */
export async function surroundings(tenant: PracticeTenant): Promise<Record<string, string>> {
  const { app, secret } = tenant.addApp({ displayName: 'Contoso Mailroom', roles, redirectUris: [redirectUri] });
  const [first, second] = await Promise.all([certificate('Contoso first'), certificate('Contoso second')]);
  app.addCertificate(first.certificatePem);
  const { id: applicationId } = app.application;
  const now = Math.floor(Date.now() / 1000);
  const principal = (appId: string) => tenant.directory.servicePrincipalByAppId(appId)?.id ?? '';
  const token = `${tenant.origin}/${tenant.tenantId}/oauth2/v2.0/token`;
  const own = { iss: app.clientId, sub: app.clientId, aud: token, jti: 'sample', nbf: now, exp: now + 600 };
  const proof = { iss: applicationId, aud: '00000002-0000-0000-c000-000000000000', nbf: now, exp: now + 600 };
  return {
    tenant: tenant.tenantId,
    domain: tenant.domain,
    sender: 'noreply@contoso.example',
    reader: 'ada@contoso.example',
    admin,
    adminId: tenant.directory.user(admin)?.id ?? '',
    readerId: tenant.directory.user('ada@contoso.example')?.id ?? '',
    clientId: app.clientId,
    applicationId,
    principalId: app.servicePrincipalId,
    secret,
    redirectUri,
    tools,
    graphPrincipalId: principal('00000003-0000-0000-c000-000000000000'),
    exchangePrincipalId: principal('00000002-0000-0ff1-ce00-000000000000'),
    // Exchange.ManageAsApp, which the app has not got.
    freeRole: 'dc50a0fb-09a3-484d-be87-e023b12c6440',
    certificate: first.der,
    nextCertificate: second.der,
    assertion: await first.sign(own),
    proof: await first.sign(proof),
  };
}

async function certificate(name: string) {
  const { certificatePem, privateKeyPem } = await createAppCertificate(name, 30, Date.now());
  const x509 = new X509Certificate(certificatePem);
  const thumbprint = Buffer.from(x509.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
  const key = await importPKCS8(privateKeyPem, 'PS256');
  return {
    certificatePem,
    der: x509.raw.toString('base64'),
    sign: (claims: Record<string, string | number>) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'PS256', typ: 'JWT', 'x5t#S256': thumbprint }).sign(key),
  };
}

/** A token of the app, and one of the administrator who signed in by a device code. */
export async function tokens(
  tenant: PracticeTenant,
  person: Person,
  dispatcher: Agent,
  { clientId = '', secret = '' }: Readonly<Record<string, string>>,
): Promise<{ app: string; admin: string }> {
  const post = async (path: string, form: Record<string, string>) => {
    const body = new URLSearchParams(form);
    const answer = await fetch(`${tenant.origin}/${tenant.tenantId}/${path}`, { dispatcher, method: 'POST', body });
    const json: Record<string, unknown> = Object(await answer.json());
    if (!answer.ok) throw new Error(JSON.stringify(json));
    return json;
  };
  const secretGrant = { grant_type: 'client_credentials', client_id: clientId, client_secret: secret };
  const app = await post('oauth2/v2.0/token', { ...secretGrant, scope: `${graph}/.default` });
  const scopes = ['User.Read', 'Mail.ReadWrite', 'Mail.Send', 'Application.ReadWrite.All', 'Directory.Read.All'];
  const device = await post('oauth2/v2.0/devicecode', { client_id: tools, scope: scopes.join(' ') });
  await person.enterCode(String(device['verification_uri']), String(device['user_code']));
  const signedIn = await post('oauth2/v2.0/token', {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    client_id: tools,
    device_code: String(device['device_code']),
  });
  return { app: String(app['access_token']), admin: String(signedIn['access_token']) };
}
