import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type PracticeTenant, startPracticeTenant } from '../../../practice-tenant/tenant.ts';
import { type Person, personWithBrowser } from '../../../test/harness/person-with-browser.ts';
import { runProduct, runWithSignIn } from '../../../test/harness/run-product.ts';
import { temporaryFolder } from '../../../test/harness/temporary-folder.ts';

const admin = 'admin@contoso.example';
const sender = 'noreply@contoso.example';
const ceo = 'ceo@contoso.example';
let tenant: PracticeTenant;
let person: Person;
beforeAll(async () => {
  tenant = await startPracticeTenant({ profile: 'unlimited', users: [sender, ceo] });
  tenant.addUser(admin, { directoryRoles: ['Global Administrator'] });
  person = await personWithBrowser(tenant, admin);
});
afterAll(async () => {
  await person[Symbol.asyncDispose]();
  await tenant.close();
});

/** A configuration with a connector for an app of its own, and the words that name it. */
async function configured(roles: readonly string[] = ['Mail.Send']) {
  const folder = await temporaryFolder();
  const { app, secret } = tenant.addApp({ roles });
  const caFile = join(folder.path, 'ca.pem');
  writeFileSync(caFile, tenant.caPem);
  const configFile = join(folder.path, 'mailroom.yaml');
  const connector = {
    name: 'default',
    cloud: { custom: { login: tenant.origin, graph: tenant.origin } },
    caFile,
    oauthClientId: app.clientId,
    tenantId: tenant.tenantId,
    userName: sender,
    secret,
  };
  writeFileSync(configFile, stringify({ dataDir: join(folder.path, 'data'), connectors: [connector] }), {
    mode: 0o600,
  });
  const group = `senders-${app.clientId.slice(0, 8)}@contoso.example`;
  const words = ['--config', configFile, '--group', group, '--group-name', `Senders ${app.clientId}`];
  return { folder, app, words, check: ['check', '--config', configFile, '--forbidden', ceo] };
}

describe('an administrator who limits the app', () => {
  test.each(['access-policy', 'rbac'])('by %s sees it proven by Exchange and by Graph', async (way) => {
    const { folder, app, words, check } = await configured(way === 'rbac' ? [] : ['Mail.Send']);
    await using _folder = folder;
    const applied = await runWithSignIn(
      ['policy', 'apply', '--yes', '--way', way, '--forbidden', ceo, ...words],
      person,
    );
    expect(applied.stderr).toBe('');
    expect(applied.stdout).toMatch(/yes.*noreply@contoso\.example is granted/);
    expect(applied.stdout).toMatch(/yes.*ceo@contoso\.example is refused/);
    expect(applied.status).toBe(0);
    const proven = await runProduct(check);
    expect(proven.stdout).toMatch(/yes {3}The app may send as the system account/);
    expect(proven.stdout).toMatch(/yes {3}The app may not send as anybody else/);

    const again = await runWithSignIn(['policy', 'apply', '--yes', '--way', way, ...words], person);
    expect(again.stdout.match(/\(done before\)/g)?.length).toBe(way === 'rbac' ? 4 : 3);
    const listed = await runWithSignIn(['policy', 'list', '--way', way, ...words], person);
    expect(listed.stdout).toMatch(/(?:4 of 4|3 of 3) steps of this limit stand/);

    const removed = await runWithSignIn(['policy', 'remove', '--yes', '--way', way, ...words], person);
    expect(removed.status).toBe(0);
    const { accessPolicies, roleAssignments } = tenant.directory.state.exchange;
    const standing = [...accessPolicies, ...roleAssignments].filter(
      (each) => each.removedAt === null && JSON.stringify(each).includes(app.clientId),
    );
    expect(standing).toEqual([]);
    expect(tenant.directory.state.groups.some(({ displayName }) => displayName === `Senders ${app.clientId}`)).toBe(
      true,
    );
  });

  test('goes from an access policy to a role, is told when to go on, and can go back', async () => {
    const { folder, app, words } = await configured();
    await using _folder = folder;
    const policyStands = () =>
      tenant.directory.state.exchange.accessPolicies.some(
        ({ appId, removedAt }) => appId === app.clientId && removedAt === null,
      );
    await runWithSignIn(['policy', 'apply', '--yes', '--way', 'access-policy', ...words], person);
    const migrate = ['policy', 'migrate', '--yes', '--settle', '0', '--forbidden', ceo, ...words];
    const first = await runWithSignIn(migrate, person);
    expect(first.stderr).toBe('');
    expect(first.stdout).toContain('yes   Mail.Send is withdrawn in Entra');
    expect(first.stdout).toContain('yes   Graph allows the mailboxes by the role alone');
    expect(first.stdout).toMatch(/Run this again after \d{4}-/);
    expect(policyStands()).toBe(true);
    const back = await runWithSignIn([...migrate, '--undo'], person);
    expect(back.stdout).toContain('yes   Mail.Send is granted in Entra again.');
    expect(back.stdout).toContain('yes   The role of Exchange is taken back.');
    expect(back.status).toBe(0);
  });

  test('is told of members that two apps share by one group, and programs are told in JSON', async () => {
    const { folder, words } = await configured();
    await using _folder = folder;
    const other = await configured();
    await using _other = other.folder;
    const shared = ['--group', 'shared@contoso.example', '--group-name', 'Shared'];
    await runWithSignIn(['policy', 'apply', '--yes', ...other.words, ...shared, '--mailbox', ceo], person);
    const applied = await runWithSignIn(['policy', 'apply', '--yes', ...words, ...shared], person);
    expect(applied.stdout).toMatch(/warn {2}The group holds ceo@contoso\.example as well, which the app may use too/);
    expect(applied.stdout).toContain('mailroom policy migrate --config');
    const tested = await runWithSignIn(['policy', 'test', '--json', ...words, ...shared], person);
    expect(JSON.parse(tested.stdout)).toMatchObject({
      proofs: [{ mailbox: sender, expected: 'granted', answered: 'granted' }],
      beyond: [ceo],
    });
    const listed = await runWithSignIn(['policy', 'list', '--json', ...words, ...shared], person);
    expect(JSON.parse(listed.stdout)).toMatchObject({
      policies: [],
      roles: [{ role: 'Application Mail.Send' }],
      group: { address: 'shared@contoso.example', members: [ceo, sender] },
    });
  });

  test('has programs read one object of what was set, of each step of a migration, and of what was removed', async () => {
    const { folder, words } = await configured();
    await using _folder = folder;
    const run = async (...command: string[]) => {
      const { status, stdout, stderr } = await runWithSignIn([...command, '--json', '--yes', ...words], person);
      return { status, stderr, said: JSON.parse(stdout) };
    };
    const way = ['--way', 'access-policy'];
    const applied = await run('policy', 'apply', ...way, '--forbidden', ceo);
    expect(applied.status).toBe(0);
    expect(applied.stderr).toContain('Graph follows later.');
    expect(applied.said).toMatchObject({
      way: 'access-policy',
      by: 'rest',
      steps: [{ state: 'done' }, { state: 'done' }, { state: 'done' }],
      proofs: [
        { mailbox: sender, answered: 'granted' },
        { mailbox: ceo, answered: 'refused' },
      ],
    });
    const migrated = await run('policy', 'migrate', '--settle', '0', '--forbidden', ceo);
    expect(migrated.said).toMatchObject({
      connector: 'default',
      state: 'waiting',
      until: expect.stringMatching(/^\d{4}-.*Z$/),
      events: expect.arrayContaining([
        { kind: 'done', sentence: expect.stringContaining('Mail.Send is withdrawn in Entra') },
      ]),
    });
    expect((await run('policy', 'migrate', '--forbidden', ceo, '--undo')).said).toMatchObject({ state: 'undone' });
    expect((await run('policy', 'remove', ...way)).said).toMatchObject({
      ran: [{ cmdlet: 'Remove-ApplicationAccessPolicy' }],
    });
    expect((await run('policy', 'remove', ...way)).said).toEqual({ ran: [] });
  });

  test('denies a mailbox and leaves the others open', async () => {
    const { folder, words } = await configured();
    await using _folder = folder;
    const deny = ['--yes', '--way', 'access-policy', '--deny', '--mailbox', ceo, ...words];
    const { stdout, status } = await runWithSignIn(['policy', 'apply', ...deny], person);
    expect(stdout).toMatch(/yes.*ceo@contoso\.example is refused/);
    expect(stdout).toContain('stays open to the app');
    expect(status).toBe(0);
    const usage = await runProduct(['policy', 'plan', '--deny', ...words]);
    expect(usage.stderr).toContain('--deny is for --way access-policy');
  });

  test('is told when Exchange says otherwise than the plan', async () => {
    const { folder, words } = await configured();
    await using _folder = folder;
    const { status, stdout } = await runWithSignIn(
      ['policy', 'test', '--way', 'access-policy', '--forbidden', ceo, ...words],
      person,
    );
    expect(stdout).toMatch(/NO .*ceo@contoso\.example is granted/);
    expect(status).toBe(1);
  });

  test('without the right for it is told who has it', async () => {
    const { folder, words } = await configured();
    await using _folder = folder;
    tenant.addUser('dev@contoso.example', { directoryRoles: ['Application Administrator'] });
    await using developer = await personWithBrowser(tenant, 'dev@contoso.example');
    const { status, stderr } = await runWithSignIn(
      ['policy', 'apply', '--yes', '--way', 'access-policy', ...words],
      developer,
    );
    expect(stderr).toContain('An Exchange Administrator or Global Administrator can.');
    expect(status).toBe(77);
  });

  test('is asked first, and nothing is changed when the answer is no', async () => {
    const { folder, words } = await configured();
    await using _folder = folder;
    const before = tenant.directory.state.groups.length;
    const { stderr } = await runProduct(['policy', 'apply', '--way', 'access-policy', ...words], { input: 'n\n' });
    expect(stderr).toContain('Nothing was changed.');
    expect(tenant.directory.state.groups).toHaveLength(before);
  });

  test.skipIf(process.platform === 'win32')(
    'may have PowerShell run the script, and hears what that says',
    async () => {
      const { folder, words } = await configured();
      await using _folder = folder;
      const apply = ['policy', 'apply', '--yes', '--by', 'pwsh', '--way', 'access-policy', ...words];
      const without = await runProduct(apply, { env: { PATH: folder.path } });
      expect(without.stderr).toContain('There is no pwsh on this machine.');
      const pwsh = join(folder.path, 'pwsh');
      writeFileSync(
        pwsh,
        '#!/bin/sh\necho "was given $2 $(basename "$3"), $(grep -c ApplicationAccessPolicy "$3") lines"\nexit 3\n',
      );
      chmodSync(pwsh, 0o755);
      const env = { PATH: `${folder.path}${delimiter}/usr/bin${delimiter}/bin` };
      const { stdout, stderr } = await runProduct(apply, { env });
      expect(stdout).toMatch(/was given -File limit\.ps1, \d lines/);
      expect(stderr).toContain('PowerShell ended with 3');
    },
  );
});
