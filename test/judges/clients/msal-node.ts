/** @azure/msal-node: secret, certificate, federated assertion, device code, refresh, code with PKCE, and how it sees a refusal. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfidentialClientApplication, CryptoProvider, PublicClientApplication, ServerError } from '@azure/msal-node';
import { Browser } from '../browser.ts';
import { redirectUri, surroundings } from '../surroundings.ts';

const { origin, host, tenantId, clientId, secret, admin, certificateFile, keyFile, federatedTokenFile } = surroundings(
  process.env,
);
const authority = { authority: `${origin}/${tenantId}`, knownAuthorities: [host] };
const scopes = ['https://graph.microsoft.com/.default'];

const bySecret = new ConfidentialClientApplication({ auth: { clientId, clientSecret: secret, ...authority } });
const first = await bySecret.acquireTokenByClientCredential({ scopes });
assert.ok(first?.accessToken);
assert.equal((await bySecret.acquireTokenByClientCredential({ scopes }))?.fromCache, true);

const thumbprintSha256 = new X509Certificate(readFileSync(certificateFile)).fingerprint256.replaceAll(':', '');
const clientCertificate = { thumbprintSha256, privateKey: readFileSync(keyFile, 'utf8') };
const byCertificate = new ConfidentialClientApplication({ auth: { clientId, clientCertificate, ...authority } });
assert.ok((await byCertificate.acquireTokenByClientCredential({ scopes }))?.accessToken);

const clientAssertion = async () => readFileSync(federatedTokenFile, 'utf8');
const byIssuer = new ConfidentialClientApplication({ auth: { clientId, clientAssertion, ...authority } });
assert.ok((await byIssuer.acquireTokenByClientCredential({ scopes }))?.accessToken);

const wrong = new ConfidentialClientApplication({ auth: { clientId, clientSecret: 'wrong', ...authority } });
await assert.rejects(wrong.acquireTokenByClientCredential({ scopes }), (error: unknown) => {
  assert.ok(error instanceof ServerError);
  assert.equal(error.errorCode, 'invalid_client');
  return /AADSTS7000215/.test(error.message);
});

const tools = new PublicClientApplication({ auth: { clientId: '14d82eec-204b-4c2f-b7e8-296a70dab67e', ...authority } });
const userScopes = ['https://graph.microsoft.com/User.Read'];
const device = await tools.acquireTokenByDeviceCode({
  scopes: userScopes,
  deviceCodeCallback: ({ verificationUri, userCode }) => {
    new Browser(origin).accept(`${verificationUri}?otc=${userCode}`, admin).catch((error: unknown) => {
      throw error;
    });
  },
});
assert.ok(device?.account);
assert.equal(device.account.username, admin);
const refreshed = await tools.acquireTokenSilent({ account: device.account, scopes: userScopes, forceRefresh: true });
assert.equal(refreshed.fromCache, false);
assert.equal(refreshed.account?.homeAccountId, device.account.homeAccountId);

const { verifier, challenge } = await new CryptoProvider().generatePkceCodes();
const pkce = { codeChallenge: challenge, codeChallengeMethod: 'S256' };
const url = await bySecret.getAuthCodeUrl({ scopes: ['User.Read'], redirectUri, state: 'mine', ...pkce });
const end = new URL(await new Browser(origin).accept(url, admin)).searchParams;
assert.equal(end.get('state'), 'mine');
const code = end.get('code') ?? '';
const redeem = { code, redirectUri, scopes: ['User.Read'], codeVerifier: verifier };
const signedIn = await bySecret.acquireTokenByCode(redeem);
assert.equal(signedIn.account?.username, admin);
assert.ok(signedIn.account);
const again = await bySecret.acquireTokenSilent({
  account: signedIn.account,
  scopes: ['User.Read'],
  forceRefresh: true,
});
assert.equal(again.fromCache, false);
await assert.rejects(bySecret.acquireTokenByCode(redeem), /AADSTS54005/);
