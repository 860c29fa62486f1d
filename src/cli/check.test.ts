import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type PracticeTenant, startPracticeTenant } from '../../practice-tenant/tenant.ts';
import type { CheckReport } from '../setup/checks/run-checks.ts';
import { runCommand, systemAccount, writeTestConfig } from './running-mailroom.sample.ts';

let tenant: PracticeTenant;
const ceo = 'ceo@contoso.example';
const folders: string[] = [];

beforeAll(async () => {
  tenant = await startPracticeTenant({ profile: 'unlimited', users: [systemAccount, ceo] });
  tenant.addUser('unlicensed@contoso.example', { hasMailbox: false });
});
afterAll(() => tenant.close());
afterEach(async () => {
  tenant.clearFaults();
  tenant.setAccessPolicies([]);
  tenant.setRoleAssignments([]);
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

interface Wishes {
  readonly roles?: readonly string[];
  readonly connector?: Readonly<Record<string, unknown>>;
  readonly arguments?: readonly string[];
  /** Called with the client id before the check. */
  readonly prepare?: (clientId: string) => void;
}

async function check(wishes: Wishes = {}) {
  const { app, secret } = tenant.addApp({ roles: wishes.roles ?? ['Mail.Send'] });
  wishes.prepare?.(app.clientId);
  const { folder } = await writeTestConfig();
  folders.push(folder);
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, tenant.caPem);
  const connector = {
    name: 'default',
    cloud: { custom: { login: tenant.origin, graph: tenant.origin } },
    caFile,
    oauthClientId: app.clientId,
    tenantId: tenant.tenantId,
    userName: systemAccount,
    secret,
    ...wishes.connector,
  };
  const again = await writeTestConfig({ connectors: [connector] });
  folders.push(again.folder);
  const words = ['check', '--json', '--config', again.configFile, ...(wishes.arguments ?? [])];
  const { status, stdout, stderr } = await runCommand(words);
  expect(stderr).toBe('');
  expect(stdout).not.toContain(secret);
  const [{ checks }]: [{ checks: CheckReport[] }] = JSON.parse(stdout);
  const states = Object.fromEntries(checks.map(({ id, state }) => [id, state]));
  return { status, states, first: checks.find(({ state }) => state === 'fail'), checks };
}

describe('a set-up that is right', () => {
  test('an allowed mailbox is granted and a forbidden one refused, and nothing is sent', async () => {
    const before = tenant.mailboxes.accepted;
    const { status, states } = await check({
      arguments: ['--forbidden', ceo],
      prepare: (clientId) =>
        tenant.setAccessPolicies([{ clientId, right: 'RestrictAccess', mailboxes: [systemAccount] }]),
    });
    expect(states).toMatchObject({ mailbox: 'pass', 'forbidden-mailbox': 'pass', roles: 'pass', credential: 'pass' });
    expect(status).toBe(0);
    expect(tenant.mailboxes.accepted).toBe(before);
  });

  test('by RBAC alone is right without a role in the token', async () => {
    const { status, states } = await check({
      roles: [],
      arguments: ['--forbidden', ceo],
      prepare: (clientId) =>
        tenant.setRoleAssignments([{ clientId, role: 'Application Mail.Send', mailboxes: [systemAccount] }]),
    });
    expect(states).toMatchObject({ roles: 'warn', mailbox: 'pass', 'forbidden-mailbox': 'pass' });
    expect(status).toBe(0);
  });

  test('sends a real message when it is asked to', async () => {
    const before = tenant.mailbox(systemAccount).length;
    const { states } = await check({ arguments: ['--send'] });
    expect(states['send']).toBe('pass');
    expect(tenant.mailbox(systemAccount)).toHaveLength(before + 1);
  });
});

describe('a set-up that is broken says the one right thing first', () => {
  const deny = (mailbox: string) => (clientId: string) =>
    tenant.setAccessPolicies([{ clientId, right: 'DenyAccess', mailboxes: [mailbox] }]);
  test.each<[string, Wishes, string, RegExp]>([
    [
      'nobody at the host',
      { connector: { cloud: { custom: { login: 'https://127.0.0.1:9', graph: 'https://127.0.0.1:9' } } } },
      'hosts',
      /firewall/,
    ],
    ['an authority that is not trusted', { connector: { caFile: undefined } }, 'hosts', /caFile/],
    [
      'a name that is not found',
      { connector: { cloud: { custom: { login: 'https://login.invalid', graph: 'https://login.invalid' } } } },
      'hosts',
      /DNS/,
    ],
    ['another tenant', { connector: { tenantId: randomUUID() } }, 'tenant', /Directory \(tenant\) ID/],
    ['a secret that is wrong', { connector: { secret: 'not the secret' } }, 'credential', /Value/],
    [
      'an app that is not there',
      { connector: { oauthClientId: randomUUID() } },
      'credential',
      /Application \(client\) ID/,
    ],
    ['no consent', { roles: [] }, 'mailbox', /Mail\.Send/],
    ['the wrong permission', { roles: ['Mail.Read'] }, 'mailbox', /Mail\.Send/],
    ['a mailbox that is not there', { connector: { userName: 'nobody@contoso.example' } }, 'mailbox', /Mailboxes/],
    ['a mailbox without a licence', { connector: { userName: 'unlicensed@contoso.example' } }, 'mailbox', /licence/],
    ['a policy that leaves the system account out', { prepare: deny(systemAccount) }, 'mailbox', /security group/],
    ['no limit at all', { arguments: ['--forbidden', ceo] }, 'forbidden-mailbox', /policy script/],
    [
      'a limit by RBAC beside a tenant-wide consent',
      {
        arguments: ['--forbidden', ceo],
        prepare: (clientId) =>
          tenant.setRoleAssignments([{ clientId, role: 'Application Mail.Send', mailboxes: [systemAccount] }]),
      },
      'forbidden-mailbox',
      /withdraw Mail\.Send/,
    ],
    [
      'an expired secret',
      {
        prepare: () =>
          tenant.enqueueFault({
            endpoint: 'token',
            action: {
              kind: 'answer',
              status: 401,
              body: { error: 'invalid_client', error_codes: [7000222], error_description: 'AADSTS7000222: expired' },
            },
          }),
      },
      'credential',
      /add a new one/,
    ],
  ])('%s', async (_what, wishes, id, remedy) => {
    const { status, first } = await check(wishes);
    expect(first).toMatchObject({ id, remedy: expect.stringMatching(remedy) });
    expect(status).toBe(1);
  });

  test('more than it needs is a warning, and what is too much is named', async () => {
    const { checks, status } = await check({ roles: ['Mail.Send', 'Mail.ReadWrite'] });
    const roles = checks.find(({ id }) => id === 'roles');
    expect(roles).toMatchObject({ state: 'warn', remedy: expect.stringContaining('remove Mail.ReadWrite') });
    expect(status).toBe(0);
  });

  test('a service that is down is no fault of the set-up', async () => {
    tenant.enqueueFault({ endpoint: 'sendMail', times: 5, action: { kind: 'answer', status: 503 } });
    const { states } = await check();
    expect(states['mailbox']).toBe('unknown');
  });
});
