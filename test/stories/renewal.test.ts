/** Renewals that go wrong, and what a crash between two of their steps leaves: nothing that anybody has to clean up. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { PracticeApp } from '../../practice-tenant/practice-app.ts';
import { type PracticeTenant, startPracticeTenant } from '../../practice-tenant/tenant.ts';
import { findVault, loadConfig } from '../../src/config/load.ts';
import type { Alert } from '../../src/domain/alert.ts';
import { keptCredentials } from '../../src/kept-credentials.ts';
import { createLogger } from '../../src/observe/logger.ts';
import { CredentialKeeper } from '../../src/setup/renewal/credential-keeper.ts';
import { CredentialRecords } from '../../src/setup/renewal/credential-records.ts';
import { RenewalHistory } from '../../src/setup/renewal/renewal-history.ts';
import { openVault, type Vault } from '../../src/vault/vault.ts';
import { MovableClock } from '../harness/movable-clock.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';

const systemAccount = 'noreply@contoso.example';
const dayMs = 86_400_000;

let clock: MovableClock;
let tenant: PracticeTenant;
let folder: TemporaryFolder;
let app: PracticeApp;
let vault: Vault;
let records: CredentialRecords;
let alerts: Alert[];
beforeEach(async () => {
  clock = new MovableClock();
  tenant = await startPracticeTenant({ profile: 'unlimited', users: [systemAccount], now: clock.now, smtpPort: 0 });
  folder = await temporaryFolder();
  app = tenant.addApp().app;
  app.application.passwordCredentials = [];
  app.grant('Application.ReadWrite.OwnedBy');
  app.application.owners.push(app.servicePrincipalId);
  alerts = [];
  writeFileSync(join(folder.path, 'ca.pem'), tenant.caPem);
  const dataDir = join(folder.path, 'data');
  mkdirSync(dataDir);
  records = new CredentialRecords(dataDir);
  vault = openVault({
    ...findVault({ file: undefined, env: { MAILROOM__DATA_DIR: dataDir }, readFile: read }),
    now: clock.now,
  });
  vault.put('app', app.addSecret(clock.now() + 20 * dayMs));
});
afterEach(async () => {
  await tenant.close();
  await folder[Symbol.asyncDispose]();
});

const read = (path: string) => readFileSync(path, 'utf8');
const secrets = () => app.application.passwordCredentials.map(({ secretText }) => secretText);

/** A keeper as a server has it; each stands for a process of its own. */
function keeperOf(connector: object = { secret: { vault: 'app' } }): CredentialKeeper {
  const dataDir = join(folder.path, 'data');
  const file = join(folder.path, 'mailroom.yaml');
  const whole = {
    cloud: { custom: { login: tenant.origin, graph: tenant.origin } },
    caFile: 'ca.pem',
    oauthClientId: app.clientId,
    tenantId: tenant.tenantId,
    userName: systemAccount,
    ...connector,
  };
  writeFileSync(file, stringify({ dataDir, connectors: [whole] }), { mode: 0o600 });
  const loaded = loadConfig({ file, env: {}, readFile: read, hostname: 'localhost' });
  if (!loaded.ok) throw new Error(loaded.problems.map((problem) => problem.sentence).join('\n'));
  return new CredentialKeeper({
    kept: () => keptCredentials(loaded.config.connectors, clock.now),
    records,
    history: new RenewalHistory(dataDir),
    alerts: { raise: (alert) => alerts.push(alert) },
    clock,
    logger: createLogger('error'),
  });
}

/** A process that lives for one look. */
async function lookOnce(connector?: object): Promise<CredentialKeeper> {
  const keeper = keeperOf(connector);
  await keeper.look('default');
  await keeper.stop();
  return keeper;
}

const steps = (keeper: CredentialKeeper) =>
  keeper
    .history(100)
    .map(({ step }) => step)
    .toReversed();

describe('a renewal', () => {
  test('that-cannot-be-proven-changes-nothing, is told once, and works when the fault is mended', async () => {
    const [old] = secrets();
    const keeper = keeperOf();
    // It gets a token, and may send no more: what holds for the new one holds for the old one as well.
    app.withdrawAll();
    app.grant('Application.ReadWrite.OwnedBy');
    for (const _day of [1, 2]) {
      const looked = keeper.look('default');
      const moving = setInterval(() => clock.move(60_000), 20);
      await looked;
      clearInterval(moving);
      expect(secrets()).toEqual([old]);
      expect(vault.get('app')).toBe(old);
      clock.move(dayMs);
    }
    expect(steps(keeper).filter((step) => step === 'taken-back').length).toBeGreaterThanOrEqual(2);
    expect(alerts.filter(({ kind }) => kind === 'renewal-failed')).toEqual([
      expect.objectContaining({ why: expect.stringContaining('was not accepted within ten minutes') }),
    ]);
    app.grant('Mail.Send');
    await keeper.look('default');
    expect(steps(keeper).at(-1)).toBe('switched');
    expect(vault.get('app')).not.toBe(old);
    expect(secrets()).toEqual([old, vault.get('app')]);
  });

  test('that a crash cut off before its switch leaves a secret that nobody knows, which is removed', async () => {
    const [old] = secrets();
    await lookOnce({ secret: { vault: 'app' }, renewal: { automatic: false } });
    // As it is on record the moment before the answer to addPassword comes.
    records.change('default', (record) => ({ ...record, making: { kind: 'secret', label: 'Mailroom (of a crash)' } }));
    app.addSecret(clock.now() + 180 * dayMs);
    Object.assign(app.application.passwordCredentials.at(-1) ?? {}, { displayName: 'Mailroom (of a crash)' });
    const keeper = await lookOnce({ secret: { vault: 'app' }, renewal: { automatic: false } });
    expect(secrets()).toEqual([old]);
    expect(steps(keeper)).toContain('taken-back');
    expect(records.of('default').making).toBeUndefined();
  });

  test('that a crash cut off right after its switch still removes the old one, after the wait', async () => {
    await lookOnce({ secret: { vault: 'app' }, renewal: { automatic: false } });
    const made = app.addSecret(clock.now() + 180 * dayMs);
    Object.assign(app.application.passwordCredentials.at(-1) ?? {}, { displayName: 'Mailroom (of a crash)' });
    records.change('default', (record) => ({ ...record, making: { kind: 'secret', label: 'Mailroom (of a crash)' } }));
    vault.put('app', made);
    await lookOnce({ secret: { vault: 'app' }, renewal: { automatic: false } });
    expect(secrets()).toHaveLength(2);
    clock.move(3 * dayMs);
    await lookOnce();
    expect(secrets()).toEqual([made]);
  });

  test('keeps the old one for two days, over a restart', async () => {
    const [old] = secrets();
    await lookOnce();
    expect(secrets()).toHaveLength(2);
    clock.move(dayMs);
    await lookOnce();
    expect(secrets()).toContain(old);
    clock.move(1.1 * dayMs);
    const keeper = await lookOnce();
    expect(secrets()).toEqual([vault.get('app')]);
    expect(steps(keeper)).toEqual(['made', 'proven', 'switched', 'removed']);
    // A message proved it: to the system account itself.
    expect(tenant.mailbox(systemAccount)).toHaveLength(1);
  });

  test('fits into a credential policy that the app may not read', async () => {
    const policy = tenant.directory.state.defaultAppManagementPolicy;
    policy.isEnabled = true;
    policy.restrictions.passwordCredentials = [
      {
        restrictionType: 'passwordLifetime',
        state: 'enabled',
        maxLifetime: 'P90D',
        restrictForAppsCreatedAfterDateTime: null,
      },
    ];
    const keeper = await lookOnce();
    expect(keeper.list()[0]?.daysLeft).toBe(89);
    expect(vault.get('app')).toBe(secrets().at(-1));
  });

  test('of a connector by SMTP with OAuth is proven by a sign-in and a message there', async () => {
    app.grant('SMTP.SendAsApp');
    const { exchange } = tenant.directory.state;
    exchange.smtpClientAuthenticationDisabled = false;
    exchange.servicePrincipals.push({ objectId: app.servicePrincipalId, appId: app.clientId, displayName: 'Mailroom' });
    const mailbox = tenant.directory.user(systemAccount) ?? expect.fail();
    mailbox.fullAccess = [{ trusteeId: app.servicePrincipalId, effectiveAt: 0 }];
    const host = `localhost:${tenant.smtpPort}`;
    const cloud = { custom: { login: tenant.origin, graph: tenant.origin, smtp: host } };
    const keeper = await lookOnce({ kind: 'smtp-oauth', cloud, secret: { vault: 'app' } });
    expect(steps(keeper)).toEqual(['made', 'proven', 'switched']);
    expect(tenant.mailbox(systemAccount)).toHaveLength(1);
    expect(tenant.requests('sendMail')).toHaveLength(0);
  });

  test('is asked for by a person at any time, and tells how it goes', async () => {
    const keeper = keeperOf({ secret: { vault: 'app' }, renewal: { automatic: false, proofTo: 'ada@example.net' } });
    const told: string[] = [];
    const { endsAt } = await keeper.renewNow('default', ({ kind }) => told.push(kind));
    expect(told).toEqual(['made', 'proven', 'switched']);
    expect(endsAt).toBeGreaterThan(clock.now() + 364 * dayMs);
    expect(tenant.mailbox('ada@example.net')).toHaveLength(1);
    expect(keeper.list()).toEqual([
      expect.objectContaining({ kind: 'secret', daysLeft: 364, whyNot: 'renewal.automatic is off.' }),
    ]);
  });
});

describe('an app that may not renew itself', () => {
  test('is no failure: the marks warn in time, each once, over restarts too', async () => {
    app.application.owners = [];
    await lookOnce();
    await lookOnce();
    expect(alerts).toEqual([expect.objectContaining({ kind: 'credential-ends', mark: 30, renewsItself: false })]);
    clock.move(7 * dayMs);
    await lookOnce();
    expect(alerts.map((alert) => 'mark' in alert && alert.mark)).toEqual([30, 14]);
  });

  test('whose secret stands in the environment is told where to put it', async () => {
    const keeper = await lookOnce({ secret: vault.get('app') });
    expect(keeper.list()[0]?.whyNot).toContain('Put it into the vault');
    expect(alerts).toEqual([expect.objectContaining({ kind: 'credential-ends', mark: 30, renewsItself: false })]);
  });

  test('nor look into Entra goes by the date that was noted', async () => {
    app.withdrawAll();
    app.grant('Mail.Send');
    const noted = new Date(clock.now() + 10 * dayMs).toISOString().slice(0, 10);
    const keeper = await lookOnce({ secret: { vault: 'app' }, renewal: { endsOn: noted } });
    expect(keeper.list()).toEqual([expect.objectContaining({ knownFrom: 'entered', daysLeft: 9 })]);
    expect(alerts).toEqual([expect.objectContaining({ kind: 'credential-ends', mark: 14 })]);
  });
});
