import { beforeEach, describe, expect, it } from 'vitest';
import { rolesOf } from '../../directory/consent.ts';
import { graphAppId } from '../../directory/well-known.ts';
import { directoryUnderTest } from '../directory-under-test.sample.ts';

let tenant: ReturnType<typeof directoryUnderTest>;
let ids: { principalId: string; resourceId: string; appRoleId: string };
const mailSend = 'b633e1c5-b582-4048-a93e-9f11b44c7e96';

beforeEach(() => {
  tenant = directoryUnderTest();
  const resource = tenant.directory.servicePrincipalByAppId(graphAppId);
  ids = { principalId: tenant.ownPrincipal.id, resourceId: resource?.id ?? '', appRoleId: mailSend };
});
const roles = () => rolesOf(tenant.directory, ids.principalId, ids.resourceId, tenant.clock.now());

describe('consent by API', () => {
  it('shows-in-tokens-only-after-a-while-and-so-does-its-end', async () => {
    const path = `/servicePrincipals/${ids.principalId}/appRoleAssignments`;
    const made = await tenant.ask('POST', path, { body: ids });
    expect([made.status, made.body.principalDisplayName, made.body.resourceDisplayName]).toEqual([
      201,
      'Provisioner',
      'Microsoft Graph',
    ]);
    expect(roles()).toEqual([]);
    tenant.clock.advance(60_000);
    expect(roles()).toEqual(['Mail.Send']);
    const onResource = `/servicePrincipals/${ids.resourceId}/appRoleAssignedTo`;
    const twice = await tenant.ask('POST', onResource, { body: ids });
    expect([twice.status, twice.body.error.message]).toEqual([
      400,
      'Permission being assigned already exists on the object',
    ]);
    expect((await tenant.ask('GET', onResource)).body.value).toHaveLength(1);
    expect((await tenant.ask('DELETE', `${path}/${made.body.id}`)).status).toBe(204);
    expect((await tenant.ask('GET', path)).body.value).toEqual([]);
    expect(roles()).toEqual(['Mail.Send']);
    tenant.clock.advance(60_000);
    expect(roles()).toEqual([]);
  });

  it('to-something-that-is-not-there-is-refused', async () => {
    const path = `/servicePrincipals/${ids.principalId}/appRoleAssignments`;
    const nobody = '99999999-9999-4999-8999-999999999999';
    const refusal = async (body: object, at = path) => {
      const answer = await tenant.ask('POST', at, { body });
      return [answer.status, answer.body.error.message];
    };
    expect(await refusal({ ...ids, principalId: nobody })).toEqual([400, 'Not a valid reference update.']);
    expect(await refusal({ ...ids, resourceId: nobody })).toEqual([404, expect.stringContaining(nobody)]);
    expect(await refusal({ ...ids, appRoleId: nobody })).toEqual([
      400,
      `Permission being assigned was not found on application '${graphAppId}'.`,
    ]);
  });

  it('takes-both-permissions-and-for-people-a-role-that-may-consent', async () => {
    const path = `/servicePrincipals/${ids.principalId}/appRoleAssignments`;
    const scopes = ['AppRoleAssignment.ReadWrite.All', 'Application.Read.All'];
    const status = async (caller: ReturnType<typeof tenant.app>) =>
      (await tenant.ask('POST', path, { body: ids, caller })).status;
    expect(await status(tenant.app('Application.ReadWrite.All'))).toBe(403);
    expect(await status(tenant.app('AppRoleAssignment.ReadWrite.All'))).toBe(403);
    expect(await status(tenant.person('user@contoso.example', scopes))).toBe(403);
    expect(await status(tenant.person('apps@contoso.example', scopes, ['Application Administrator']))).toBe(403);
    expect(await status(tenant.person('admin@contoso.example', scopes, ['Global Administrator']))).toBe(201);
  });

  it('delegated-grants-are-made-once-changed-and-withdrawn-by-administrators', async () => {
    const body = {
      clientId: ids.principalId,
      consentType: 'AllPrincipals',
      resourceId: ids.resourceId,
      scope: ' Mail.Send  User.Read ',
    };
    const scopes = ['DelegatedPermissionGrant.ReadWrite.All'];
    const post = (caller: ReturnType<typeof tenant.app>) =>
      tenant.ask('POST', '/oauth2PermissionGrants', { body, caller });
    expect((await post(tenant.person('user@contoso.example', scopes))).body.error.code).toBe(
      'Authorization_RequestDenied',
    );
    const admin = tenant.person('admin@contoso.example', scopes, ['Cloud Application Administrator']);
    const made = await post(admin);
    expect([made.status, made.body.scope, made.body.principalId]).toEqual([201, 'Mail.Send User.Read', null]);
    expect((await post(admin)).status).toBe(409);
    const path = `/oauth2PermissionGrants/${made.body.id}`;
    expect((await tenant.ask('PATCH', path, { body: { scope: 'Mail.Send' } })).status).toBe(204);
    const listed = await tenant.ask('GET', `/oauth2PermissionGrants?$filter=clientId eq '${ids.principalId}'`);
    expect(listed.body.value).toMatchObject([{ scope: 'Mail.Send' }]);
    expect((await tenant.ask('DELETE', path)).status).toBe(204);
    expect(tenant.directory.state.oauth2PermissionGrants).toEqual([]);
  });
});

describe('an app that may write its own applications alone', () => {
  it('owns-what-it-makes-and-cannot-touch-the-rest', async () => {
    const caller = tenant.app('Application.ReadWrite.OwnedBy');
    const made = await tenant.ask('POST', '/applications', { caller, body: { displayName: 'Mine' } });
    expect(tenant.directory.application(made.body.id)?.owners).toEqual([caller.oid]);
    expect((await tenant.ask('POST', `/applications/${made.body.id}/addPassword`, { caller, body: {} })).status).toBe(
      200,
    );
    const other = await tenant.ask('POST', '/applications', { body: { displayName: 'Other' } });
    for (const [method, path] of [
      ['PATCH', `/applications/${other.body.id}`],
      ['DELETE', `/applications/${other.body.id}`],
      ['POST', `/applications/${other.body.id}/addPassword`],
    ] as const) {
      const answer = await tenant.ask(method, path, { caller, body: {} });
      expect([path, answer.status, answer.body.error?.message]).toEqual([
        path,
        403,
        'Insufficient privileges to complete the operation.',
      ]);
    }
    const principal = await tenant.ask('POST', '/servicePrincipals', { caller, body: { appId: other.body.appId } });
    expect(principal.status).toBe(403);
  });
});
