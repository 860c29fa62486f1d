import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { SeedError } from '../../../practice-tenant/seed/seed.ts';
import { temporaryFolder } from '../../../test/harness/temporary-folder.ts';
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

describe('tenants that are opened', () => {
  test('have an administrator, the mailboxes asked for, and an app that may send', async () => {
    const { tenants } = await open({});
    const { directory } = tenants[0]?.tenant ?? expect.fail();
    expect(directory.domain).toBe('fabrikam.example');
    expect(directory.user('admin@fabrikam.example')?.directoryRoles).toEqual(['Global Administrator']);
    expect(tenants[0]?.applications).toMatchObject([{ secret: expect.any(String) }]);
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
