import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PracticeTenant, startPracticeTenant } from '../../practice-tenant/tenant.ts';
import { runCommand, runningMailroom, writeTestConfig } from '../../src/cli/running-mailroom.sample.ts';
import { withMailroom } from '../harness/mailroom-in-process.ts';
import { until } from '../harness/until.ts';
import { startReceiver, urlSecret } from './receiver.ts';
import { startSmartHost } from './smart-host.ts';

const systemAccount = 'noreply@contoso.example';
const admin = 'admin@fabrikam.example';
let tenant: PracticeTenant;
let other: PracticeTenant;
beforeAll(async () => {
  tenant = await startPracticeTenant({ profile: 'unlimited', users: [systemAccount] });
  other = await startPracticeTenant({ profile: 'unlimited', users: ['alerts@fabrikam.example', admin] });
});
afterAll(async () => {
  await tenant.close();
  await other.close();
});

describe('an administrator', () => {
  test('hears-that-the-secret-has-expired-by-ways-that-do-not-need-it', async () => {
    await using receiver = await startReceiver();
    const second = other.addApp();
    const bad = { name: 'default', secret: 'this-is-not-the-secret' };
    const connectors = (first: object) => [
      first,
      {
        name: 'second',
        cloud: { custom: { login: other.origin, graph: other.origin } },
        caFile: 'other.pem',
        oauthClientId: second.app.clientId,
        tenantId: other.tenantId,
        userName: 'alerts@fabrikam.example',
        secret: second.secret,
        limits: 'unlimited',
      },
    ];
    const alerts = [
      { name: 'hook', kind: 'webhook', url: receiver.url },
      { name: 'mail', kind: 'connector', connector: 'second', to: [admin] },
      { name: 'same', kind: 'connector', connector: 'default', to: [admin] },
    ];
    await withMailroom(
      {
        tenant,
        systemAccount,
        connector: bad,
        overrides: { alerts },
        moreConnectors: connectors,
        files: { 'other.pem': other.caPem },
      },
      async ({ mailroom, smtpPort }) => {
        const client = createTransport({ host: '127.0.0.1', port: smtpPort, ignoreTLS: true });
        await client.sendMail({ from: systemAccount, to: 'ada@example.org', subject: 'waits', text: 'waits' });
        const posted = await until('the webhook has it', () => receiver.posted[0]);
        expect(JSON.parse(posted.text).data).toMatchObject({
          severity: 'critical',
          alert: { kind: 'connector-paused', connector: 'default', reason: 'credential-wrong' },
        });
        const [mail] = await until('so has the inbox', () => {
          const mails = other.mailbox(admin, 'inbox');
          return mails.length > 0 && mails;
        });
        expect(mail?.subject).toBe('[Mailroom] Connector default does not send');
        const { alerts: standing } = await mailroom.operator.status();
        expect(standing?.map(({ way, waiting }) => [way, waiting])).toEqual([
          ['hook', 0],
          ['mail', 0],
          ['same', 0],
        ]);
        expect((await mailroom.store.books()).queued).toBe(1);
      },
    );
  });
});

describe('mailroom alerts', () => {
  test('test-says-of-each-way-what-it-answered-with-and-without-a-server', async () => {
    await using good = await startReceiver();
    await using bad = await startReceiver();
    await using host = await startSmartHost({ login: 'alerts', password: 'right' });
    bad.answer = { status: 404, body: 'no such hook' };
    const smtp = { kind: 'smtp', host: '127.0.0.1', port: host.port, tls: 'none', login: 'alerts' };
    const people = { from: 'alerts@provider.example', to: ['admin@contoso.example'] };
    const alerts = [
      { name: 'good', kind: 'webhook', form: 'slack', url: good.url },
      { name: 'bad', kind: 'webhook', url: bad.url },
      { name: 'mail', ...smtp, ...people, password: 'right' },
      { name: 'locked-out', ...smtp, ...people, password: 'wrong-password' },
    ];
    const { configFile } = await writeTestConfig({ alerts });
    const alone = await runCommand(['alerts', 'test', '--config', configFile]);
    expect(alone.stdout).toMatch(/yes {3}good: taken \(200 ok\)/);
    expect(alone.stdout).toMatch(/NO {4}bad: not taken \(It answered 404 no such hook\)/);
    expect(alone.stdout).toMatch(/yes {3}mail: taken \(250/);
    expect(alone.stdout).toMatch(/NO {4}locked-out: not taken \(.*Invalid login/);
    expect(alone.stdout).not.toContain('wrong-password');
    expect(alone.status).toBe(1);

    await using running = await runningMailroom({ alerts });
    const served = await runCommand(['alerts', 'test', 'good', '--config', running.configFile]);
    expect(served.stdout).toBe('  yes   good: taken (200 ok)\n');
    expect(served.status).toBe(0);
    const unknown = await runCommand(['alerts', 'test', 'god', '--config', running.configFile]);
    expect(unknown.stderr).toContain('There is no way god. Known: good, bad, mail, locked-out.');
    expect(good.posted).toHaveLength(2);
    expect(host.mails).toHaveLength(1);
  });

  test('list-shows-what-was-told-and-status-what-could-not-be', async () => {
    await using receiver = await startReceiver();
    receiver.answer = { status: 500, body: urlSecret };
    await using running = await runningMailroom({ alerts: [{ name: 'hook', kind: 'webhook', url: receiver.url }] });
    await runCommand(['connector', 'pause', 'default', '--config', running.configFile]);
    const listed = await until('it was tried', async () => {
      const { stdout } = await runCommand(['alerts', 'list', '--config', running.configFile]);
      return stdout.includes('It answered 500') && stdout;
    });
    expect(listed).toMatch(/waits {5}hook \(It answered 500 \[secret\]\)\n {8}Connector default was paused by/);
    const { stdout } = await runCommand(['status', '--config', running.configFile]);
    expect(stdout).toContain('alerts by hook: 1 not told yet. It answered 500 [secret]');
    const metrics = await (await running.mailroom.metrics.read()).registry.metrics();
    expect(metrics).toContain('mailroom_alerts_total{way="hook",result="refused"} 1');
  });
});
