/** oauth4webapi: a client that takes the standards at their word. */
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as oauth from 'oauth4webapi';
import { Browser } from '../browser.ts';
import { redirectUri, surroundings } from '../surroundings.ts';

const { origin, tenantId, clientId, secret, admin, certificateFile, keyFile } = surroundings(process.env);
const issuer = new URL(`${origin}/${tenantId}/v2.0`);
const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer));
const client = { client_id: clientId };

const certificate = new X509Certificate(readFileSync(certificateFile)).raw;
const pem = readFileSync(keyFile, 'utf8').replace(/-----[^-]+-----|\s/g, '');
const signsWith = async (algorithm: 'RSA-PSS' | 'RSASSA-PKCS1-v1_5', header: string, digest: string) => {
  const wanted = { name: algorithm, hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('pkcs8', Buffer.from(pem, 'base64'), wanted, false, ['sign']);
  return oauth.PrivateKeyJwt(key, {
    [oauth.modifyAssertion]: (own, claims) => {
      own[header] = createHash(digest).update(certificate).digest('base64url');
      claims['aud'] = server.token_endpoint ?? '';
    },
  });
};

const scope = new URLSearchParams({ scope: 'https://graph.microsoft.com/.default' });
for (const authentication of [
  oauth.ClientSecretPost(secret),
  oauth.ClientSecretBasic(secret),
  await signsWith('RSA-PSS', 'x5t#S256', 'sha256'),
  await signsWith('RSASSA-PKCS1-v1_5', 'x5t', 'sha1'),
]) {
  const answer = await oauth.clientCredentialsGrantRequest(server, client, authentication, scope);
  assert.ok((await oauth.processClientCredentialsResponse(server, client, answer)).access_token);
}
const refused = await oauth.clientCredentialsGrantRequest(server, client, oauth.ClientSecretPost('wrong'), scope);
await assert.rejects(oauth.processClientCredentialsResponse(server, client, refused), oauth.ResponseBodyError);

// Code with PKCE, state and nonce; the ID token is checked against the keys that the tenant publishes.
const verifier = oauth.generateRandomCodeVerifier();
const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
const authorize = new URL(server.authorization_endpoint ?? '');
authorize.search = new URLSearchParams({
  client_id: clientId,
  redirect_uri: redirectUri,
  response_type: 'code',
  scope: 'openid profile offline_access User.Read',
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
  state,
  nonce,
}).toString();
const end = new URL(await new Browser(origin).accept(authorize.href, admin));
const parameters = oauth.validateAuthResponse(server, client, end, state);
const byCertificate = await signsWith('RSA-PSS', 'x5t#S256', 'sha256');
const redeemed = await oauth.authorizationCodeGrantRequest(
  server,
  client,
  byCertificate,
  parameters,
  redirectUri,
  verifier,
);
const tokens = await oauth.processAuthorizationCodeResponse(server, client, redeemed, {
  expectedNonce: nonce,
  requireIdToken: true,
});
await oauth.validateApplicationLevelSignature(server, redeemed);
assert.equal(oauth.getValidatedIdTokenClaims(tokens)?.['preferred_username'], admin);
const refresh = await oauth.refreshTokenGrantRequest(server, client, byCertificate, tokens.refresh_token ?? '');
assert.ok((await oauth.processRefreshTokenResponse(server, client, refresh)).access_token);

// A device that has no browser.
const tools = { client_id: '14d82eec-204b-4c2f-b7e8-296a70dab67e' };
const wish = new URLSearchParams({ scope: 'https://graph.microsoft.com/User.Read' });
const asked = await oauth.deviceAuthorizationRequest(server, tools, oauth.None(), wish);
const device = await oauth.processDeviceAuthorizationResponse(server, tools, asked);
const poll = () => oauth.deviceCodeGrantRequest(server, tools, oauth.None(), device.device_code);
await assert.rejects(oauth.processDeviceCodeResponse(server, tools, await poll()), (error: unknown) => {
  assert.ok(error instanceof oauth.ResponseBodyError);
  return error.error === 'authorization_pending';
});
await new Browser(origin).accept(`${device.verification_uri}?otc=${device.user_code}`, admin);
assert.ok((await oauth.processDeviceCodeResponse(server, tools, await poll())).access_token);
