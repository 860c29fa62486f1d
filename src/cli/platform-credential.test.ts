/** Connectors without a secret of their own: the platform vouches for the app. Mail goes out by each, through a server. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { dirname, join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { createTransport } from 'nodemailer';
import { Agent } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PracticeTenant, startPracticeTenant } from '../../practice-tenant/tenant.ts';
import { availableAsRoot } from '../../test/harness/available.ts';
import { startInBackground } from '../../test/harness/background-process.ts';
import { arcTokens } from '../../test/harness/identity-platform.ts';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import { until } from '../../test/harness/until.ts';
import { runCommand, runningMailroom, systemAccount, writeTestConfig } from './running-mailroom.sample.ts';

const subject = 'system:serviceaccount:mail:mailroom';
const audience = 'api://AzureADTokenExchange';

let tenant: PracticeTenant;
let platform: Server;
let origin: string;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let identity: { clientId: string; secret: string };

/** Publishes the keys of the issuer, and gives out tokens of a managed identity as the metadata service does. */
beforeAll(async () => {
  tenant = await startPracticeTenant({ profile: 'unlimited', users: [systemAccount] });
  keys = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', use: 'sig', alg: 'RS256' };
  const entra = new Agent({ connect: { ca: tenant.caPem } });
  platform = createServer(async (request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.url?.startsWith('/metadata/')) response.end(JSON.stringify(await managedToken(entra)));
    else if (request.url?.endsWith('openid-configuration'))
      response.end(JSON.stringify({ issuer: origin, jwks_uri: `${origin}/keys` }));
    else response.end(JSON.stringify({ keys: [jwk] }));
  }).listen(0, '127.0.0.1');
  await once(platform, 'listening');
  const address = platform.address();
  origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  return async () => {
    await entra.close();
  };
});
afterAll(async () => {
  platform.close();
  await tenant.close();
});

async function managedToken(dispatcher: Agent) {
  const { body } = await dispatcher.request({
    origin: tenant.origin,
    path: `/${tenant.tenantId}/oauth2/v2.0/token`,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      client_id: identity.clientId,
      client_secret: identity.secret,
      scope: 'https://graph.microsoft.com/.default',
      grant_type: 'client_credentials',
    }).toString(),
  });
  const { access_token, expires_in } = Object(await body.json());
  return { access_token, expires_on: String(Math.floor(Date.now() / 1000) + expires_in), token_type: 'Bearer' };
}

function connectorOf(clientId: string, folder: string, credential: object) {
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, tenant.caPem);
  return {
    name: 'default',
    cloud: { custom: { login: tenant.origin, graph: tenant.origin } },
    caFile,
    oauthClientId: clientId,
    tenantId: tenant.tenantId,
    userName: systemAccount,
    ...credential,
  };
}

async function sends(connector: object, subject: string): Promise<void> {
  await using server = await runningMailroom({ connectors: [connector], routes: [] });
  const [, port] = server.address('open').split(':');
  const mail = createTransport({ host: '127.0.0.1', port: Number(port), ignoreTLS: true });
  await mail.sendMail({ from: systemAccount, to: 'ada@example.net', subject, text: 'A message.' });
  await until(`${subject} arrives`, () =>
    Promise.resolve(tenant.mailbox('ada@example.net').some((message) => message.subject === subject)),
  );
  await until('it is sent', async () => (await server.mailroom.store.books()).sent === 1);
  const books = await server.mailroom.store.books();
  expect(books).toMatchObject({ accepted: 1, sent: 1, failed: 0, uncertain: 0, queued: 0 });
}

async function check(connector: object) {
  const { configFile } = await writeTestConfig({ connectors: [connector] });
  const { stdout } = await runCommand(['check', '--json', '--config', configFile]);
  const [{ checks }]: [{ checks: { id: string; state: string; evidence: string[] }[] }] = JSON.parse(stdout);
  return (id: string) => {
    const found = checks.find((each) => each.id === id);
    return `${found?.state} ${found?.evidence[0]}`;
  };
}

describe('a federated credential', () => {
  const tokenOf = (sub: string) =>
    new SignJWT({ iss: origin, sub, aud: audience })
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(keys.privateKey);

  test('sends by the token that the platform keeps in a file, and reads it anew', async () => {
    await using folder = await temporaryFolder();
    const { app } = tenant.addApp();
    const trusted = { id: 'f', name: 'cluster', issuer: origin, subject, audiences: [audience], description: null };
    app.application.federatedIdentityCredentials.push(trusted);
    const tokenFile = join(folder.path, 'token');
    const connector = connectorOf(app.clientId, folder.path, { federated: { tokenFile } });
    const missing = await check(connector);
    expect(missing('credential')).toBe('fail The token of the platform cannot be read.');
    writeFileSync(tokenFile, await tokenOf('system:serviceaccount:mail:another'));
    expect((await check(connector))('credential')).toBe('fail The federated credential does not match.');
    writeFileSync(tokenFile, `${await tokenOf(subject)}\n`);
    const good = await check(connector);
    expect(good('credential')).toMatch(/^pass/);
    expect(good('days-left')).toMatch(/^pass A federated credential has no end/);
    await sends(connector, 'by a federated credential');
  });

  test('is found where workload identity says in the environment', async () => {
    await using folder = await temporaryFolder();
    const connector = connectorOf('11111111-2222-4333-8444-555555555555', folder.path, { federated: {} });
    const { configFile } = await writeTestConfig({ connectors: [connector] });
    const check = (env: Record<string, string>) =>
      runCommand(['config', 'print', '--json', '--config', configFile], { env });
    expect((await check({})).stderr).toContain('AZURE_FEDERATED_TOKEN_FILE is not set either');
    const { stdout } = await check({ AZURE_FEDERATED_TOKEN_FILE: '/var/run/secrets/azure/tokens/token' });
    expect(JSON.parse(stdout).connectors[0].credential).toEqual({
      kind: 'federated',
      tokenFile: '/var/run/secrets/azure/tokens/token',
    });
  });
});

test('a managed identity sends by what the platform of the machine gives out', async () => {
  await using folder = await temporaryFolder();
  const { app, secret } = tenant.addApp();
  identity = { clientId: app.clientId, secret };
  const connector = connectorOf(app.clientId, folder.path, { managedIdentity: { endpoint: origin } });
  const checked = await check(connector);
  expect(checked('days-left')).toMatch(/^pass A managed identity has no end/);
  expect(checked('mailbox')).toMatch(/^pass/);
  await sends(connector, 'by a managed identity');
  const renewed = await runCommand([
    ...['credential', 'renew', '--config'],
    (await writeTestConfig({ connectors: [connector] })).configFile,
  ]);
  expect(renewed.stderr).toContain('belongs to the platform, which renews it itself');
});

/** The platform of a machine as a process beside Mailroom, which is told of it by the environment alone. */
async function platformOf(kind: 'app-service' | 'arc', folder: string, app: { clientId: string; secret: string }) {
  const header = randomUUID();
  const caFile = join(folder, 'platform-ca.pem');
  writeFileSync(caFile, tenant.caPem);
  const running = await startInBackground(
    {
      command: process.execPath,
      args: [join(import.meta.dirname, '../../test/harness/identity-platform.ts')],
      env: {
        KIND: kind,
        HEADER: header,
        TOKEN_ENDPOINT: `${tenant.origin}/${tenant.tenantId}/oauth2/v2.0/token`,
        CLIENT_ID: app.clientId,
        CLIENT_SECRET: app.secret,
        NODE_EXTRA_CA_CERTS: caFile,
      },
    },
    (line) => /"port":(\d+)/.exec(line)?.[1],
  );
  const at = `http://127.0.0.1:${running.ready}`;
  const env =
    kind === 'arc'
      ? { IDENTITY_ENDPOINT: `${at}/metadata/identity/oauth2/token`, IMDS_ENDPOINT: at }
      : { IDENTITY_ENDPOINT: `${at}/msi/token`, IDENTITY_HEADER: header };
  return { running, env };
}

const arcIsHere = existsSync(arcTokens);
const mayBeArc =
  !arcIsHere &&
  process.platform === 'linux' &&
  availableAsRoot('the agent of Azure Arc, whose keys stand below /var/opt');

describe('a managed identity, by a platform that is a process of its own', () => {
  test.each([
    ['app-service', true],
    ['arc', mayBeArc],
  ] as const)('%s: the check and a message go by its token', async (kind, isPossible) => {
    if (!isPossible) return;
    await using folder = await temporaryFolder();
    const { app, secret } = tenant.addApp();
    const { running, env } = await platformOf(kind, folder.path, { clientId: app.clientId, secret });
    await using _running = running;
    const connector = connectorOf(app.clientId, folder.path, { managedIdentity: {} });
    const { configFile } = await writeTestConfig({ connectors: [connector] });
    const { stdout, stderr } = await runCommand(['check', '--send', '--config', configFile], { env });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/yes {3}Entra accepts the app and its credential/);
    expect(stdout).toMatch(/yes {3}A real message from the system account to itself is taken/);
    // One key a question, and none is left behind.
    if (kind === 'arc') expect(readdirSync(arcTokens)).toEqual([]);

    if (kind === 'arc') return;
    const wrong = { ...env, IDENTITY_HEADER: 'of-another-process' };
    const refused = await runCommand(['check', '--config', configFile], { env: wrong });
    expect(refused.stdout).toMatch(/What to mend first: The managed identity gives no token/);
  });
  afterAll(() => {
    if (mayBeArc) rmSync(dirname(arcTokens), { recursive: true, force: true });
  });
});
