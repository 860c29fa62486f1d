/** @azure/identity: the credentials that programs of Azure use. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import {
  ClientAssertionCredential,
  ClientCertificateCredential,
  ClientSecretCredential,
  WorkloadIdentityCredential,
} from '@azure/identity';
import { surroundings } from '../surroundings.ts';

const { origin, tenantId, clientId, secret, certificateFile, keyFile, federatedTokenFile } = surroundings(process.env);
const options = { authorityHost: origin, disableInstanceDiscovery: true };
const scope = 'https://graph.microsoft.com/.default';

const certificate = `${readFileSync(keyFile, 'utf8')}\n${readFileSync(certificateFile, 'utf8')}`;
const federatedToken = async () => readFileSync(federatedTokenFile, 'utf8');
for (const credential of [
  new ClientSecretCredential(tenantId, clientId, secret, options),
  new ClientCertificateCredential(tenantId, clientId, { certificate }, options),
  new ClientCertificateCredential(tenantId, clientId, { certificate }, { ...options, sendCertificateChain: true }),
  new ClientAssertionCredential(tenantId, clientId, federatedToken, options),
  new WorkloadIdentityCredential({ tenantId, clientId, tokenFilePath: federatedTokenFile, ...options }),
]) {
  const { token, expiresOnTimestamp } = await credential.getToken(scope);
  assert.ok(token);
  assert.ok(expiresOnTimestamp > Date.now() + 600_000);
}

await assert.rejects(new ClientSecretCredential(tenantId, clientId, 'wrong', options).getToken(scope), /7000215/);
const forged = new ClientAssertionCredential(tenantId, clientId, async () => `${await federatedToken()}x`, options);
await assert.rejects(forged.getToken(scope), /AADSTS/);
