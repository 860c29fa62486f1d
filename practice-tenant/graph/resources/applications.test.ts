import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { available } from '../../../test/harness/available.ts';
import { temporaryFolder } from '../../../test/harness/temporary-folder.ts';
import { directoryUnderTest } from '../directory-under-test.sample.ts';

let tenant: ReturnType<typeof directoryUnderTest>;
beforeEach(() => {
  tenant = directoryUnderTest();
});

async function create(body: object = {}) {
  const created = await tenant.ask('POST', '/applications', { body: { displayName: 'Mailroom', ...body } });
  expect(created.status).toBe(201);
  return created.body;
}

describe('an application is registered', () => {
  it('as-the-setup-of-a-connector-does-it', async () => {
    const access = {
      resourceAppId: '00000003-0000-0000-c000-000000000000',
      resourceAccess: [{ id: 'B633E1C5-b582-4048-a93e-9f11b44c7e96', type: 'Role' }],
    };
    const made = await create({ SignInAudience: 'AzureADMyOrg', requiredResourceAccess: [access] });
    expect(made['@odata.context']).toBe('https://localhost:8443/v1.0/$metadata#applications/$entity');
    expect(made.id).not.toBe(made.appId);
    expect(made.requiredResourceAccess[0].resourceAccess[0].id).toBe('b633e1c5-b582-4048-a93e-9f11b44c7e96');
    const principal = await tenant.ask('POST', '/myorganization/servicePrincipals', { body: { appId: made.appId } });
    expect([principal.status, principal.body.displayName]).toEqual([201, 'Mailroom']);
    const byAppId = await tenant.ask('GET', `/applications(appId='${made.appId}')?$select=id,appId`);
    expect(byAppId.body).toEqual({
      '@odata.context': 'https://localhost:8443/v1.0/$metadata#applications(id,appId)/$entity',
      id: made.id,
      appId: made.appId,
    });
    const again = await tenant.ask('POST', '/servicePrincipals', { body: { appId: made.appId } });
    expect([again.status, again.body.error.code]).toEqual([409, 'Request_MultipleObjectsWithSameKeyValue']);
  });

  it('what-cannot-be-is-refused-and-leaves-nothing-behind', async () => {
    const before = tenant.directory.state.applications.length;
    for (const [body, message] of [
      [{}, "A value is required for property 'displayName' of resource 'Application'."],
      [{ displayName: 1 }, "Invalid value specified for property 'displayName' of resource 'Application'."],
      [{ displayName: 'x', colour: 'red' }, "Invalid property 'colour'."],
      [
        { displayName: 'x', passwordCredentials: [{ displayName: 'y' }] },
        'New password credentials must be generated with service actions.',
      ],
      [
        { displayName: 'x', web: { redirectUris: ['http://else.example/'] } },
        "Invalid value specified for property 'web.redirectUris' of resource 'Application'.",
      ],
      [
        { displayName: 'x', keyCredentials: [{ type: 'AsymmetricX509Cert', usage: 'Verify', key: 'AAAA' }] },
        'Invalid certificate: Key value is invalid certificate',
      ],
    ] as const) {
      const answer = await tenant.ask('POST', '/applications', { body });
      expect([answer.status, answer.body.error.code, answer.body.error.message]).toEqual([
        400,
        'Request_BadRequest',
        message,
      ]);
    }
    expect(tenant.directory.state.applications).toHaveLength(before);
  });

  it('and-goes-with-its-principal-and-all-that-was-granted', async () => {
    const made = await create();
    const { body: principal } = await tenant.ask('POST', '/servicePrincipals', { body: { appId: made.appId } });
    const { body: graph } = await tenant.ask('GET', "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')");
    const role = { principalId: principal.id, resourceId: graph.id, appRoleId: graph.appRoles[0].id };
    expect(
      (await tenant.ask('POST', `/servicePrincipals/${principal.id}/appRoleAssignments`, { body: role })).status,
    ).toBe(201);
    expect((await tenant.ask('DELETE', `/applications/${made.id}`)).status).toBe(204);
    expect((await tenant.ask('GET', `/servicePrincipals/${principal.id}`)).status).toBe(404);
    expect(tenant.directory.state.appRoleAssignments).toEqual([]);
  });
});

describe('secrets', () => {
  it('are-shown-once-and-end-after-two-years-unless-told', async () => {
    const { id } = await create();
    const added = await tenant.ask('POST', `/applications/${id}/addPassword`, {
      body: { passwordCredential: { displayName: 'one' } },
    });
    expect(added.body).toMatchObject({
      '@odata.context': 'https://localhost:8443/v1.0/$metadata#microsoft.graph.passwordCredential',
      displayName: 'one',
      endDateTime: '2028-11-24T09:00:00.000Z',
      hint: added.body.secretText.slice(0, 3),
      customKeyIdentifier: null,
    });
    const read = await tenant.ask('GET', `/applications/${id}`);
    expect(JSON.stringify(read.body)).not.toContain(added.body.secretText);
    const { keyId } = added.body;
    expect((await tenant.ask('POST', `/applications/${id}/removePassword`, { body: { keyId } })).status).toBe(204);
    const gone = await tenant.ask('POST', `/applications/${id}/removePassword`, { body: { keyId } });
    expect([gone.status, gone.body.error.message]).toEqual([
      400,
      `No password credential found with keyId '${keyId}'.`,
    ]);
  });

  it('longer-than-the-tenants-policy-are-refused-to-the-letter', async () => {
    const { id } = await create();
    const patch = {
      isEnabled: true,
      applicationRestrictions: { passwordCredentials: [{ restrictionType: 'passwordLifetime', maxLifetime: 'P90D' }] },
    };
    const policyPath = '/policies/defaultAppManagementPolicy';
    expect((await tenant.ask('PATCH', policyPath, { body: patch })).status).toBe(204);
    const shown = await tenant.ask('GET', policyPath);
    expect(shown.body.applicationRestrictions.passwordCredentials[0]).toMatchObject({
      state: 'enabled',
      maxLifetime: 'P90D',
    });
    const add = (endDateTime: string) =>
      tenant.ask('POST', `/applications/${id}/addPassword`, { body: { passwordCredential: { endDateTime } } });
    expect((await add('2027-02-22T09:00:00Z')).status).toBe(200);
    const refused = await add('2027-02-23T09:00:00Z');
    expect([refused.status, refused.body.error.code, refused.body.error.message]).toEqual([
      400,
      'CredentialInvalidLifetimeAsPerAppPolicy',
      "Credential lifetime exceeds the max value allowed as per assigned policy '00000000-0000-0000-0000-000000000000'.",
    ]);
    expect(refused.body.error.details[0]).toMatchObject({ code: 'InvalidKeyEndDate', target: 'EndDate' });
  });

  it('an-assigned-policy-stands-in-place-of-the-default-one', async () => {
    const { id } = await create();
    const body = {
      displayName: 'No secrets',
      restrictions: { passwordCredentials: [{ restrictionType: 'passwordAddition' }] },
    };
    const { body: policy } = await tenant.ask('POST', '/policies/appManagementPolicies', { body });
    const reference = { '@odata.id': `https://graph.microsoft.com/v1.0/policies/appManagementPolicies/${policy.id}` };
    const assigned = `/applications/${id}/appManagementPolicies`;
    expect((await tenant.ask('POST', `${assigned}/$ref`, { body: reference })).status).toBe(204);
    const refused = await tenant.ask('POST', `/applications/${id}/addPassword`, { body: {} });
    expect(refused.body.error.code).toBe('CredentialTypeNotAllowedAsPerAppPolicy');
    expect((await tenant.ask('DELETE', `${assigned}/${policy.id}/$ref`)).status).toBe(204);
    expect((await tenant.ask('POST', `/applications/${id}/addPassword`, { body: {} })).status).toBe(200);
  });
});

describe.skipIf(!available('openssl'))('certificates', () => {
  it('replace-the-whole-collection-and-roll-by-proof', async () => {
    // A minute ahead of this machine, so that what openssl makes now is valid.
    tenant.clock.advance(Date.now() + 60_000 - tenant.clock.now());
    const [first, second] = [await certificate(), await certificate()];
    const { id } = await create();
    const patch = (keyCredentials: object[]) =>
      tenant.ask('PATCH', `/applications/${id}`, { body: { keyCredentials } });
    expect((await patch([{ type: 'AsymmetricX509Cert', usage: 'Verify', key: first.key }])).status).toBe(204);
    const { body: bare } = await tenant.ask('GET', `/applications/${id}`);
    expect([bare.keyCredentials.length, bare.keyCredentials[0].key]).toEqual([1, null]);
    expect(bare.keyCredentials[0].customKeyIdentifier).toBe(first.thumbprint);
    const { body: whole } = await tenant.ask('GET', `/applications/${id}?$select=keyCredentials`);
    expect(whole.keyCredentials[0].key).toBe(first.key);

    const now = Math.floor(tenant.clock.now() / 1000);
    const proof = (signer: typeof first, seconds = 600) =>
      new SignJWT({})
        .setProtectedHeader({ alg: 'PS256' })
        .setAudience('00000002-0000-0000-c000-000000000000')
        .setIssuer(id)
        .setNotBefore(now)
        .setExpirationTime(now + seconds)
        .sign(signer.privateKey);
    const keyCredential = { type: 'AsymmetricX509Cert', usage: 'Verify', key: second.key };
    const addKey = async (text: string) =>
      tenant.ask('POST', `/applications/${id}/addKey`, {
        body: { keyCredential, passwordCredential: null, proof: text },
      });
    expect((await addKey(await proof(second))).body.error.code).toBe('Authentication_MissingOrMalformed');
    expect((await addKey(await proof(first, 3600))).status).toBe(401);
    expect((await addKey(await proof(first))).status).toBe(200);
    const [oldest] = bare.keyCredentials;
    const removed = await tenant.ask('POST', `/applications/${id}/removeKey`, {
      body: { keyId: oldest.keyId, proof: await proof(second) },
    });
    expect(removed.status).toBe(204);

    const { body: left } = await tenant.ask('GET', `/applications/${id}?$select=keyCredentials`);
    expect(left.keyCredentials.map((each: { key: string }) => each.key)).toEqual([second.key]);
    // Kept by its id, without the key; whatever is not named is gone.
    expect((await patch([{ keyId: left.keyCredentials[0].keyId }])).status).toBe(204);
    expect(tenant.directory.application(id)?.keyCredentials[0]?.key).toBe(second.key);
    expect((await patch([])).status).toBe(204);
    expect(tenant.directory.application(id)?.keyCredentials).toEqual([]);
  });

  async function certificate() {
    await using folder = await temporaryFolder();
    const [keyFile, file] = [join(folder.path, 'key.pem'), join(folder.path, 'certificate.pem')];
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=app'];
    execFileSync('openssl', [...request, '-keyout', keyFile, '-out', file], { stdio: 'ignore' });
    const { raw } = new X509Certificate(readFileSync(file));
    return {
      key: raw.toString('base64'),
      thumbprint: createHash('sha1').update(raw).digest('base64'),
      privateKey: createPrivateKey(readFileSync(keyFile)),
    };
  }
});

describe('federated credentials and owners', () => {
  it('are-kept-read-changed-and-taken-away', async () => {
    const { id } = await create();
    const path = `/applications/${id}/federatedIdentityCredentials`;
    const credential = {
      name: 'github',
      issuer: 'https://issuer.example',
      subject: 's',
      audiences: ['api://AzureADTokenExchange'],
    };
    const made = await tenant.ask('POST', path, { body: credential });
    expect([made.status, made.body.description]).toEqual([201, null]);
    expect((await tenant.ask('POST', path, { body: credential })).status).toBe(409);
    expect((await tenant.ask('PATCH', `${path}(name='github')`, { body: { subject: 't' } })).status).toBe(204);
    expect((await tenant.ask('PATCH', `${path}/${made.body.id}`, { body: { name: 'other' } })).status).toBe(400);
    expect((await tenant.ask('GET', path)).body.value[0]).toMatchObject({ name: 'github', subject: 't' });
    expect((await tenant.ask('DELETE', `${path}/${made.body.id}`)).status).toBe(204);
    expect((await tenant.ask('GET', path)).body.value).toEqual([]);

    const owner = tenant.person('ada@contoso.example', []);
    const owners = `/applications/${id}/owners`;
    const reference = { '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${owner.oid}` };
    expect((await tenant.ask('POST', `${owners}/$ref`, { body: reference })).status).toBe(204);
    expect((await tenant.ask('POST', `${owners}/$ref`, { body: reference })).status).toBe(400);
    expect((await tenant.ask('GET', owners)).body.value[0]).toMatchObject({
      '@odata.type': '#microsoft.graph.user',
      id: owner.oid,
    });
    const expanded = await tenant.ask('GET', `/applications/${id}?$select=id&$expand=owners($select=id)`);
    expect(expanded.body.owners).toEqual([{ '@odata.type': '#microsoft.graph.user', id: owner.oid }]);
  });
});
