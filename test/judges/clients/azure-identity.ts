/** @azure/identity: the credentials that programs of Azure use. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ClientCertificateCredential, ClientSecretCredential } from '@azure/identity';
import { surroundings } from '../surroundings.ts';

const { origin, tenantId, clientId, secret, certificateFile, keyFile } = surroundings(process.env);
const options = { authorityHost: origin, disableInstanceDiscovery: true };
const scope = 'https://graph.microsoft.com/.default';

assert.ok((await new ClientSecretCredential(tenantId, clientId, secret, options).getToken(scope)).token);
const certificate = `${readFileSync(keyFile, 'utf8')}\n${readFileSync(certificateFile, 'utf8')}`;
assert.ok((await new ClientCertificateCredential(tenantId, clientId, { certificate }, options).getToken(scope)).token);
await assert.rejects(new ClientSecretCredential(tenantId, clientId, 'wrong', options).getToken(scope), /7000215/);
