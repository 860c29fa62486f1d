/** oauth4webapi: a client that takes the standards at their word. */
import assert from 'node:assert/strict';
import * as oauth from 'oauth4webapi';
import { surroundings } from '../surroundings.ts';

const { origin, tenantId, clientId, secret } = surroundings(process.env);
const issuer = new URL(`${origin}/${tenantId}/v2.0`);
const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer));
const client = { client_id: clientId };
const scope = new URLSearchParams({ scope: 'https://graph.microsoft.com/.default' });
for (const authentication of [oauth.ClientSecretPost(secret), oauth.ClientSecretBasic(secret)]) {
  const answer = await oauth.clientCredentialsGrantRequest(server, client, authentication, scope);
  assert.ok((await oauth.processClientCredentialsResponse(server, client, answer)).access_token);
}
const refused = await oauth.clientCredentialsGrantRequest(server, client, oauth.ClientSecretPost('wrong'), scope);
await assert.rejects(oauth.processClientCredentialsResponse(server, client, refused), oauth.ResponseBodyError);
