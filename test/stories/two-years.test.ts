/**
 * Two years of a server and its tenant, on one clock that is moved on day by day, with a message a day by each connector: by
 * renewals that work, and by one that fails until a person mends it.
 */
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { Agent } from 'undici';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { PracticeApp } from '../../practice-tenant/practice-app.ts';
import { type PracticeTenant, startPracticeTenant } from '../../practice-tenant/tenant.ts';
import { runCommand } from '../../src/cli/running-mailroom.sample.ts';
import { findVault, loadConfig } from '../../src/config/load.ts';
import { type Mailroom, startMailroom } from '../../src/main.ts';
import { createAppCertificate } from '../../src/microsoft/app-certificate.ts';
import { createLogger } from '../../src/observe/logger.ts';
import { openVault } from '../../src/vault/vault.ts';
import { MovableClock } from '../harness/movable-clock.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';
import { until } from '../harness/until.ts';

const accounts = { secret: 'noreply@contoso.example', certificate: 'alerts@contoso.example' } as const;
type Name = keyof typeof accounts;
const names: readonly Name[] = ['secret', 'certificate'];
const reader = 'ada@example.net';
const dayMs = 86_400_000;
const renewal = { days: 180, before: '30 d', removeAfter: '2 d' };

const often = { mostPauseMs: 4 };
/** Where syncs cost nothing: whether mail survives a power cut is in other tests, and two years of syncs take minutes. */
const inMemory = existsSync('/dev/shm') ? '/dev/shm' : undefined;

let clock: MovableClock;
let tenant: PracticeTenant;
let folder: TemporaryFolder;
let programs: Agent;
let day: number;
beforeEach(async () => {
  clock = new MovableClock();
  day = 0;
  // Nothing is delayed and nothing is limited: that is in the tests of each.
  tenant = await startPracticeTenant({ profile: 'unlimited', users: Object.values(accounts), now: clock.now });
  folder = await temporaryFolder(inMemory);
  programs = new Agent();
  writeFileSync(join(folder.path, 'ca.pem'), tenant.caPem);
});
afterEach(async () => {
  await programs.destroy();
  await tenant.close();
  await folder[Symbol.asyncDispose]();
});

const read = (path: string) => readFileSync(path, 'utf8');
const apiKey = (name: string) => `a-key-for-tests-of-${name}-with-length`;

interface Wish {
  readonly name: Name;
  readonly app: PracticeApp;
  readonly credential: object;
  readonly inVault: Record<string, string>;
}

/** An app that may renew its client secret: it owns its registration. */
function withSecret(days: number): Wish {
  const { app } = tenant.addApp();
  app.application.passwordCredentials = [];
  app.grant('Application.ReadWrite.OwnedBy');
  app.application.owners.push(app.servicePrincipalId);
  const inVault = { app: app.addSecret(clock.now() + days * dayMs) };
  return { name: 'secret', app, credential: { secret: { vault: 'app' }, renewal }, inVault };
}

/** An app with no permission beyond Mail.Send: it proves that it holds the certificate which is there. */
async function withCertificate(days: number): Promise<Wish> {
  const { app } = tenant.addApp();
  app.application.passwordCredentials = [];
  const { certificatePem, privateKeyPem } = await createAppCertificate('Mailroom', days, clock.now());
  app.addCertificate(certificatePem);
  const certificate = { certificate: { vault: 'app.crt' }, key: { vault: 'app.key' } };
  return {
    name: 'certificate',
    app,
    credential: { certificate, renewal: { ...renewal, objectId: app.application.id } },
    inVault: { 'app.crt': certificatePem, 'app.key': privateKeyPem },
  };
}

function configure(wishes: readonly Wish[], more: object = {}): string {
  const configFile = join(folder.path, 'mailroom.yaml');
  const config = {
    dataDir: join(folder.path, 'data'),
    hostname: 'localhost',
    smtp: [],
    http: [{ name: 'api', listen: '127.0.0.1:0' }],
    clients: wishes.map(({ name }) => ({
      name,
      apiKey: apiKey(name),
      connector: name,
      senders: [accounts[name]],
    })),
    connectors: wishes.map(({ name, app, credential }) => ({
      name,
      cloud: { custom: { login: tenant.origin, graph: tenant.origin } },
      caFile: 'ca.pem',
      oauthClientId: app.clientId,
      tenantId: tenant.tenantId,
      userName: accounts[name],
      limits: 'unlimited',
      ...credential,
    })),
    queue: { reserve: 0, drain: '5 s' },
    observe: { checks: false },
    ...more,
  };
  writeFileSync(configFile, stringify(config), { mode: 0o600 });
  const vault = findVault({ file: configFile, env: {}, readFile: read });
  openVault({ ...vault, now: clock.now }).putAll(Object.assign({}, ...wishes.map(({ inVault }) => inVault)));
  return configFile;
}

async function start(configFile: string): Promise<Mailroom> {
  const loaded = loadConfig({ file: configFile, env: {}, readFile: read, hostname: 'localhost' });
  if (!loaded.ok) throw new Error(loaded.problems.map((problem) => problem.sentence).join('\n'));
  return startMailroom(loaded.config, {
    clock,
    random: Math.random,
    logger: createLogger('error'),
    version: 'test',
    standalone: false,
    credentials: true,
  });
}

const arrived = () => tenant.mailbox(reader).map(({ subject }) => subject);

async function sendOne(mailroom: Mailroom, name: Name): Promise<void> {
  const { statusCode, body } = await programs.request({
    origin: `http://${mailroom.listeners[0]?.address}`,
    path: '/v1/messages',
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey(name)}`, 'content-type': 'application/json' },
    body: JSON.stringify({ from: accounts[name], to: [reader], subject: `${name} ${day}`, text: 'A message.' }),
  });
  const answer = await body.text();
  if (statusCode !== 202) throw new Error(`${statusCode} ${answer}`);
}

/** A day goes by, what is looked after is looked after, and the message of the day is handed in. */
async function nextDay(mailroom: Mailroom, senders: readonly Name[]): Promise<void> {
  day += 1;
  clock.move(dayMs);
  await mailroom.credentials.settled();
  await Promise.all(senders.map((name) => sendOne(mailroom, name)));
}

const history = (mailroom: Mailroom, name: Name) =>
  mailroom.credentials
    .history(1000)
    .filter(({ connector }) => connector === name)
    .toReversed();
const steps = (mailroom: Mailroom, name: Name) => history(mailroom, name).map(({ step }) => step);

describe('two years', () => {
  test('no-message-is-late-by-a-credential: secret and certificate are renewed by themselves throughout, over restarts too', {
    timeout: 300_000,
  }, async () => {
    const wishes = [withSecret(180), await withCertificate(180)];
    const configFile = configure(wishes);
    let mailroom = await start(configFile);
    while (day < 730) {
      await nextDay(mailroom, names);
      await until(`the messages of day ${day} arrive on their day`, () => arrived().length === 2 * day, often);
      if (day % 146 !== 0) continue;
      await until('all of it is on record', async () => (await mailroom.store.books()).sending === 0);
      const { accepted, sent, ...others } = await mailroom.store.books();
      expect(accepted).toBe(sent);
      expect(Object.values(others).every((count) => count === 0)).toBe(true);
      await mailroom.stop();
      mailroom = await start(configFile);
    }
    expect(new Set(arrived()).size).toBe(1460);
    // No token was ever refused: none was asked for with a credential that had ended, or that was not known yet.
    expect(tenant.requests('token').filter(({ status }) => status !== 200)).toEqual([]);
    for (const { name, app } of wishes) {
      const took = steps(mailroom, name);
      const renewals = took.filter((step) => step === 'switched').length;
      expect(renewals).toBeGreaterThanOrEqual(4);
      for (const step of ['made', 'proven'] as const)
        expect(took.filter((each) => each === step)).toHaveLength(renewals);
      expect(took.filter((step) => step === 'failed' || step === 'warned')).toEqual([]);
      // The first certificate may stay: an app that may not read its registration does not know which entry it was.
      const left = app.application[name === 'secret' ? 'passwordCredentials' : 'keyCredentials'];
      expect(left.length).toBeLessThanOrEqual(name === 'secret' ? 2 : 3);
    }
    await mailroom.stop();
  });

  test('a-renewal-that-fails-is-warned-of-at-each-mark, the mail waits from the end on, and goes when a person has mended it', {
    timeout: 120_000,
  }, async () => {
    const told: string[] = [];
    const hook = createServer(async (request, response) => {
      told.push(JSON.stringify(await json(request)));
      response.writeHead(204).end();
    }).listen(0, '127.0.0.1');
    await once(hook, 'listening');
    const { port } = Object(hook.address());
    const wish = withSecret(60);
    const alerts = [{ name: 'hook', kind: 'webhook', url: `http://127.0.0.1:${port}/` }];
    const configFile = configure([wish], { alerts });
    const mailroom = await start(configFile);
    const goodDay = async () => {
      await nextDay(mailroom, ['secret']);
      await until(`the message of day ${day} arrives`, () => arrived().length === day, often);
    };
    while (!steps(mailroom, 'secret').includes('removed')) await goodDay();
    // From here on it may not any more.
    wish.app.application.owners = [];
    const endsAt = mailroom.credentials.list()[0]?.endsAt ?? expect.fail();
    while (clock.now() < endsAt - dayMs) await goodDay();
    const before = day;
    for (let after = 0; after < 10; after += 1) await nextDay(mailroom, ['secret']);
    const paused = await until('the connector is paused', async () => (await mailroom.store.pauses())[0]);
    expect(paused.reason).toBe('credential-expired');
    expect(arrived().length - before).toBeLessThanOrEqual(1);
    // One may be under way still: the probe that looks for the mend.
    await until('what did not go waits', async () => (await mailroom.store.books()).queued === day - arrived().length);

    const made = wish.app.addSecret(clock.now() + 365 * dayMs);
    const put = await runCommand(['vault', 'put', 'app', '--config', configFile], { input: made });
    expect(put.stderr).toBe('');
    await until('the mail that waited is sent', () => {
      // The next probe comes within some hours.
      clock.move(3_600_000);
      return arrived().length === day;
    });
    await until('and that is on record', async () => (await mailroom.store.books()).sent === day);
    expect(await mailroom.store.books()).toMatchObject({ accepted: day, failed: 0, uncertain: 0, queued: 0 });
    expect(new Set(arrived()).size).toBe(day);
    expect(await mailroom.store.pauses()).toEqual([]);

    clock.move(dayMs);
    await mailroom.credentials.settled();
    const warned = history(mailroom, 'secret').filter(({ step }) => step === 'warned');
    expect(warned.map(({ why }) => why)).toEqual([
      '30 days or fewer are left.',
      '14 days or fewer are left.',
      '7 days or fewer are left.',
      '1 days or fewer are left.',
      'It has ended.',
    ]);
    expect(steps(mailroom, 'secret').filter((step) => step === 'failed')).toHaveLength(1);
    expect(steps(mailroom, 'secret')).toContain('replaced-by-hand');
    expect(mailroom.credentials.list()[0]?.daysLeft).toBeGreaterThan(300);
    await until('the webhook was told that it sends again', () => told.some((each) => each.includes('sends again')));
    const words = ['could not be renewed', 'within 30 days', 'within 14 days', 'within 7 days', 'within a day'];
    for (const each of [...words, 'ended on', 'does not send'])
      expect(
        told.some((text) => text.includes(each)),
        each,
      ).toBe(true);
    expect(told.join()).not.toContain(made);
    await mailroom.stop();
    hook.close();
  });
});
