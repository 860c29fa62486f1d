import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PracticeTenant, startPracticeTenant } from '../../practice-tenant/tenant.ts';
import { personWithBrowser } from '../../test/harness/person-with-browser.ts';
import { runWithSignIn } from '../../test/harness/run-product.ts';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import { startTunnelProxy } from '../../test/harness/tunnel-proxy.ts';
import { createAppCertificate } from '../microsoft/app-certificate.ts';
import { runCommand } from './running-mailroom.sample.ts';

const admin = 'admin@contoso.example';
const developer = 'dev@contoso.example';
const sender = 'noreply@contoso.example';

let tenant: PracticeTenant;
beforeAll(async () => {
  tenant = await startPracticeTenant({ profile: 'unlimited', users: [sender] });
  tenant.addUser(admin, { directoryRoles: ['Global Administrator'] });
  tenant.addUser(developer, { directoryRoles: ['Application Administrator'] });
});
afterAll(() => tenant.close());

/** Runs `mailroom setup` and signs in when it asks. */
async function setUp(folder: string, address: string, more: readonly string[] = []) {
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, tenant.caPem);
  const words = [
    ...['setup', '--yes', '--tenant', 'contoso.example', '--user-name', sender],
    ...['--login', tenant.origin, '--graph', tenant.origin, '--ca-file', caFile],
    ...['--folder', join(folder, 'setup'), '--admin-url', 'https://mailroom.contoso.example/', ...more],
  ];
  await using person = await personWithBrowser(tenant, address);
  return await runWithSignIn(words, person);
}

describe('an administrator who sets up Microsoft 365', () => {
  test('signs in once, and the connector that comes out of it sends', async () => {
    await using folder = await temporaryFolder();
    const { status, stdout, stderr } = await setUp(folder.path, admin);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout.match(/^ {2}yes/gm)).toHaveLength(5);
    const application = tenant.directory.state.applications.at(-1) ?? expect.fail();
    expect(application.web.redirectUris).toEqual(['https://mailroom.contoso.example/connectors/SMTP.aspx']);
    expect(application.signInAudience).toBe('AzureADMyOrg');
    const files = join(folder.path, 'setup');
    for (const name of ['data/vault.json', 'data/vault.key', 'data/credentials.json', 'setup.json', 'connector.yaml'])
      expect(statSync(join(files, name)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(files, 'data', 'vault.json'), 'utf8')).not.toContain('PRIVATE KEY');
    // What the server needs to renew the certificate, which it may without any permission.
    const record = JSON.parse(readFileSync(join(files, 'data', 'credentials.json'), 'utf8')).connectors.default;
    expect(record).toMatchObject({
      objectId: application.id,
      inUse: { keyId: application.keyCredentials[0]?.keyId, from: 'made' },
    });
    expect(readFileSync(join(files, 'setup.json'), 'utf8')).not.toMatch(/PRIVATE KEY|eyJ/);
    const configFile = join(files, 'mailroom.yaml');
    const rest = ['smtp:', '  - { name: local, listen: "127.0.0.1:0", auth: optional }'];
    const client = ['clients:', '  - { name: local, addresses: [127.0.0.0/8] }'];
    const connector = readFileSync(join(files, 'connector.yaml'), 'utf8');
    writeFileSync(configFile, `${[...rest, ...client].join('\n')}\n${connector}`, { mode: 0o600 });
    const check = await runCommand(['check', '--send', '--config', configFile]);
    expect(check.stderr).toBe('');
    expect(check.stdout).toMatch(/yes {3}A real message from the system account to itself is taken/);
    expect(tenant.mailbox(sender)).toHaveLength(1);
    // With no permission beyond Mail.Send the server will renew it.
    const { credentials } = JSON.parse(
      (await runCommand(['credential', 'status', '--json', '--config', configFile])).stdout,
    );
    expect(credentials[0]).toMatchObject({ kind: 'certificate', renewsAt: expect.any(Number) });
  });

  test('whose tenant limits credentials is told so first, and the credential fits', async () => {
    await using folder = await temporaryFolder();
    const policy = tenant.directory.state.defaultAppManagementPolicy;
    const restriction = { restrictionType: 'passwordLifetime', state: 'enabled', maxLifetime: 'P90D' } as const;
    policy.isEnabled = true;
    policy.restrictions.passwordCredentials = [{ ...restriction, restrictForAppsCreatedAfterDateTime: null }];
    try {
      const { status, stdout } = await setUp(folder.path, admin, ['--credential', 'secret', '--days', '365']);
      expect(status).toBe(0);
      expect(stdout).toContain('The credential policy of the tenant lets client secrets live 90 days at most.');
      const [made] = tenant.directory.state.applications.at(-1)?.passwordCredentials ?? [];
      expect((Date.parse(made?.endDateTime ?? '') - Date.now()) / 86_400_000).toBeCloseTo(90, 1);
    } finally {
      policy.isEnabled = false;
    }
  });

  test('behind a proxy goes through it, and so does the connector; its password stays out of the command line', async () => {
    await using folder = await temporaryFolder();
    await using proxy = await startTunnelProxy('anna:pass-word');
    const url = `http://anna:pass-word@127.0.0.1:${proxy.port}`;
    const typed = await setUp(folder.path, admin, ['--proxy', url]);
    expect(typed.status).toBe(64);
    expect(typed.stderr).toContain('--proxy-file');
    const proxyFile = join(folder.path, 'proxy.url');
    writeFileSync(proxyFile, `${url}\n`, { mode: 0o600 });
    const { status, stdout, stderr } = await setUp(folder.path, admin, ['--proxy-file', proxyFile]);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).not.toContain('pass-word');
    const bySetup = proxy.tunnels.length;
    expect(bySetup).toBeGreaterThan(0);
    const file = join(folder.path, 'setup', 'connector.yaml');
    expect(readFileSync(file, 'utf8')).not.toContain('pass-word');
    const check = await runCommand(['check', '--config', file]);
    expect(check.stdout).toMatch(/yes {3}The app may send as the system account/);
    expect(proxy.tunnels.length).toBeGreaterThan(bySetup);
    const undone = await setUp(folder.path, admin, ['--proxy', `http://127.0.0.1:${proxy.port}`, '--undo']);
    expect(undone.stderr).not.toBe('');
    const taken = await setUp(folder.path, admin, ['--proxy-file', proxyFile, '--undo']);
    expect([taken.status, taken.stderr]).toEqual([0, '']);
  });

  test('may let the app renew its client secret by itself', async () => {
    await using folder = await temporaryFolder();
    const { status, stdout, stderr } = await setUp(folder.path, admin, ['--credential', 'secret', '--self-renewal']);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toMatch(/yes {3}Let the app renew its own secret/);
    const config = ['--config', join(folder.path, 'setup', 'connector.yaml')];
    const renewed = await runCommand(['credential', 'renew', '--as-app', '--overlap', '0', ...config]);
    expect(renewed.stderr).toBe('');
    expect(renewed.stdout).toMatch(/switched\n {2}removed/);
    const shown = await runCommand(['credential', 'status', ...config]);
    expect(shown.stdout).toMatch(/default +secret .* from \d{4}-\d\d-\d\d on/);
  });

  test('asks for Mail.ReadWrite only where large mail is to be uploaded, and the check agrees', async () => {
    await using folder = await temporaryFolder();
    const { status, stdout, stderr } = await setUp(folder.path, admin, ['--large-messages', 'upload']);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toContain('Mail.Send and Mail.ReadWrite');
    const file = join(folder.path, 'setup', 'connector.yaml');
    expect(readFileSync(file, 'utf8')).toContain('largeMessages: upload');
    const { stdout: checked } = await runCommand(['check', '--json', '--config', file]);
    const checks: { id: string; state: string }[] = JSON.parse(checked)[0].checks;
    const stateOf = (id: string) => checks.find((each) => each.id === id)?.state;
    expect([stateOf('surplus-permissions'), stateOf('large-mail-drafts')]).toEqual(['pass', 'pass']);
  });

  test('of an app that is finished adds Mail.ReadWrite once large mail is to be uploaded, and never beside a role', async () => {
    await using folder = await temporaryFolder();
    expect((await setUp(folder.path, admin)).status).toBe(0);
    const file = join(folder.path, 'setup', 'connector.yaml');
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace('connectors:\n  -', 'connectors:\n  - largeMessages: upload\n   '),
    );
    const before = await runCommand(['check', '--config', file]);
    expect(before.stdout).toMatch(/NO .*may keep drafts/);
    expect(before.stdout).toContain('mailroom setup does');
    const again = await setUp(folder.path, admin);
    expect([again.status, again.stderr]).toEqual([0, '']);
    expect(again.stdout).toContain('Register the application: done before');
    expect(again.stdout).toMatch(/Grant admin consent: grants Mail\.ReadWrite to the app/);
    expect(readFileSync(file, 'utf8')).toContain('largeMessages: upload');
    expect((await runCommand(['check', '--config', file])).stdout).toMatch(/yes .*may keep drafts/);
    const application = tenant.directory.state.applications.at(-1) ?? expect.fail();
    expect(application.requiredResourceAccess.map(({ resourceAccess }) => resourceAccess.length)).toEqual([2]);
    expect((await setUp(folder.path, admin)).stdout.match(/: done before/g)).toHaveLength(5);

    // Limited by a role: what Entra grants would reach every mailbox.
    await using other = await temporaryFolder();
    expect((await setUp(other.path, admin)).status).toBe(0);
    const { appRoleAssignments, servicePrincipals } = tenant.directory.state;
    const { appId } = tenant.directory.state.applications.at(-1) ?? expect.fail();
    const principal = servicePrincipals.find((each) => each.appId === appId) ?? expect.fail();
    const own = appRoleAssignments.findIndex(({ principalId }) => principalId === principal.id);
    appRoleAssignments.splice(own, 1);
    const refused = await setUp(other.path, admin, ['--large-messages', 'upload']);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/Mail\.Send is not granted in Entra any more: a role of Exchange limits this app/);
    expect(appRoleAssignments.some(({ principalId }) => principalId === principal.id)).toBe(false);
  });

  test('may keep the secret in a file, and takes everything back with --undo', async () => {
    await using folder = await temporaryFolder();
    const inFiles = await setUp(folder.path, admin, ['--credential', 'secret', '--secrets', 'files']);
    expect(inFiles.status).toBe(0);
    const file = join(folder.path, 'setup', 'app.secret');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await setUp(folder.path, admin, ['--undo'])).status).toBe(0);
    expect(existsSync(file)).toBe(false);
    await setUp(folder.path, admin);
    const config = ['--config', join(folder.path, 'setup', 'connector.yaml')];
    const entries = async () => JSON.parse((await runCommand(['vault', 'list', '--json', ...config])).stdout).entries;
    expect(await entries()).toHaveLength(2);
    const undone = await setUp(folder.path, admin, ['--undo']);
    expect(undone.stdout).toMatch(/the entry [0-9a-f]{8}-app\.key of the vault/);
    const vault = JSON.parse(readFileSync(join(folder.path, 'setup', 'data', 'vault.json'), 'utf8'));
    expect(vault.entries).toEqual({});
  });

  test('may sign in by a browser of the machine, where the tenant blocks codes', async () => {
    await using folder = await temporaryFolder();
    const { status, stdout, stderr } = await setUp(folder.path, admin, ['--browser']);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toMatch(/code_challenge_method=S256/);
    expect(stdout.match(/^ {2}yes/gm)).toHaveLength(5);
  });

  test('who may register and not consent is told who can, and what is done stays done', async () => {
    await using folder = await temporaryFolder();
    const before = tenant.directory.state.applications.length;
    // The first sign-in of this tool needs an administrator's consent, which the test before, or this one, gives.
    await setUp(folder.path, admin, ['--folder', join(folder.path, 'first')]);
    const stopped = await setUp(folder.path, developer, ['--credential', 'secret']);
    expect(stopped.status).toBe(1);
    expect(stopped.stdout).toMatch(/NO {4}Grant admin consent/);
    expect(stopped.stderr).toContain('Privileged Role Administrator or Global Administrator can');
    const mended = await setUp(folder.path, admin, ['--credential', 'secret']);
    expect(mended.status).toBe(0);
    expect(tenant.directory.state.applications).toHaveLength(before + 2);
    const secret = tenant.directory.state.applications.at(-1)?.passwordCredentials[0]?.secretText ?? expect.fail();
    expect(mended.stdout + stopped.stdout + stopped.stderr).not.toContain(secret);
  });

  test.each([
    [['--tenant', 'evil.example/x?', '--user-name', sender], 'It must be the Directory (tenant) ID'],
    [['--tenant', 'contoso.example', '--user-name', sender, '--days', '900'], '1 to 730'],
    [['--tenant', 'contoso.example', '--user-name', sender, '--login', 'http://x'], 'no https origin'],
    [['--tenant', 'contoso.example', '--user-name', 'noreply'], 'It must be an address'],
    [
      ['--tenant', 'contoso.example', '--user-name', sender, '--admin-url', 'x.example:8443'],
      '--admin-url must be a URL',
    ],
    [
      ['--tenant', 'contoso.example', '--user-name', sender, '--admin-url', 'http://x.example'],
      '--admin-url must be a URL',
    ],
  ])('%j is refused before anything is sent', async (words, sentence) => {
    const { status, stderr } = await runCommand(['setup', '--yes', ...words]);
    expect(status).not.toBe(0);
    expect(stderr).toContain(sentence);
  });
});

describe('somebody who was guided through the portals before', () => {
  test('is led to Mail.ReadWrite alone once large mail is to be uploaded, and not a second time', async () => {
    await using folder = await temporaryFolder();
    const { app, secret } = tenant.addApp({ roles: ['Mail.Send'] });
    const caFile = join(folder.path, 'ca.pem');
    writeFileSync(caFile, tenant.caPem);
    const hosts = ['--login', tenant.origin, '--graph', tenant.origin, '--ca-file', caFile];
    const ids = ['--tenant', tenant.tenantId, '--client-id', app.clientId, '--user-name', sender];
    const to = join(folder.path, 'to');
    const given = await runCommand(['setup', '--way', 'file', ...ids, ...hosts, '--folder', to], {
      input: `${secret}\n`,
    });
    expect(given.status).toBe(0);
    const done = ['system-account', 'register', 'secret', 'permission', 'limit', 'send'];
    const answers = { userName: sender, clientId: app.clientId, tenantId: tenant.tenantId };
    writeFileSync(join(to, 'guided.json'), JSON.stringify({ done, answers }));
    const guided = (input: string) =>
      runCommand(['setup', '--way', 'guided', '--large-messages', 'upload', ...hosts, '--folder', to], { input });
    const first = await guided('');
    expect(first.stdout.match(/\(done before\)/g)).toHaveLength(3);
    expect(first.stdout).toContain('tick Mail.Send, and Mail.ReadWrite for large mail');
    expect(first.stdout).toMatch(/NO .*may keep drafts/);
    expect(first.stderr).toContain('Stopped. Run it again');
    app.grant('Mail.ReadWrite');
    const second = await guided('');
    expect([second.status, second.stderr]).toEqual([0, '']);
    expect(second.stdout).toMatch(/yes .*may keep drafts/);
    expect(readFileSync(join(to, 'connector.yaml'), 'utf8')).toContain('largeMessages: upload');
    // Said by the connector's file from now on.
    const third = await runCommand(['setup', '--way', 'guided', ...hosts, '--folder', to], { input: '' });
    expect(third.stdout.match(/\(done before\)/g)).toHaveLength(6);
  });
});

describe('somebody who was given the IDs and pastes them', () => {
  const clientId = '0000AAAA-0000-4000-8000-000000000001';
  const given = (...more: string[]) => ['setup', '--way', 'file', '--tenant', 'CONTOSO.example', ...more];

  test('in braces, in capitals and with blanks around them is understood', async () => {
    await using folder = await temporaryFolder();
    const { app, secret } = tenant.addApp({ roles: ['Mail.Send'] });
    const caFile = join(folder.path, 'ca.pem');
    writeFileSync(caFile, tenant.caPem);
    const words = [
      ...['--client-id', ` {${app.clientId.toUpperCase()}} `, '--user-name', ` ${sender} `, '--folder', folder.path],
      ...['--login', tenant.origin, '--graph', tenant.origin, '--ca-file', caFile],
    ];
    const { stdout, stderr } = await runCommand(given(...words), { input: `  ${secret}  \n` });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/yes {3}The app may send as the system account/);
    expect(readFileSync(join(folder.path, 'connector.yaml'), 'utf8')).toContain(`oauthClientId: ${app.clientId}`);
  });

  test.each([
    [
      ['--client-id', '123', '--user-name', sender],
      'x',
      /^mailroom: The Application \(client\) ID \(--client-id\) must be/,
    ],
    [
      ['--client-id', clientId, '--user-name', sender],
      clientId,
      /^mailroom: The client secret is a GUID.*not its value/,
    ],
    [['--client-id', clientId, '--user-name', sender], '', /^mailroom: No secret came\. Paste the Value/],
  ])('%j is told what is wrong by the name of what was given', async (more, input, sentence) => {
    await using folder = await temporaryFolder();
    const { status, stderr } = await runCommand(given(...more, '--folder', folder.path), { input: `${input}\n` });
    expect(status).not.toBe(0);
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toContain('connector.yaml');
    expect(existsSync(join(folder.path, 'connector.yaml'))).toBe(false);
  });

  test('a certificate that is not in the registration takes the place of none that works', async () => {
    await using folder = await temporaryFolder();
    const { app } = tenant.addApp();
    const [good, other] = await Promise.all([1, 2].map(() => createAppCertificate('Mailroom', 30, Date.now())));
    if (!good || !other) return expect.fail();
    app.addCertificate(good.certificatePem);
    const put = (name: string, text: string) => {
      writeFileSync(join(folder.path, name), text);
      return join(folder.path, name);
    };
    const cloud = ['--login', tenant.origin, '--graph', tenant.origin, '--ca-file', put('ca.pem', tenant.caPem)];
    const setUpWith = ({ certificatePem, privateKeyPem }: typeof good) =>
      runCommand([
        ...given('--client-id', app.clientId, '--user-name', sender, '--folder', join(folder.path, 'to')),
        ...['--certificate', put('a.crt', certificatePem), '--key', put('a.key', privateKeyPem), ...cloud],
      ]);
    expect((await setUpWith(good)).status).toBe(0);
    const file = join(folder.path, 'to', 'connector.yaml');
    const before = readFileSync(file, 'utf8');
    const refused = await setUpWith(other);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(
      /^mailroom: The certificate is not proven, and the connector in \S+ stays as it was: [^\n]+\n$/,
    );
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect((await runCommand(['check', '--config', file])).stdout).toMatch(/yes {3}The app may send/);
  });

  test('a certificate with a key that is none, or another one, is told before anything is written', async () => {
    await using folder = await temporaryFolder();
    const one = await createAppCertificate('Mailroom', 30, Date.now());
    const other = await createAppCertificate('Mailroom', 30, Date.now());
    const put = (name: string, text: string) => {
      writeFileSync(join(folder.path, name), text);
      return join(folder.path, name);
    };
    const refused = async (certificate: string, key: string) => {
      const files = ['--certificate', put('a.crt', certificate), '--key', put('a.key', key)];
      const ids = ['--client-id', clientId, '--user-name', sender, '--folder', join(folder.path, 'to')];
      return (await runCommand(given(...ids, ...files))).stderr;
    };
    expect(await refused(one.certificatePem, one.certificatePem)).toMatch(/--key is no PEM text that can be read/);
    expect(await refused('x', one.privateKeyPem)).toMatch(/--certificate is no PEM text/);
    expect(await refused(one.certificatePem, other.privateKeyPem)).toMatch(/not that of the certificate/);
    expect(existsSync(join(folder.path, 'to', 'connector.yaml'))).toBe(false);
  });
});
