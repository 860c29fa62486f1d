import { describe, expect, it } from 'vitest';
import { clouds } from '../clouds.ts';
import { createApplication, deleteApplication, ensureServicePrincipal } from './applications.ts';
import { assignAppRole, grantAdminConsent, grantScopes, rolesOf, withdrawAppRole } from './consent.ts';
import { Directory } from './directory.ts';
import { emptyDirectory } from './empty-directory.ts';
import { exchangeAppId, graphAppId } from './well-known.ts';

const minuteMs = 60_000;

function tenant() {
  const names = { tenantId: '11111111-2222-4333-8444-555555555555', domains: ['contoso.example'] };
  const directory = new Directory(emptyDirectory(names, clouds.global, 0));
  const application = createApplication(directory, { displayName: 'Mailroom' }, 0);
  const principal = ensureServicePrincipal(directory, application.appId, 0);
  const role = (appId: string, value: string) => {
    const resource = directory.servicePrincipalByAppId(appId);
    const found = resource?.appRoles.find((each) => each.value === value);
    if (!resource || !found) throw new Error(`no role ${value}`);
    return { principalId: principal.id, resourceId: resource.id, appRoleId: found.id };
  };
  return { directory, application, principal, role };
}

describe('what an app was granted', () => {
  it('is-everything-that-the-registration-asks-for-and-comes-after-a-while', () => {
    const { directory, application, principal, role } = tenant();
    const send = role(graphAppId, 'Mail.Send');
    const smtp = role(exchangeAppId, 'SMTP.SendAsApp');
    const scope = directory
      .servicePrincipal(send.resourceId)
      ?.oauth2PermissionScopes.find(({ value }) => value === 'User.Read');
    application.requiredResourceAccess = [
      {
        resourceAppId: graphAppId,
        resourceAccess: [
          { id: send.appRoleId, type: 'Role' },
          { id: scope?.id ?? '', type: 'Scope' },
        ],
      },
      { resourceAppId: exchangeAppId, resourceAccess: [{ id: smtp.appRoleId, type: 'Role' }] },
      { resourceAppId: '99999999-9999-4999-8999-999999999999', resourceAccess: [{ id: 'x', type: 'Role' }] },
    ];
    grantAdminConsent(directory, application, 0, minuteMs);
    grantAdminConsent(directory, application, 0, minuteMs);
    expect(rolesOf(directory, principal.id, send.resourceId, minuteMs - 1)).toEqual([]);
    expect(rolesOf(directory, principal.id, send.resourceId, minuteMs)).toEqual(['Mail.Send']);
    expect(rolesOf(directory, principal.id, smtp.resourceId, minuteMs)).toEqual(['SMTP.SendAsApp']);
    expect(directory.state.appRoleAssignments).toHaveLength(2);
    expect(directory.state.oauth2PermissionGrants).toMatchObject([
      { consentType: 'AllPrincipals', scope: 'User.Read' },
    ]);
  });

  it('lingers-in-tokens-after-its-withdrawal-and-not-for-ever', () => {
    const { directory, principal, role } = tenant();
    const ids = role(graphAppId, 'Mail.Send');
    const { id } = assignAppRole(directory, ids, 0, 0);
    expect(withdrawAppRole(directory, id, 10, minuteMs)).toBe(true);
    expect(withdrawAppRole(directory, id, 10, minuteMs)).toBe(false);
    expect(rolesOf(directory, principal.id, ids.resourceId, 10 + minuteMs - 1)).toEqual(['Mail.Send']);
    expect(rolesOf(directory, principal.id, ids.resourceId, 10 + minuteMs)).toEqual([]);
  });

  it('that-never-came-into-effect-does-not-linger', () => {
    const { directory, principal, role } = tenant();
    const ids = role(graphAppId, 'Mail.Send');
    const { id } = assignAppRole(directory, ids, 0, minuteMs);
    withdrawAppRole(directory, id, 10, minuteMs);
    expect(rolesOf(directory, principal.id, ids.resourceId, 20)).toEqual([]);
  });

  it('by-one-person-is-apart-from-what-everybody-granted', () => {
    const { directory, principal, role } = tenant();
    const { resourceId } = role(graphAppId, 'Mail.Send');
    const grant = (principalId: string | null, ...scopes: string[]) =>
      grantScopes(directory, { clientId: principal.id, resourceId, principalId }, scopes).scope;
    expect(grant(null, 'User.Read')).toBe('User.Read');
    expect(grant('ada', 'Mail.Send', 'openid')).toBe('Mail.Send openid');
    expect(grant('ada', 'openid', 'profile')).toBe('Mail.Send openid profile');
    expect(grant(null)).toBe('User.Read');
  });

  it('goes-with-the-application', () => {
    const { directory, application, principal, role } = tenant();
    const ids = role(graphAppId, 'Mail.Send');
    const { id } = assignAppRole(directory, ids, 0, 0);
    withdrawAppRole(directory, id, 0, minuteMs);
    assignAppRole(directory, ids, 0, 0);
    grantScopes(directory, { clientId: principal.id, resourceId: ids.resourceId, principalId: null }, ['openid']);
    deleteApplication(directory, application);
    const { appRoleAssignments, withdrawnAppRoleAssignments, oauth2PermissionGrants } = directory.state;
    expect([appRoleAssignments, withdrawnAppRoleAssignments, oauth2PermissionGrants]).toEqual([[], [], []]);
  });
});
