/**
 * A secret is planted in every field that takes one; then a server, its console and its command line do all that they do,
 * well and badly. None of the secrets may be seen again in what they say, answer, log, keep or are started with.
 */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type PracticeTenant, startPracticeTenant } from '../../practice-tenant/tenant.ts';
import { editorSchema } from '../../src/config/schema.ts';
import { itemsOf, keysOf, type SchemaNode } from '../../src/config/schema-node.ts';
import { createAppCertificate } from '../../src/microsoft/app-certificate.ts';
import { formatPasswordHash, hashPassword } from '../../src/policy/password-hash.ts';
import { ConsoleClient, tokenOf } from '../harness/console-client.ts';
import { freePort } from '../harness/free-port.ts';
import { personWithBrowser } from '../harness/person-with-browser.ts';
import { runProduct, runWithSignIn } from '../harness/run-product.ts';
import { runProgram } from '../harness/run-program.ts';
import { startServerProcess } from '../harness/server-process.ts';
import { openDialogue } from '../harness/smtp-dialogue.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';
import { until } from '../harness/until.ts';
import { commandLines, filesBelow, Garden } from './plant.ts';

const root = join(import.meta.dirname, '..', '..');
const main = join(root, 'src', 'cli', 'main.ts');
const systemAccount = 'noreply@contoso.example';
const admin = 'admin@contoso.example';
const nowhere = '127.0.0.1:9';

const garden = new Garden();
/** Everything that was said, by what said it. */
const said = new Map<string, string>();
let tenant: PracticeTenant;
let folder: TemporaryFolder;
let dataDir: string;
let configFile: string;
let ports: { smtp: number; http: number; console: number; metrics: number };

const hear = (who: string, text: string) => said.set(who, `${said.get(who) ?? ''}${text}`);

/** A command as a process of its own; what it says and was started with is kept. */
async function run(...words: string[]): Promise<string> {
  const running = runProgram(process.execPath, [main, ...words, '--config', configFile], { cwd: folder.path });
  hear('command lines', commandLines());
  const { stdout, stderr } = await running;
  hear(`mailroom ${words.join(' ')}`, stdout + stderr);
  return stdout + stderr;
}

function file(name: string, content: string): string {
  writeFileSync(join(folder.path, name), content, { mode: 0o600 });
  return join(folder.path, name);
}

async function configuration(): Promise<object> {
  const { app } = tenant.addApp();
  const certificate = await createAppCertificate('Mailroom', 365, Date.now());
  app.addCertificate(certificate.certificatePem);
  garden.know('connectors[].certificate.key', certificate.privateKeyPem.split('\n')[3] ?? '');
  const connector = {
    cloud: { custom: { login: tenant.origin, graph: tenant.origin } },
    caFile: file('ca.pem', tenant.caPem),
    oauthClientId: app.clientId,
    tenantId: tenant.tenantId,
    userName: systemAccount,
  };
  const hash = formatPasswordHash(await hashPassword('something else'));
  garden.know('clients[].passwordHash', hash.split('$').at(-1) ?? '');
  const keyHash = 'c0ffee'.padEnd(64, '7');
  garden.know('clients[].apiKeyHash', keyHash);
  const previousPasswordHash = formatPasswordHash(await hashPassword('what it was before'));
  garden.know('clients[].previousPasswordHash', previousPasswordHash.split('$').at(-1) ?? '');
  const oldKeyHash = 'decade'.padEnd(64, '3');
  garden.know('clients[].previousApiKeyHash', oldKeyHash);
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const proxyUrl = (where: string) => `http://user:${garden.plant(where)}@${nowhere}`;
  return {
    dataDir,
    hostname: 'mail.contoso.example',
    smtp: [
      {
        name: 'in',
        listen: `127.0.0.1:${ports.smtp}`,
        auth: 'optional',
        tls: { mode: 'none' },
        allowPlaintextAuth: true,
      },
    ],
    http: [{ name: 'api', listen: `127.0.0.1:${ports.http}`, allowFrom: ['127.0.0.0/8'] }],
    clients: [
      { name: 'cases', login: 'cases', password: garden.plant('clients[].password'), senders: [systemAccount] },
      { name: 'hashed', login: 'hashed', passwordHash: hash, previousPasswordHash, previousPasswordUntil: until },
      { name: 'portal', apiKey: garden.plant('clients[].apiKey'), senders: [systemAccount], connector: 'proxied' },
      {
        ...{ name: 'keyed', apiKeyHash: `sha256:${keyHash}` },
        ...{ previousApiKeyHash: `sha256:${oldKeyHash}`, previousApiKeyUntil: until },
      },
      { name: 'own', addresses: ['127.0.0.0/8'], senders: [systemAccount], connector: 'certified' },
    ],
    connectors: [
      { ...connector, name: 'default', secret: garden.plant('connectors[].secret') },
      { ...connector, name: 'proxied', secret: 'unused', proxy: proxyUrl('connectors[].proxy') },
      {
        ...connector,
        name: 'certified',
        certificate: {
          certificate: file('app.crt', certificate.certificatePem),
          key: file('app.key', certificate.privateKeyPem),
        },
      },
      {
        name: 'relay',
        kind: 'smtp',
        host: '127.0.0.1',
        port: ports.smtp,
        tls: 'none',
        userName: systemAccount,
        login: 'cases',
        password: garden.plant('connectors[].password'),
      },
    ],
    alerts: [
      {
        name: 'hook',
        kind: 'webhook',
        url: `${tenant.origin}/${garden.plant('alerts[].url')}`,
        caFile: 'ca.pem',
        signingKey: garden.plant('alerts[].signingKey'),
      },
      { name: 'by-proxy', kind: 'webhook', url: 'https://127.0.0.1/hook', proxy: proxyUrl('alerts[].proxy') },
      {
        name: 'mail',
        kind: 'smtp',
        // Our own listener stands in for a smart host: it refuses the login, and says so.
        host: '127.0.0.1',
        port: ports.smtp,
        tls: 'none',
        login: 'cases',
        password: garden.plant('alerts[].password'),
        from: 'alerts@contoso.example',
        to: [admin],
      },
    ],
    vault: { key: { file: file('vault.key', garden.know('vault.key', randomBytes(32).toString('base64'))) } },
    console: {
      listen: `127.0.0.1:${ports.console}`,
      entra: {
        oauthClientId: app.clientId,
        tenantId: tenant.tenantId,
        secret: garden.plant('console.entra.secret'),
      },
    },
    observe: {
      logLevel: 'debug',
      metricsListen: `127.0.0.1:${ports.metrics}`,
      deliveryLog: join(dataDir, 'delivery.jsonl'),
    },
    queue: { reserve: 0, drain: '1 s' },
  };
}

beforeAll(async () => {
  tenant = await startPracticeTenant({ profile: 'unlimited', users: [systemAccount, 'ceo@contoso.example'] });
  tenant.addUser(admin, { directoryRoles: ['Global Administrator'] });
  folder = await temporaryFolder();
  dataDir = join(folder.path, 'data');
  ports = { smtp: await freePort(), http: await freePort(), console: await freePort(), metrics: await freePort() };
  configFile = join(folder.path, 'mailroom.yaml');
  file('mailroom.yaml', stringify(await configuration()));
});
afterAll(async () => {
  await folder[Symbol.asyncDispose]();
  await tenant.close();
});

/** Fields that take a secret, as the schema has them. */
function secretFields(node: SchemaNode, path = ''): string[] {
  const keys = keysOf(node) ?? {};
  if ('file' in keys && 'env' in keys) return [path];
  const items = itemsOf(node);
  const below = Object.entries(keys).flatMap(([key, child]) =>
    secretFields(child, path === '' ? key : `${path}.${key}`),
  );
  return [...(items ? secretFields(items, `${path}[]`) : []), ...below];
}

function expectNone(): void {
  const leaks = [...said].flatMap(([who, text]) => garden.foundIn(text).map((where) => `${where} in ${who}`));
  expect(leaks).toEqual([]);
}

describe('secrets that are planted in every field', () => {
  test('stand in every field that the configuration has', () => {
    const known = garden.planted.map(({ where }) => where);
    const fields = new Set(secretFields(editorSchema()));
    expect([...fields].filter((field) => !known.includes(field))).toEqual([]);
    expect(fields.size).toBeGreaterThan(9);
    // The search is one that finds them: they stand in the configuration and in the files that it names.
    const files = filesBelow(folder.path).map(({ text }) => text);
    expect(garden.foundIn(files.join('\n'))).toEqual(known);
  });

  test('are seen in nothing that the command line says', async () => {
    // As processes of their own, for what they are started with; the others are quicker in this one.
    for (const words of [
      ['config', 'print'],
      ['check', '--json', '--send'],
      ['alerts', 'test'],
    ])
      await run(...words);
    for (const words of [
      ['config', 'print', '--json'],
      ['config', 'print', '--origins'],
      ['config', 'check'],
      ['check'],
      ['alerts', 'list'],
      ['status', '--json'],
      ['credential', 'status'],
      ['policy', 'plan', '--connector', 'certified', '--object-id', '11111111-2222-3333-4444-555555555555'],
      ['policy', 'script', '--connector', 'certified', '--object-id', '11111111-2222-3333-4444-555555555555'],
      ['vault', 'list'],
    ]) {
      const { stdout, stderr } = await runProduct([...words, '--config', configFile]);
      hear(`mailroom ${words.join(' ')}`, stdout + stderr);
    }
    expect(said.get('mailroom config print')).toContain('[secret]');
    expect(said.get('mailroom alerts test')).toContain('not taken');
    expectNone();
  });

  test('are not repeated by a sentence about a value in the wrong box', async () => {
    const right = configFile;
    const secret = garden.plant('a value in the wrong box');
    const connector = {
      oauthClientId: secret,
      tenantId: secret,
      userName: systemAccount,
      secret: { env: 'NOT_SET' },
      proxy: secret,
    };
    configFile = file(
      'broken.yaml',
      stringify({ connectors: [connector], alerts: [{ name: 'a', kind: 'webhook', url: secret }] }),
    );
    expect(await run('config', 'check')).toContain('oauthClientId must be');
    configFile = right;
    expectNone();
  });

  test('are seen in nothing that an administrator is shown, and no token is', async () => {
    await using person = await personWithBrowser(tenant, admin);
    for (const words of [
      ['policy', 'apply', '--yes', '--way', 'access-policy', '--connector', 'certified'],
      ['check', '--sign-in', '--connector', 'certified'],
    ]) {
      const { stdout, stderr } = await runWithSignIn([...words, '--config', configFile], person);
      hear(`mailroom ${words.join(' ')}`, stdout + stderr);
    }
    expect(said.get('mailroom check --sign-in --connector certified')).toContain('Signed in as');
    expectNone();
  });

  test('are seen in no log, answer, metric or file of a server, while things go well and badly', async () => {
    await using server = await startServerProcess({ configFile, ports: Object.values(ports) });
    hear('command lines', commandLines());
    const password = garden.planted.find(({ where }) => where === 'clients[].password')?.value ?? '';
    const apiKey = garden.planted.find(({ where }) => where === 'clients[].apiKey')?.value ?? '';

    await using dialogue = await openDialogue({ port: ports.smtp });
    await dialogue.reply();
    await dialogue.command('EHLO client.example');
    const plain = (word: string) => Buffer.from(`\0cases\0${word}`).toString('base64');
    const wrong = garden.plant('a wrong password');
    hear('SMTP', JSON.stringify(await dialogue.command(`AUTH PLAIN ${plain(wrong)}`)));
    expect((await dialogue.command(`AUTH PLAIN ${plain(password)}`)).code).toBe(235);
    hear(
      'SMTP',
      JSON.stringify(await dialogue.send(systemAccount, ['ada@example.org'], 'Subject: one\r\n\r\none\r\n')),
    );
    dialogue.cut();
    const posted = await fetch(`http://127.0.0.1:${ports.http}/v1/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ from: systemAccount, to: ['ada@example.org'], subject: 'two', text: 'two' }),
    });
    hear('HTTP', `${posted.status} ${await posted.text()}`);
    const refused = await fetch(`http://127.0.0.1:${ports.http}/v1/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${garden.plant('a wrong key')}`, 'content-type': 'application/json' },
      body: '{}',
    });
    hear('HTTP', `${refused.status} ${await refused.text()}`);

    const client = new ConsoleClient(`http://127.0.0.1:${ports.console}/`);
    const link = await until('the first link is printed', () => /http:\S+#\S+/.exec(server.output())?.[0]);
    const personPassword = garden.plant('the password of a person');
    await client.redeem(tokenOf(link), 'ada', personPassword);
    garden.know('the session of a person', client.cookie?.split('=')[1] ?? '');
    const codes = await client.ask('POST', 'api/me/codes', { password: personPassword });
    expect(codes.status, codes.text).toBe(200);
    garden.know('the secret of an authenticator app', String(codes.json()['secret']));
    hear('POST /api/me/codes/confirm', (await client.ask('POST', 'api/me/codes/confirm', { code: '000000' })).text);
    const bundle = await request(new URL('api/support-bundle', client.url), {
      headers: { cookie: client.cookie ?? '' },
    });
    const entries = Object.entries(unzipSync(new Uint8Array(await bundle.body.arrayBuffer())));
    expect(entries.length).toBeGreaterThan(3);
    for (const [name, bytes] of entries) hear(`${name} of the support bundle`, Buffer.from(bytes).toString('latin1'));
    const openApi: { paths: Record<string, Record<string, object>> } = JSON.parse(
      (await client.ask('GET', 'api/openapi.json')).text,
    );
    for (const [path, methods] of Object.entries(openApi.paths)) {
      if (!('get' in methods)) continue;
      for (const list of path.includes('{list}') ? ['connectors', 'clients', 'routes', 'alerts'] : ['default'])
        hear(`GET ${path}`, (await client.ask('GET', path.slice(1).replaceAll(/\{[^}]+\}/g, list))).text);
    }
    const settings = (await client.ask('GET', 'api/settings/alerts')).json();
    const added = await client.ask('POST', 'api/settings/alerts', {
      name: 'from-the-console',
      version: settings['version'],
      values: { kind: 'webhook', url: `https://127.0.0.1:9/${garden.plant('a webhook from the console')}` },
    });
    expect(added.status, added.text).toBe(200);
    hear('POST /api/settings/alerts', added.text);
    hear('GET /api/settings/alerts', (await client.ask('GET', 'api/settings/alerts')).text);

    await until('the secret was refused', async () => (await run('status')).includes('Paused'));
    await run('queue', 'list');
    await run('queue', 'export', '--bodies');
    await run('send', '--to', 'ada@example.org', '--wait', '1');
    await run('alerts', 'test');
    await until('alerts were refused', () => run('alerts', 'list').then((text) => text.includes('waits') || undefined));
    hear('metrics', await (await fetch(`http://127.0.0.1:${ports.metrics}/metrics`)).text());
    await server.end('SIGTERM');
    hear('the log of the server', server.output());
    expect(said.get('the log of the server')).toContain('"level":20');
    expectNone();
  });

  test.skipIf(process.platform === 'win32')('are seen in nothing that a crash prints', async () => {
    const crash = "process.on('SIGUSR2',()=>{throw Object.assign(new Error('a mistake'),{process})})";
    const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(crash)}` };
    await using server = await startServerProcess({ configFile, ports: [ports.smtp], env });
    expect(await server.end('SIGUSR2')).not.toBe(0);
    hear('a crash', server.output().replaceAll(encodeURIComponent(crash), ''));
    expect(said.get('a crash')).toContain('a mistake');
    expectNone();
  });

  test('are in no file of the data folder, which nobody else may read', () => {
    for (const { path, text, mode } of filesBelow(dataDir)) {
      expect(garden.foundIn(text), path).toEqual([]);
      if (process.platform !== 'win32') expect(mode & 0o077, path).toBe(0);
    }
  });
});
