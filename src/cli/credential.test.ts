import { randomUUID } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { Agent } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PracticeTenant, startPracticeTenant } from '../../practice-tenant/tenant.ts';
import { type Person, personWithBrowser } from '../../test/harness/person-with-browser.ts';
import { runProduct, runWithSignIn } from '../../test/harness/run-product.ts';
import { until } from '../../test/harness/until.ts';
import { createAppCertificate } from '../microsoft/app-certificate.ts';
import { DirectoryClient } from '../microsoft/directory-client.ts';
import { registrationByAdministrator } from '../setup/renewal/registration.ts';
import { RenewalError, renewCredential } from '../setup/renewal/renew-credential.ts';
import { runningMailroom, systemAccount, writeTestConfig } from './running-mailroom.sample.ts';

let tenant: PracticeTenant;
let person: Person;
beforeAll(async () => {
  tenant = await startPracticeTenant({ profile: 'unlimited', users: [systemAccount] });
  tenant.addUser('admin@contoso.example', { directoryRoles: ['Global Administrator'] });
  person = await personWithBrowser(tenant, 'admin@contoso.example');
});
afterAll(async () => {
  await person[Symbol.asyncDispose]();
  await tenant.close();
});

/** An app with a secret in a file, and a connector that names it. */
async function connectorOf() {
  const { app, secret } = tenant.addApp();
  const { folder } = await writeTestConfig();
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const secretFile = file('app.secret', secret);
  const connector = {
    name: 'default',
    cloud: { custom: { login: tenant.origin, graph: tenant.origin } },
    caFile: file('ca.pem', tenant.caPem),
    oauthClientId: app.clientId,
    tenantId: tenant.tenantId,
    userName: systemAccount,
    secret: { file: secretFile },
  };
  return {
    app,
    secret,
    secretFile,
    connector,
    file,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

const renew = ['credential', 'renew', '--overlap', '0'];

describe('a credential that is renewed', () => {
  test('is taken by the running server, which sends before and after without a restart', async () => {
    await using set = await connectorOf();
    await using server = await runningMailroom({ connectors: [set.connector], routes: [] });
    const [, port] = server.address('open').split(':');
    const mail = createTransport({ host: '127.0.0.1', port: Number(port), ignoreTLS: true });
    const arrived = () => tenant.mailbox('ada@example.net').map(({ subject }) => subject);
    const send = async (subject: string) => {
      await mail.sendMail({ from: systemAccount, to: 'ada@example.net', subject, text: 'A message.' });
      await until(`${subject} arrives`, () => Promise.resolve(arrived().includes(subject)));
    };
    await send('before');
    const renewed = await runWithSignIn([...renew, '--send', '--config', server.configFile], person);
    expect(renewed.stderr).toBe('');
    expect(renewed.stdout).toMatch(/made[\s\S]*proven[\s\S]*switched[\s\S]*removed/);
    const now = readFileSync(set.secretFile, 'utf8').trim();
    expect(now).not.toBe(set.secret);
    expect(set.app.application.passwordCredentials.map(({ secretText }) => secretText)).toEqual([now]);
    expect(statSync(set.secretFile).mode & 0o777).toBe(process.platform === 'win32' ? expect.any(Number) : 0o600);
    expect(renewed.stdout).not.toContain(now);
    // The token of the old secret is refused, so that a new one is asked for: with what stands in the file now.
    tenant.enqueueFault({
      endpoint: 'sendMail',
      action: { kind: 'answer', status: 401, body: { error: { code: 'InvalidAuthenticationToken' } } },
    });
    const tokensBefore = tenant.requests('token').length;
    await send('after');
    expect(tenant.requests('token').slice(tokensBefore)).toEqual([expect.objectContaining({ status: 200 })]);
    await until('both are sent', async () => (await server.mailroom.store.books()).sent === 2);
    const books = await server.mailroom.store.books();
    expect(books).toMatchObject({ accepted: 2, sent: 2, failed: 0, uncertain: 0, queued: 0 });
  });

  test('may be a certificate', async () => {
    await using set = await connectorOf();
    const made = await createAppCertificate('Mailroom', 20, Date.now());
    set.app.addCertificate(made.certificatePem);
    const files = {
      certificate: set.file('app.crt', made.certificatePem),
      key: set.file('app.key', made.privateKeyPem),
    };
    const { secret: _secret, ...rest } = set.connector;
    const { folder, configFile } = await writeTestConfig({ connectors: [{ ...rest, certificate: files }] });
    const renewed = await runWithSignIn([...renew, '--config', configFile], person);
    expect(renewed.stderr).toBe('');
    expect(readFileSync(files.certificate, 'utf8')).not.toBe(made.certificatePem);
    expect(set.app.application.keyCredentials).toHaveLength(1);
    const checked = await runProduct(['check', '--json', '--config', configFile]);
    const [{ checks }]: [{ checks: { id: string; state: string }[] }] = JSON.parse(checked.stdout);
    const states = Object.fromEntries(checks.map(({ id, state }) => [id, state]));
    expect(states).toMatchObject({ credential: 'pass', 'days-left': 'pass', mailbox: 'pass' });
    await rm(folder, { recursive: true, force: true });
  });

  test('that is not accepted in ten minutes is taken away again, and nothing was changed', async () => {
    await using set = await connectorOf();
    set.app.grant('Application.ReadWrite.All');
    const connections = new Agent({ connect: { ca: tenant.caPem } });
    const answer = await fetchToken(set.app.clientId, set.secret, connections);
    const directory = new DirectoryClient({ graph: tenant.origin, token: answer, connections, newId: randomUUID });
    let now = Date.now();
    const kept: unknown[] = [];
    const events: string[] = [];
    const renewing = renewCredential(
      { kind: 'secret', secret: set.secret },
      { days: 30, name: 'Mailroom' },
      {
        registration: registrationByAdministrator(directory, set.app.clientId),
        making: () => undefined,
        prove: () => Promise.resolve('Entra does not know it.'),
        keep: (credential) => kept.push(credential),
        now: () => now,
        pause: (ms) => {
          now += ms;
          return Promise.resolve();
        },
        told: ({ kind }) => events.push(kind),
      },
    );
    await expect(renewing).rejects.toThrow(RenewalError);
    expect(kept).toEqual([]);
    expect(events.filter((kind) => kind === 'not-proven-yet')).toHaveLength(60);
    expect(set.app.application.passwordCredentials.map(({ secretText }) => secretText)).toEqual([set.secret]);
    await connections.close();
  });

  test('is not renewed where Mailroom could not put it', async () => {
    await using set = await connectorOf();
    const { folder, configFile } = await writeTestConfig({ connectors: [{ ...set.connector, secret: set.secret }] });
    const { stderr, status } = await runProduct([...renew, '--config', configFile]);
    expect(stderr).toContain('Put it into the vault (mailroom vault put');
    expect(status).toBe(78);
    await rm(folder, { recursive: true, force: true });
  });

  test('may be renewed by the app itself where it owns its registration, and not otherwise', async () => {
    await using set = await connectorOf();
    const { folder, configFile } = await writeTestConfig({ connectors: [set.connector] });
    const refused = await runProduct([...renew, '--as-app', '--config', configFile]);
    expect(refused.stderr).toMatch(/may not read its own registration|may not change its own client secrets/);
    expect(readFileSync(set.secretFile, 'utf8')).toBe(set.secret);
    set.app.grant('Application.ReadWrite.OwnedBy');
    set.app.application.owners.push(set.app.servicePrincipalId);
    const renewed = await runProduct([...renew, '--as-app', '--config', configFile]);
    expect(renewed.stderr).toBe('');
    expect(renewed.status).toBe(0);
    expect(readFileSync(set.secretFile, 'utf8').trim()).not.toBe(set.secret);
    await rm(folder, { recursive: true, force: true });
  });
});

async function fetchToken(clientId: string, secret: string, dispatcher: Agent): Promise<string> {
  const { body } = await dispatcher.request({
    origin: tenant.origin,
    path: `/${tenant.tenantId}/oauth2/v2.0/token`,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      client_id: clientId,
      client_secret: secret,
      scope: 'https://graph.microsoft.com/.default',
      grant_type: 'client_credentials',
    }).toString(),
  });
  const answer: unknown = await body.json();
  if (typeof answer === 'object' && answer !== null && 'access_token' in answer) return String(answer.access_token);
  throw new Error(JSON.stringify(answer));
}
