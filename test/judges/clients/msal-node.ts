/** @azure/msal-node: secret, certificate, device code, authorization code with PKCE, and how it sees a refusal. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfidentialClientApplication, CryptoProvider, PublicClientApplication, ServerError } from '@azure/msal-node';
import { Browser } from '../browser.ts';
import { surroundings } from '../surroundings.ts';

const { origin, host, tenantId, clientId, secret, admin, certificateFile, keyFile } = surroundings(process.env);
const authority = { authority: `${origin}/${tenantId}`, knownAuthorities: [host] };
const scopes = ['https://graph.microsoft.com/.default'];

const bySecret = new ConfidentialClientApplication({ auth: { clientId, clientSecret: secret, ...authority } });
assert.ok((await bySecret.acquireTokenByClientCredential({ scopes }))?.accessToken);

const thumbprintSha256 = new X509Certificate(readFileSync(certificateFile)).fingerprint256.replaceAll(':', '');
const clientCertificate = { thumbprintSha256, privateKey: readFileSync(keyFile, 'utf8') };
const byCertificate = new ConfidentialClientApplication({ auth: { clientId, clientCertificate, ...authority } });
assert.ok((await byCertificate.acquireTokenByClientCredential({ scopes }))?.accessToken);

const wrong = new ConfidentialClientApplication({ auth: { clientId, clientSecret: 'wrong', ...authority } });
await assert.rejects(wrong.acquireTokenByClientCredential({ scopes }), (error: unknown) => {
  assert.ok(error instanceof ServerError);
  assert.equal(error.errorCode, 'invalid_client');
  return /AADSTS7000215/.test(error.message);
});

const tools = new PublicClientApplication({ auth: { clientId: '14d82eec-204b-4c2f-b7e8-296a70dab67e', ...authority } });
const device = await tools.acquireTokenByDeviceCode({
  scopes: ['https://graph.microsoft.com/User.Read'],
  deviceCodeCallback: ({ verificationUri, userCode }) => {
    new Browser(origin).accept(`${verificationUri}?otc=${userCode}`, admin).catch((error: unknown) => {
      throw error;
    });
  },
});
assert.equal(device?.account?.username, admin);

const redirectUri = 'https://app.contoso.example/connectors/SMTP.aspx';
const { verifier, challenge } = await new CryptoProvider().generatePkceCodes();
const pkce = { codeChallenge: challenge, codeChallengeMethod: 'S256' };
const url = await bySecret.getAuthCodeUrl({ scopes: ['User.Read'], redirectUri, ...pkce });
const code = new URL(await new Browser(origin).accept(url, admin)).searchParams.get('code');
assert.ok(code);
const signedIn = await bySecret.acquireTokenByCode({
  code,
  redirectUri,
  scopes: ['User.Read'],
  codeVerifier: verifier,
});
assert.equal(signedIn.account?.username, admin);
