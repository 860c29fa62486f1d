import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { verifyAudit } from '../../src/admin/http/audit-trail.ts';
import { consoleUsers } from '../harness/console-client.ts';
import { withConsole } from '../harness/with-console.ts';

/** Somebody with access to the disk, who takes the locks off before he changes something. */
function tamper(folder: string, sql: string): ReturnType<typeof verifyAudit> {
  const file = new DatabaseSync(join(folder, 'data', 'console.db'), { timeout: 5_000 });
  try {
    file.exec('DROP TRIGGER IF EXISTS audit_is_not_changed; DROP TRIGGER IF EXISTS audit_is_not_deleted');
    file.exec(sql);
    return verifyAudit(file);
  } finally {
    file.close();
  }
}

it('an-entry-that-was-changed-afterwards-shows', async () => {
  await withConsole(async ({ url, firstRunUrl, folder }) => {
    const { administrator } = await consoleUsers(url, firstRunUrl);
    expect((await administrator.ask('GET', 'api/audit/verdict')).json()).toMatchObject({ entries: 5 });
    expect(tamper(folder, `UPDATE audit SET who = 'nobody' WHERE number = 2`)).toMatchObject({ brokenAt: 2 });
    expect((await administrator.ask('GET', 'api/audit/verdict')).json()).toMatchObject({ brokenAt: 2 });
  });
});

it('an-entry-that-was-taken-out-shows, and so does one at the end beside a hash kept elsewhere', async () => {
  await withConsole(async ({ url, firstRunUrl, folder }) => {
    const { administrator } = await consoleUsers(url, firstRunUrl);
    const { lastHash } = (await administrator.ask('GET', 'api/audit/verdict')).json();
    expect(tamper(folder, 'DELETE FROM audit WHERE number = 5').lastHash).not.toBe(lastHash);
    expect(tamper(folder, 'DELETE FROM audit WHERE number = 3')).toMatchObject({ brokenAt: 4 });
  });
});

it('the-server-itself-can-neither-change-nor-delete-an-entry', async () => {
  await withConsole(async ({ url, firstRunUrl, folder }) => {
    await consoleUsers(url, firstRunUrl);
    const file = new DatabaseSync(join(folder, 'data', 'console.db'), { timeout: 5_000 });
    expect(() => file.exec(`UPDATE audit SET who = 'x'`)).toThrow(/append-only/);
    expect(() => file.exec('DELETE FROM audit')).toThrow(/append-only/);
    file.close();
  });
});

it('what-was-refused-is-not-on-record-as-done', async () => {
  await withConsole(async ({ url, firstRunUrl }) => {
    const { administrator } = await consoleUsers(url, firstRunUrl);
    const { users } = z
      .object({ users: z.array(z.object({ id: z.string(), name: z.string() })) })
      .parse((await administrator.ask('GET', 'api/users')).json());
    const ada = users.find(({ name }) => name === 'ada')?.id ?? '';
    const entries = async () => (await administrator.ask('GET', 'api/audit/verdict')).json()['entries'];
    const before = await entries();
    expect((await administrator.ask('PATCH', `api/users/${ada}`, { role: 'viewer' })).json()).toMatchObject({
      code: 'last-administrator',
    });
    expect((await administrator.ask('POST', 'api/users', { name: 'VERA', role: 'viewer' })).json()).toMatchObject({
      code: 'name-taken',
    });
    expect(await entries()).toBe(before);
    await administrator.ask('POST', 'api/users', { name: 'grace', role: 'viewer' });
    expect(await entries()).toBe(Number(before) + 1);
  });
});
