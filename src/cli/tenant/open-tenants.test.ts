import { once } from 'node:events';
import { copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { Draft } from '../../../practice-tenant/mailboxes/message-content.ts';
import { submitMessage } from '../../../practice-tenant/mailboxes/transport.ts';
import { SeedError } from '../../../practice-tenant/seed/seed-error.ts';
import { temporaryFolder } from '../../../test/harness/temporary-folder.ts';
import { until } from '../../../test/harness/until.ts';
import { tenantFacts, tenantText } from './facts.ts';
import { type OpenedTenants, openTenants } from './open-tenants.ts';

const opened: OpenedTenants[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});
const open = async (options: Partial<Parameters<typeof openTenants>[0]>) => {
  const tenants = await openTenants({ port: 0, uploadPort: 0, users: ['noreply@fabrikam.example'], ...options });
  opened.push(tenants);
  return tenants;
};
const seed = (text: string) => ({ file: 'tenants.yaml', text });

const draft: Draft = {
  content: {
    subject: 'not sent yet',
    body: { contentType: 'html', content: '<p>é</p>' },
    from: undefined,
    sender: { name: 'A', address: 'a@contoso.example' },
    to: [{ name: '', address: 'b@contoso.example' }],
    cc: [],
    bcc: [],
    replyTo: [],
    internetMessageId: '<2@x>',
    importance: 'high',
    isDeliveryReceiptRequested: false,
    isReadReceiptRequested: true,
    headers: [{ name: 'X-Case', value: '1' }],
  },
  mime: undefined,
  attachments: [
    {
      id: 'AAMkAT1',
      kind: 'file',
      name: 'a.bin',
      contentType: 'application/octet-stream',
      isInline: false,
      contentId: null,
      content: Buffer.from([0, 10, 13, 255]),
      lastModifiedAt: 5,
    },
  ],
  withinMime: 0,
};

describe('tenants that are opened', () => {
  test('have an administrator, the mailboxes asked for, and an app that may send', async () => {
    const { tenants } = await open({});
    const { directory } = tenants[0]?.tenant ?? expect.fail();
    expect(directory.domain).toBe('fabrikam.example');
    expect(directory.user('admin@fabrikam.example')?.directoryRoles).toEqual(['Global Administrator']);
    expect(tenants[0]?.applications).toMatchObject([{ secret: expect.any(String) }]);
  });

  test.runIf(process.platform === 'linux')('listen on loopback alone, unless another address is named', async () => {
    const reaches = async (host: string, port: number) => {
      const socket = connect({ host, port });
      return once(socket, 'connect')
        .then(
          () => true,
          () => false,
        )
        .finally(() => socket.destroy());
    };
    const usual = await open({});
    expect(await reaches('127.0.0.1', usual.service.port)).toBe(true);
    expect(await reaches('127.0.0.2', usual.service.port)).toBe(false);
    const named = await open({ host: '127.0.0.2' });
    expect(await reaches('127.0.0.2', named.service.port)).toBe(true);
    expect(await reaches('127.0.0.1', named.service.port)).toBe(false);
  });

  test('that hold no app and nobody say so, and print no undefined', async () => {
    const bare = await open({ seed: seed('tenants:\n  - { domains: [contoso.example] }\n') });
    const text = tenantText(tenantFacts(bare, 'ca.pem'), undefined);
    expect(text).toContain('oauthClientId: (none yet: register an app in the portal)');
    expect(text).not.toContain('undefined');
  });

  test('a-kept-tenant is there again after a restart, with the authority that clients trust', async () => {
    await using folder = await temporaryFolder();
    const stateFile = join(folder.path, 'tenants.json');
    const first = await open({ stateFile });
    const { tenantId } = first.tenants[0]?.tenant.directory ?? expect.fail();
    first.tenants[0]?.applications[0]?.app.withdrawAll();
    const { caPem } = first.service;
    await first.close();
    opened.splice(0);
    expect(statSync(stateFile).mode & 0o777).toBe(0o600);
    const second = await open({ stateFile });
    expect(second.service.caPem).toBe(caPem);
    const { directory } = second.tenants[0]?.tenant ?? expect.fail();
    expect(directory.tenantId).toBe(tenantId);
    expect(directory.state.appRoleAssignments).toEqual([]);
    // Before the folder goes: closing writes the state once more.
    for (const each of opened.splice(0)) await each.close();
  });

  test('kept-mail is there again byte for byte: inboxes, sent items, drafts, clock and limits', async () => {
    await using folder = await temporaryFolder();
    const stateFile = join(folder.path, 'tenants.json');
    const text =
      'cloud: us-gov\ntenants:\n  - { users: [{ address: a@contoso.example }], limits: { messagesPerMinute: 7 } }\n';
    const first = await open({ stateFile, seed: seed(text) });
    const before = first.tenants[0]?.tenant ?? expect.fail();
    first.service.clock.advance(3_600_000);
    const raw = Buffer.from([...Buffer.from('From: a@contoso.example\r\nSubject: x\r\n\r\n'), 0, 255, 128, 13, 10]);
    const mail = { recipients: ['out@elsewhere.example', 'nobody@contoso.example'], raw, internetMessageId: '<1@x>' };
    const sender = before.directory.user('a@contoso.example') ?? expect.fail();
    submitMessage(first.service, before, { ...mail, sender, saveToSentItems: true, subject: 'x' });
    before.mailboxes.saveDraft('a@contoso.example', draft);
    const [report] = before.mailboxes.of('a@contoso.example');
    before.mailboxes.change(report ?? expect.fail(), { marks: { isRead: true, categories: ['Red'] } });
    const [outside] = before.mailboxes.of('out@elsewhere.example');
    // Without being closed, as after a crash: what happened is in the file soon.
    await until(
      'the state holds the mail',
      () => existsSync(stateFile) && readFileSync(stateFile, 'utf8').includes('"isRead":true'),
    );
    expect(statSync(stateFile).mode & 0o777).toBe(0o600);
    const kept = before.mailboxes.kept();
    const crashed = join(folder.path, 'crashed.json');
    copyFileSync(stateFile, crashed);

    const second = await open({ stateFile: crashed });
    const after = second.tenants[0]?.tenant ?? expect.fail();
    expect(after.mailboxes.kept()).toEqual(kept);
    expect(after.mailboxes.of('out@elsewhere.example')[0]?.raw).toEqual(raw);
    expect(after.mailboxes.find('out@elsewhere.example', outside?.id ?? '')).toEqual(outside);
    expect(after.mailboxes.of('a@contoso.example', 'drafts')[0]?.draft).toEqual(draft);
    expect(after.profile.messagesPerMinute).toBe(7);
    expect([second.service.clock.offsetMs, second.service.cloud.name]).toEqual([3_600_000, 'us-gov']);
    // New items never get an id that was given before.
    const { id } = after.mailboxes.saveDraft('a@contoso.example', draft);
    expect(kept.copies.map((copy) => copy.id)).not.toContain(id);
    for (const each of opened.splice(0)) await each.close();
  });

  test('a state of the time before mail was kept is taken', async () => {
    await using folder = await temporaryFolder();
    const stateFile = join(folder.path, 'tenants.json');
    const first = await open({});
    const authority = await first.service.keptAuthority();
    const directory = first.tenants[0]?.tenant.directory.state;
    writeFileSync(stateFile, `${JSON.stringify({ format: 1, authority, tenants: [directory] })}\n`);
    const second = await open({ stateFile });
    expect(second.tenants[0]?.tenant.directory.state).toEqual(directory);
    for (const each of opened.splice(0)) await each.close();
  });

  test('a state that is none is refused by name, and left as it is', async () => {
    await using folder = await temporaryFolder();
    const stateFile = join(folder.path, 'tenants.json');
    writeFileSync(stateFile, '{"format":2}');
    await expect(open({ stateFile })).rejects.toThrow(SeedError);
    await expect(open({ stateFile })).rejects.toThrow(`${stateFile} is not a state of the practice tenant`);
  });

  test('come from a seed, several in one process', async () => {
    const { service, tenants } = await open({
      seed: seed(
        [
          'cloud: us-gov',
          'tenants:',
          '  - domains: [contoso.example, contoso.test]',
          '    profile: unlimited',
          '    users:',
          '      - { address: system@contoso.example, mailbox: SharedMailbox, aliases: [alias@contoso.test] }',
          '    groups:',
          '      - { name: Senders, members: [system@contoso.example] }',
          '    applications:',
          '      - { name: Case management, permissions: [Mail.Send], secretDays: 90 }',
          '    accessPolicies:',
          '      - { application: Case management, right: RestrictAccess, scope: Senders }',
          '  - domains: [fabrikam.example]',
          '    limits: { messagesPerMinute: 5 }',
        ].join('\n'),
      ),
    });
    expect(service.cloud.name).toBe('us-gov');
    expect(tenants).toHaveLength(2);
    expect(service.tenant('CONTOSO.TEST')).toBe(tenants[0]?.tenant);
    expect(tenants[0]?.tenant.directory.state.exchange.accessPolicies).toHaveLength(1);
    expect(tenants[1]?.tenant.profile.messagesPerMinute).toBe(5);
  });

  test('a seed that names nobody is refused, and nothing goes on listening', async () => {
    const text = 'tenants:\n  - groups: [{ name: Senders, members: [nobody@contoso.example] }]\n';
    await expect(open({ seed: seed(text) })).rejects.toThrow('names nobody@contoso.example');
  });
});
