import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { addGroup } from '../directory/groups.ts';
import { addUser } from '../directory/users.ts';
import { directoryUnderTest } from './directory-under-test.sample.ts';

let tenant: ReturnType<typeof directoryUnderTest>;
beforeEach(() => {
  tenant = directoryUnderTest();
  for (const name of ['ada', 'bob', 'cleo'])
    addUser(
      tenant.directory,
      `${name}@contoso.example`,
      { displayName: name, aliases: [`${name}.x@contoso.example`] },
      tenant.clock.now(),
    );
});
const addresses = (body: { value: { mail: string }[] }) => body.value.map(({ mail }) => mail.replace(/@.*/, ''));

describe('people are found', () => {
  it('by-filter-in-any-case-and-by-name-with-either-escaping', async () => {
    const filters = [
      "mail eq 'ADA@contoso.example'",
      "userPrincipalName eq 'ada@contoso.example'",
      "startswith(displayName,'ad')",
      "proxyAddresses/any(p:p eq 'smtp:ada.x@contoso.example')",
    ];
    for (const filter of filters)
      expect([
        filter,
        addresses((await tenant.ask('GET', `/users?$filter=${encodeURIComponent(filter)}&$select=id,mail`)).body),
      ]).toEqual([filter, ['ada']]);
    for (const path of ['/users/ada@contoso.example', '/users/ada%40contoso.example', "/users('ada@contoso.example')"])
      expect((await tenant.ask('GET', path)).body.mail).toBe('ada@contoso.example');
    const { body } = await tenant.ask('GET', '/users/ada@contoso.example');
    // What the page of the user resource calls the default set, and nothing that must be selected.
    expect(Object.keys(body)).toHaveLength(12);
    expect(body).not.toHaveProperty('proxyAddresses');
  });

  it('page-by-page-without-losing-or-repeating-anybody', async () => {
    const seen: string[] = [];
    let path = '/users?$top=2&$select=mail,id&$count=true';
    for (let page = 0; page < 3 && path; page += 1) {
      const { body } = await tenant.ask('GET', path, { headers: { consistencylevel: 'eventual' } });
      expect(body['@odata.count']).toBe(3);
      seen.push(...addresses(body));
      path = String(body['@odata.nextLink'] ?? '').replace('https://localhost:8443/v1.0', '');
    }
    expect(seen).toEqual(['ada', 'bob', 'cleo']);
    const count = await tenant.ask('GET', '/users/$count', { headers: { consistencylevel: 'eventual' } });
    expect(count.body).toBe('3');
  });

  it('not-by-options-that-nobody-serves', async () => {
    for (const [query, code, message] of [
      ['$skip=1', 'Request_BadRequest', "'$skip' is not supported by the service."],
      ['$colour=red', 'BadRequest', "The query parameter '$colour' is not supported."],
      ['$top=0', 'Request_UnsupportedQuery', "Invalid page size specified: '0'. Must be between 1 and 999 inclusive."],
      [
        '$select=colour',
        'BadRequest',
        "Parsing OData Select and Expand failed: Could not find a property named 'colour' on type 'microsoft.graph.user'.",
      ],
      [
        "$filter=colour eq 'x'",
        'BadRequest',
        "Invalid filter clause: Could not find a property named 'colour' on type 'microsoft.graph.user'.",
      ],
      ['$filter=mail eq', 'BadRequest', "Invalid filter clause: Syntax error at position 7 in 'mail eq'."],
      ["$filter=mail ne 'x'", 'Request_UnsupportedQuery', expect.stringContaining('ConsistencyLevel')],
      ['$skiptoken=zzz', 'Directory_ExpiredPageToken', expect.stringContaining('expired')],
    ] as const) {
      const { status, body } = await tenant.ask('GET', `/users?${query}`);
      expect([query, status, body.error.code, body.error.message]).toEqual([query, 400, code, message]);
    }
  });

  it('by-themselves-as-me-and-by-nobody-without-permission', async () => {
    const ada = tenant.person('ada@contoso.example', ['User.Read']);
    expect((await tenant.ask('GET', '/me', { caller: ada })).body.mail).toBe('ada@contoso.example');
    expect((await tenant.ask('GET', `/users/${ada.oid}`, { caller: ada })).status).toBe(200);
    expect((await tenant.ask('GET', '/users/bob@contoso.example', { caller: ada })).status).toBe(403);
    expect((await tenant.ask('GET', '/me')).body.error.message).toBe(
      '/me request is only valid with delegated authentication flow.',
    );
    const missing = await tenant.ask('GET', '/users/nobody@contoso.example');
    expect([missing.status, missing.body.error.code, Object.keys(missing.body.error.innerError)]).toEqual([
      404,
      'Request_ResourceNotFound',
      ['date', 'request-id', 'client-request-id'],
    ]);
    const denied = await tenant.ask('GET', '/users', { caller: tenant.app('Mail.Send') });
    expect([denied.status, denied.body.error.code]).toEqual([403, 'Authorization_RequestDenied']);
  });
});

describe('groups', () => {
  it('of-exchange-can-be-read-and-not-written', async () => {
    const fields = { displayName: 'Senders', mailNickname: 'senders', mailEnabled: true, securityEnabled: true };
    const refused = await tenant.ask('POST', '/groups', { body: fields });
    expect([refused.status, refused.body.error.message]).toEqual([
      400,
      expect.stringContaining('does not currently support writes of mail-enabled groups'),
    ]);
    const member = tenant.directory.user('ada@contoso.example')?.id ?? '';
    const group = addGroup(tenant.directory, { ...fields, members: [member] }, tenant.clock.now());
    expect((await tenant.ask('GET', `/groups/${group.id}/members`)).body.value[0].mail).toBe('ada@contoso.example');
    for (const [method, path] of [
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/members/$ref'],
      ['DELETE', `/members/${member}/$ref`],
    ] as const) {
      const answer = await tenant.ask(method, `/groups/${group.id}${path}`, { body: {} });
      expect([path, answer.status, answer.body.error.message]).toEqual([
        path,
        400,
        expect.stringMatching(/^Cannot (Update|Delete) a mail-enabled security groups/),
      ]);
    }
    expect(tenant.directory.group('Senders')?.members).toEqual([member]);
  });

  it('of-the-directory-are-made-and-filled', async () => {
    const base = { mailNickname: 'team', description: null };
    const unified = await tenant.ask('POST', '/groups', {
      body: { ...base, displayName: 'Team', mailEnabled: true, securityEnabled: false, groupTypes: ['Unified'] },
    });
    expect([unified.status, unified.body.mail]).toEqual([201, 'team@contoso.example']);
    const plain = await tenant.ask('POST', '/groups', {
      body: { ...base, displayName: 'Plain', mailEnabled: false, securityEnabled: true },
    });
    expect([plain.status, plain.body.mail]).toEqual([201, null]);
    const required = await tenant.ask('POST', '/groups', { body: { displayName: 'x' } });
    expect(required.body.error.message).toBe("A value is required for property 'mailEnabled' of resource 'Group'.");
    const reference = {
      '@odata.id': `https://graph.microsoft.com/v1.0/users/${tenant.directory.user('bob@contoso.example')?.id}`,
    };
    expect((await tenant.ask('POST', `/groups/${plain.body.id}/members/$ref`, { body: reference })).status).toBe(204);
    expect((await tenant.ask('GET', `/groups/${plain.body.id}?$expand=members`)).body.members).toHaveLength(1);
  });
});

describe('what clients look up first', () => {
  it('organization-domains-and-the-permissions-of-graph', async () => {
    const organization = await tenant.ask('GET', '/organization?$select=id,displayName');
    expect(organization.body.value).toEqual([{ id: tenant.directory.tenantId, displayName: 'Practice tenant' }]);
    expect((await tenant.ask('GET', '/domains')).body.value[0]).toMatchObject({
      id: 'contoso.example',
      isDefault: true,
      isVerified: true,
    });
    const { body } = await tenant.ask(
      'GET',
      '/myorganization/servicePrincipals?$select=appId,appRoles,id,oauth2PermissionScopes,servicePrincipalNames',
    );
    const graph = body.value.find((each: { servicePrincipalNames: string[] }) =>
      each.servicePrincipalNames.includes('https://graph.microsoft.com'),
    );
    expect(Object.keys(graph).sort()).toEqual([
      'appId',
      'appRoles',
      'id',
      'oauth2PermissionScopes',
      'servicePrincipalNames',
    ]);
    expect(graph.appRoles.find((role: { value: string }) => role.value === 'Mail.Send').id).toBe(
      'b633e1c5-b582-4048-a93e-9f11b44c7e96',
    );
    const byName = await tenant.ask(
      'GET',
      "/servicePrincipals?$filter=servicePrincipalNames/any(n:n eq 'https://graph.microsoft.com')&$select=appId",
    );
    expect(byName.body.value).toHaveLength(1);
  });
});

describe('too many writes', () => {
  it('are-throttled-with-the-headers-that-say-which-limit', async () => {
    tenant = directoryUnderTest({ directoryWritesPer150Seconds: 2 });
    const write = () => tenant.ask('POST', '/applications', { body: { displayName: 'x' } });
    expect([(await write()).status, (await write()).headers['x-ms-throttle-limit-percentage']]).toEqual([201, '1.0']);
    tenant.clock.advance(50_000);
    const throttled = await write();
    expect([
      throttled.status,
      throttled.headers['retry-after'],
      throttled.headers['x-ms-throttle-information'],
    ]).toEqual([429, '100', 'WriteLimitExceeded']);
    expect(throttled.headers['x-ms-throttle-scope']).toContain('Tenant_Application/ReadWrite/');
    expect((await tenant.ask('GET', '/applications')).status).toBe(200);
    tenant.clock.advance(100_000);
    expect((await write()).status).toBe(201);
  });
});

describe('hostile input', () => {
  it('gets-a-documented-answer-and-never-a-failure', async () => {
    const { own } = tenant;
    const paths = [
      '/applications',
      `/applications/${own.id}`,
      `/applications/${own.id}/addPassword`,
      `/applications/${own.id}/addKey`,
      `/applications/${own.id}/owners/$ref`,
      `/applications/${own.id}/federatedIdentityCredentials`,
      '/groups',
      '/servicePrincipals',
      '/oauth2PermissionGrants',
      '/policies/defaultAppManagementPolicy',
      '/policies/appManagementPolicies',
      '/$batch',
    ];
    const properties = [
      'displayName',
      'keyCredentials',
      'web',
      'requests',
      'proof',
      'keyCredential',
      'restrictions',
      'isEnabled',
      '@odata.id',
      'name',
      '__proto__',
      'passwordCredential',
    ];
    const objects = fc.dictionary(fc.constantFrom(...properties), fc.jsonValue());
    const bodies = fc.oneof(
      fc.string(),
      fc.json(),
      objects.map((each) => JSON.stringify(each)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'PATCH', 'DELETE', 'PUT'),
        fc.constantFrom(...paths),
        bodies,
        fc.string(),
        async (method, path, body, query) => {
          if (method === 'DELETE' && path.endsWith(own.id)) return;
          const at = `${path}?$filter=${encodeURIComponent(query)}&$select=${encodeURIComponent(query)}`;
          for (const asked of [path, at]) {
            const answer = await tenant.ask(method, asked, { rawBody: Buffer.from(body) });
            expect(answer.status).toBeLessThan(500);
            if (answer.status >= 400) expect(answer.body.error.code).toBeTruthy();
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('nesting-without-end-is-refused', async () => {
    const rawBody = Buffer.from(`{"displayName":"x","web":${'{"web":'.repeat(5000)}1${'}'.repeat(5000)}}`);
    expect((await tenant.ask('POST', '/applications', { rawBody })).status).toBe(400);
  });
});
