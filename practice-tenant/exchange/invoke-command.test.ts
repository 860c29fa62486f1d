import fc from 'fast-check';
import { Agent, fetch } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PracticeApp } from '../practice-app.ts';
import { type PracticeTenant, startPracticeTenant } from '../tenant.ts';

const sender = 'noreply@contoso.example';
const other = 'ada@contoso.example';
const minuteMs = 60_000;

let tenant: PracticeTenant;
let agent: Agent;
let administrator: string;
let manager: ReturnType<PracticeTenant['addApp']>;
let app: PracticeApp;
let secret: string;

beforeAll(async () => {
  // Only the delays: rates would get in the way of what is tested here.
  const delays = { accessPolicyDelayMs: 30 * minuteMs, roleAssignmentDelayMs: 60 * minuteMs };
  tenant = await startPracticeTenant({ profile: 'unlimited', limits: delays, users: [sender, other] });
  tenant.addUser('shared@contoso.example', { mailboxType: 'SharedMailbox' });
  agent = new Agent({ connect: { ca: tenant.caPem } });
  manager = tenant.addApp({ displayName: 'Manager', roles: ['Exchange.ManageAsApp'] });
  manager.app.servicePrincipal.directoryRoles.push('Exchange Administrator');
});
afterAll(async () => {
  await agent.close();
  await tenant.close();
});
beforeEach(async () => {
  // Anew: a test before may have moved the clock past its end.
  administrator = await token(manager.app.clientId, manager.secret, 'https://outlook.office365.com/.default');
  ({ app, secret } = tenant.addApp());
  const { exchange } = tenant.directory.state;
  exchange.accessPolicies = [];
  exchange.roleAssignments = [];
  exchange.servicePrincipals = [];
  exchange.managementScopes = [];
});

async function token(clientId: string, clientSecret: string, scope: string): Promise<string> {
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, scope };
  const answer = await fetch(`${tenant.origin}/${tenant.tenantId}/oauth2/v2.0/token`, {
    dispatcher: agent,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  });
  const body: Record<string, unknown> = Object(await answer.json());
  return String(body['access_token']);
}

interface Answer {
  readonly status: number;
  readonly value: readonly Record<string, unknown>[];
  readonly text: string;
  readonly next: string | undefined;
}

async function post(
  url: string,
  body: string,
  bearer = administrator,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await fetch(url, {
    dispatcher: agent,
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json; charset=utf-8', ...headers },
    body,
  });
  const text = await answer.text();
  const parsed: Record<string, unknown> = text.startsWith('{') ? Object(JSON.parse(text)) : {};
  const value = Array.isArray(parsed['value']) ? parsed['value'] : [];
  const next = parsed['@odata.nextLink'];
  return { status: answer.status, value, text, next: typeof next === 'string' ? next : undefined };
}

const address = () => `${tenant.origin}/adminapi/beta/${tenant.tenantId}/InvokeCommand`;
const run = (name: string, parameters: Record<string, unknown> = {}, bearer = administrator) =>
  post(address(), JSON.stringify({ CmdletInput: { CmdletName: name, Parameters: parameters } }), bearer);

async function sendAs(mailbox: string): Promise<number> {
  const bearer = await token(app.clientId, secret, 'https://graph.microsoft.com/.default');
  const message = { subject: 's', toRecipients: [{ emailAddress: { address: other } }] };
  return (await post(`${tenant.origin}/v1.0/users/${mailbox}/sendMail`, JSON.stringify({ message }), bearer)).status;
}

describe('an application access policy', () => {
  const policy = (scope = sender) => ({
    AppId: [app.clientId],
    AccessRight: 'RestrictAccess',
    PolicyScopeGroupId: scope,
    Description: ' ',
  });

  test('granted-by-the-test-and-refused-by-graph: both are true until the delay is over', async () => {
    expect((await run('New-ApplicationAccessPolicy', policy())).status).toBe(200);
    const tested = await run('Test-ApplicationAccessPolicy', { Identity: other, AppId: app.clientId });
    expect(tested.value).toMatchObject([{ AccessCheckResult: 'Denied' }]);
    expect(await sendAs(other)).toBe(202);
    tenant.clock.advance(31 * minuteMs);
    expect(await sendAs(other)).toBe(403);
    expect(await sendAs(sender)).toBe(202);
  });

  test('an identity that nobody has answers with all of them', async () => {
    await run('New-ApplicationAccessPolicy', policy());
    expect((await run('Get-ApplicationAccessPolicy', { Identity: 'nothing' })).value).toHaveLength(1);
  });

  test.each([
    ['a shared mailbox as the scope', () => policy('shared@contoso.example'), 'not a security principal'],
    ['a scope that is not there', () => policy('nobody@contoso.example'), "couldn't be found"],
    ['an app that is no GUID', () => ({ ...policy(), AppId: ['contoso'] }), 'not a GUID'],
    [
      'nothing but the app',
      () => ({ AppId: [app.clientId] }),
      'missing mandatory parameters: AccessRight PolicyScopeGroupId',
    ],
    ['a right that is none', () => ({ ...policy(), AccessRight: 'Allow' }), 'RestrictAccess or DenyAccess'],
    ['a parameter that is none', () => ({ ...policy(), Group: sender }), "matches parameter name 'Group'"],
  ])('refuses %s', async (_what, parameters, words) => {
    const { status, text } = await run('New-ApplicationAccessPolicy', parameters());
    expect(status).toBeGreaterThanOrEqual(400);
    expect(text).toContain(words);
    expect(tenant.directory.state.exchange.accessPolicies).toEqual([]);
  });
});

describe('RBAC for Applications', () => {
  test('a-grant-in-entra-beside-rbac-limits-nothing: the two add up', async () => {
    const id = app.servicePrincipalId;
    await run('New-ServicePrincipal', { AppId: app.clientId, ObjectId: id, DisplayName: 'Mailroom' });
    await run('New-ManagementScope', {
      Name: 'Senders',
      RecipientRestrictionFilter: `PrimarySmtpAddress -eq '${sender}'`,
    });
    const made = await run('New-ManagementRoleAssignment', {
      Role: 'Application Mail.Send',
      App: id,
      CustomResourceScope: 'Senders',
    });
    expect(made.status).toBe(200);
    const tested = await run('Test-ServicePrincipalAuthorization', { Identity: id, Resource: sender });
    expect(tested.value).toMatchObject([
      { RoleName: 'Application Mail.Send', ScopeType: 'CustomRecipientScope', InScope: true },
    ]);
    expect((await run('Test-ServicePrincipalAuthorization', { Identity: id })).value).toMatchObject([
      { InScope: 'Not Run' },
    ]);
    expect(await sendAs(other)).toBe(202);
    app.withdrawAll();
    expect(await sendAs(sender)).toBe(403);
    tenant.clock.advance(61 * minuteMs);
    expect(await sendAs(sender)).toBe(202);
    expect(await sendAs(other)).toBe(403);
  });

  test('a group scope holds its direct members, not those of a group within', async () => {
    const id = app.servicePrincipalId;
    app.withdrawAll();
    await run('New-DistributionGroup', { Name: 'Inner', Type: 'Security', Members: [other] });
    await run('New-DistributionGroup', { Name: 'Outer', Type: 'Security', Members: [sender, 'Inner'] });
    await run('New-ServicePrincipal', { AppId: app.clientId, ObjectId: id });
    await run('New-ManagementRoleAssignment', { Role: 'Application Mail.Send', App: id, RecipientGroupScope: 'Outer' });
    tenant.clock.advance(61 * minuteMs);
    expect([await sendAs(sender), await sendAs(other)]).toEqual([202, 403]);
  });

  test('a filter that cannot be read is refused when it is set', async () => {
    const { status } = await run('New-ManagementScope', {
      Name: 'x',
      RecipientRestrictionFilter: "Name -eq 'a' -and (",
    });
    expect(status).toBe(400);
  });
});

describe('InvokeCommand', () => {
  test('gives nothing away to an app without the role of an Exchange administrator', async () => {
    const bearer = await token(app.clientId, secret, 'https://outlook.office365.com/.default');
    expect((await run('Get-Mailbox', {}, bearer)).status).toBe(403);
    const graph = await token(app.clientId, secret, 'https://graph.microsoft.com/.default');
    expect((await run('Get-Mailbox', {}, graph)).status).toBe(401);
    expect((await run('Get-Nothing')).status).toBe(403);
  });

  test('comes in pages, the next by the same body', async () => {
    const body = JSON.stringify({ CmdletInput: { CmdletName: 'Get-Mailbox', Parameters: {} } });
    const prefer = { prefer: 'odata.maxpagesize=2' };
    const first = await post(address(), body, administrator, prefer);
    expect(first.value).toHaveLength(2);
    const second = await post(first.next ?? expect.fail(), body, administrator, prefer);
    expect(second.value[0]).not.toEqual(first.value[0]);
    expect(second.next).toBeUndefined();
  });

  test('never fails on what a client can send', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), fc.string()), async (body) => {
        expect((await post(address(), body)).status).toBeLessThan(500);
      }),
      { numRuns: 60 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom('Identity', 'Name', 'AppId', 'Member', 'Type'), fc.jsonValue()),
        async (parameters) => {
          for (const name of ['Get-DistributionGroup', 'New-ServicePrincipal', 'Set-Mailbox'])
            expect((await run(name, parameters)).status).toBeLessThan(500);
        },
      ),
      { numRuns: 30 },
    );
  });
});
