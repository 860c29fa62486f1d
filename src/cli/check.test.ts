import { writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type PracticeTenant, startPracticeTenant } from '../../practice-tenant/tenant.ts';
import { type Person, personWithBrowser } from '../../test/harness/person-with-browser.ts';
import { runWithSignIn } from '../../test/harness/run-product.ts';
import type { CheckReport } from '../setup/checks/run-checks.ts';
import { runCommand, systemAccount, writeTestConfig } from './running-mailroom.sample.ts';

let tenant: PracticeTenant;
let person: Person;
const admin = 'admin@contoso.example';
const ceo = 'ceo@contoso.example';
const folders: string[] = [];

beforeAll(async () => {
  tenant = await startPracticeTenant({ profile: 'unlimited', users: [systemAccount, ceo] });
  tenant.addUser(admin, { hasMailbox: false, directoryRoles: ['Global Administrator'] });
  person = await personWithBrowser(tenant, admin);
});
afterAll(async () => {
  await person[Symbol.asyncDispose]();
  await tenant.close();
});
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

interface Checked {
  readonly status: number;
  readonly states: Readonly<Record<string, string>>;
  readonly checks: readonly CheckReport[];
  /** Once more with the same configuration. */
  again(...words: string[]): Promise<Checked>;
}

async function check(wishes: Wishes = {}): Promise<Checked> {
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
  const run = async (...more: string[]): Promise<Checked> => {
    const words = ['check', '--json', '--config', again.configFile, ...more];
    const signsIn = more.includes('--sign-in');
    const { status, stdout, stderr } = await (signsIn ? runWithSignIn(words, person) : runCommand(words));
    if (!signsIn) expect(stderr).toBe('');
    expect(stdout).not.toContain(secret);
    const [{ checks }]: [{ checks: CheckReport[] }] = JSON.parse(stdout);
    const states = Object.fromEntries(checks.map(({ id, state }) => [id, state]));
    return { status, states, checks, again: run };
  };
  return run(...(wishes.arguments ?? []));
}

const found = (checks: readonly CheckReport[], id: string) => checks.find((each) => each.id === id);

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
    expect(states).toMatchObject({ roles: 'pass', mailbox: 'pass', 'forbidden-mailbox': 'pass' });
    // What stands as Microsoft recommends it gives no warning every day.
    expect(Object.entries(states).filter(([, state]) => state === 'warn' || state === 'fail')).toEqual([]);
    expect(status).toBe(0);
  });

  test('sends a real message when it is asked to', async () => {
    const before = tenant.mailbox(systemAccount).length;
    const { states } = await check({ arguments: ['--send'] });
    expect(states['send']).toBe('pass');
    expect(tenant.mailbox(systemAccount)).toHaveLength(before + 1);
    expect(states['arrival']).toBe('unknown');
  });

  test('and looks for it in the inbox, where the app may read that', async () => {
    const { checks } = await check({ roles: ['Mail.Send', 'Mail.Read'], arguments: ['--send'] });
    const arrival = checks.find(({ id }) => id === 'arrival');
    expect(arrival).toMatchObject({
      state: 'pass',
      evidence: [expect.stringContaining('It arrived at 20'), expect.anything()],
    });
  });
});

// Set-ups that are broken: test/walk/broken-setups.ts.
describe('a set-up that is not quite right', () => {
  test('more than it needs is a warning, and what is too much is named', async () => {
    const { checks, status } = await check({ roles: ['Mail.Send', 'Mail.ReadWrite'] });
    const surplus = checks.find(({ id }) => id === 'surplus-permissions');
    expect(surplus).toMatchObject({ state: 'warn', remedy: expect.stringContaining('remove Mail.ReadWrite') });
    expect(status).toBe(0);
  });

  test('a service that is down is no fault of the set-up', async () => {
    tenant.enqueueFault({ endpoint: 'sendMail', times: 5, action: { kind: 'answer', status: 503 } });
    const { states } = await check();
    expect(states['mailbox']).toBe('unknown');
  });

  test('several forbidden mailboxes are all asked, and those that are open are named', async () => {
    const { checks } = await check({
      arguments: ['--forbidden', ceo, systemAccount],
      prepare: (clientId) =>
        tenant.setAccessPolicies([{ clientId, right: 'RestrictAccess', mailboxes: [systemAccount] }]),
    });
    const found = checks.find(({ id }) => id === 'forbidden-mailbox');
    expect(found?.evidence[0]).toBe(`${systemAccount} is allowed as well: 1 of 2 named.`);
  });
});

describe('what Exchange alone knows', () => {
  const byRole = (clientId: string) =>
    tenant.setRoleAssignments([{ clientId, role: 'Application Mail.Send', mailboxes: [systemAccount] }]);

  test('cannot be told by an app that may not ask, and the check says what would tell', async () => {
    const { checks, status } = await check({ roles: [], prepare: byRole });
    expect(found(checks, 'exchange-asked')).toMatchObject({
      state: 'unknown',
      evidence: [expect.stringContaining('no Exchange.ManageAsApp')],
      remedy: expect.stringContaining('mailroom check --sign-in'),
    });
    expect(status).toBe(0);
  });

  test('is kept with its age, once an administrator has signed in', async () => {
    const first = await check({ roles: [], prepare: byRole, arguments: ['--sign-in'] });
    expect(first.states).toMatchObject({
      'exchange-asked': 'pass',
      'exchange-role': 'pass',
      'consent-beside-role': 'pass',
    });
    const { checks } = await first.again();
    const said = found(checks, 'exchange-asked');
    expect(said?.state).toBe('pass');
    expect(said?.evidence.slice(1)).toEqual([
      expect.stringMatching(/^An administrator asked on \d{4}-\d{2}-\d{2}, 0 days ago:$/),
      expect.stringMatching(/^exchange-role pass: .*Application Mail\.Send for /),
      expect.stringMatching(/^sender pass: /),
      expect.stringMatching(/^consent-beside-role pass: /),
      expect.stringMatching(/^reach pass: The app can send as 1 of /),
    ]);
  });

  test('and what was wrong then warns until somebody has asked again', async () => {
    const first = await check({ roles: ['Mail.Send'], prepare: byRole, arguments: ['--sign-in', '--forbidden', ceo] });
    expect(first.states['consent-beside-role']).toBe('fail');
    const { checks } = await first.again('--forbidden', ceo);
    expect(found(checks, 'exchange-asked')).toMatchObject({
      state: 'warn',
      remedy: expect.stringMatching(/^Mend what it said of consent-beside-role.*Withdraw Mail\.Send/),
    });
  });

  test('is asked every day by an app that may, with a role that reads and changes nothing', async () => {
    const { states, checks } = await check({
      roles: ['Mail.Send', 'Exchange.ManageAsApp'],
      prepare(clientId) {
        byRole(clientId);
        const principal = tenant.directory.servicePrincipalByAppId(clientId);
        principal?.directoryRoles.push('Global Reader');
      },
    });
    expect(found(checks, 'exchange-asked')).toMatchObject({
      state: 'pass',
      evidence: [expect.stringContaining('Exchange.ManageAsApp'), expect.stringContaining('1 object')],
    });
    expect(states).toMatchObject({ 'exchange-role': 'pass', 'consent-beside-role': 'fail', reach: 'fail' });
  });
});
