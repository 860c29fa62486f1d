import 'reflect-metadata';
import { randomUUID, webcrypto } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Pkcs10CertificateRequest, X509CertificateGenerator } from '@peculiar/x509';
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

  test('may be signed by the authority of the organisation, for a key that never leaves the machine', async () => {
    await using set = await connectorOf();
    const made = await createAppCertificate('Mailroom', 20, Date.now());
    set.app.addCertificate(made.certificatePem);
    const { secret: _secret, ...rest } = set.connector;
    const certificate = { certificate: { vault: 'app.crt' }, key: { vault: 'app.key' } };
    const { folder, configFile } = await writeTestConfig({ connectors: [{ ...rest, certificate }] });
    const config = ['--config', configFile];
    await runProduct(['vault', 'put', 'app.crt', ...config], { input: made.certificatePem });
    await runProduct(['vault', 'put', 'app.key', ...config], { input: made.privateKeyPem });
    const requestFile = join(folder, 'app.csr');
    const asked = await runProduct(['credential', 'csr', '--output', requestFile, ...config]);
    expect(asked.stdout).toContain('mailroom credential install');
    const signed = set.file('signed.pem', await signedBy(readFileSync(requestFile, 'utf8')));
    const foreign = set.file('foreign.pem', (await createAppCertificate('Mailroom', 20, Date.now())).certificatePem);
    const refused = await runProduct(['credential', 'install', foreign, ...config]);
    expect(refused.stderr).toContain('does not belong to the key of the last request');
    const installed = await runWithSignIn(['credential', 'install', signed, '--overlap', '0', ...config], person);
    expect(installed.stderr).toBe('');
    expect(installed.stdout).toMatch(/made[\s\S]*proven[\s\S]*switched[\s\S]*removed/);
    expect(set.app.application.keyCredentials).toHaveLength(1);
    const { entries } = JSON.parse((await runProduct(['vault', 'list', '--json', ...config])).stdout);
    expect(entries.map(({ name }: { name: string }) => name)).toEqual(['app.crt', 'app.key']);
    const checked = await runProduct(['check', '--json', ...config]);
    const [{ checks }]: [{ checks: { id: string; state: string }[] }] = JSON.parse(checked.stdout);
    expect(checks.find(({ id }) => id === 'mailbox')?.state).toBe('pass');
    const status = await runProduct(['credential', 'status', ...config]);
    expect(status.stdout).toMatch(
      /default +certificate +\d{4}-\d\d-\d\d +\d+ +the certificate +no: An authority has signed/,
    );
    // And by the app itself, with no permission beyond Mail.Send.
    const byItself = await runProduct(['credential', 'renew', '--as-app', '--overlap', '0', ...config]);
    expect(byItself.stderr).toBe('');
    expect(set.app.application.keyCredentials).toHaveLength(1);
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

/** As an authority does that takes names, keys and uses from the request. */
async function signedBy(requestPem: string): Promise<string> {
  const request = new Pkcs10CertificateRequest(requestPem);
  expect(await request.verify()).toBe(true);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const { privateKey } = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: '0a',
    subject: request.subject,
    issuer: 'CN=Contoso authority',
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 100 * 86_400_000),
    publicKey: request.publicKey,
    signingKey: privateKey,
    signingAlgorithm: algorithm,
    extensions: request.extensions,
  });
  return certificate.toString('pem');
}

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
