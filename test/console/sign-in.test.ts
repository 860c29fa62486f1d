import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ConsoleClient, consoleUsers, samplePassword, tokenOf } from '../harness/console-client.ts';
import { withConsole } from '../harness/with-console.ts';

it('the-link-of-the-first-start-makes-one-administrator-and-no-second', async () => {
  await withConsole(async ({ url, firstRunUrl: link }) => {
    const ada = new ConsoleClient(url);
    const eve = new ConsoleClient(url);
    const answers = await Promise.all([ada.redeem(tokenOf(link), 'ada'), eve.redeem(tokenOf(link), 'eve')]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 403]);
    const again = await new ConsoleClient(url).redeem(tokenOf(link), 'mallory');
    expect(again.json()).toMatchObject({ code: 'invitation-unusable' });
  });
});

it('nothing-in-the-file-opens-anything: neither password nor link nor session stands there, and nobody else may read it', async () => {
  await withConsole(async ({ folder, url, firstRunUrl: link }) => {
    const { administrator } = await consoleUsers(url, link);
    const file = join(folder, 'data', 'console.db');
    const kept = ['', '-wal'].map((end) => readFileSync(`${file}${end}`).toString('latin1')).join('');
    for (const secret of [samplePassword, tokenOf(link), String(administrator.cookie).split('=')[1] ?? ''])
      expect(kept).not.toContain(secret);
    for (const end of ['', '-wal', '-shm']) expect(statSync(`${file}${end}`).mode & 0o777).toBe(0o600);
  });
});

it('the-cookie-is-for-the-server-alone-and-anew-at-each-sign-in', async () => {
  await withConsole(async ({ url, firstRunUrl: link }) => {
    const { administrator } = await consoleUsers(url, link);
    const first = administrator.cookie;
    const { headers } = await administrator.signIn('ADA');
    expect(String(headers['set-cookie'])).toMatch(/HttpOnly; SameSite=Strict/);
    expect(administrator.cookie).not.toBe(first);
    const old = new ConsoleClient(url);
    old.cookie = first;
    expect((await old.ask('GET', 'api/overview')).status).toBe(401);
  });
});

it('passwords-cannot-be-tried-in-numbers', async () => {
  await withConsole(async ({ url, firstRunUrl: link }) => {
    await consoleUsers(url, link);
    const eve = new ConsoleClient(url);
    const statuses: number[] = [];
    for (let guess = 0; guess < 12; guess += 1) statuses.push((await eve.signIn('ada', `guess ${guess}`)).status);
    expect(statuses.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 401));
    expect(statuses.slice(10)).toEqual([429, 429]);
  });
});

it('somebody-who-is-kept-out-is-out-at-once, and the last administrator cannot be', async () => {
  await withConsole(async ({ url, firstRunUrl: link }) => {
    const { administrator, viewer } = await consoleUsers(url, link);
    const me = async (client: ConsoleClient) => String((await client.ask('GET', 'api/session')).json()['user']);
    const { users } = (await administrator.ask('GET', 'api/users')).json();
    const idOf = (name: string) =>
      String((Array.isArray(users) ? users : []).find((user: { name: string }) => user.name === name)?.id);
    const kept = await administrator.ask('PATCH', `api/users/${idOf('vera')}`, { disabled: true });
    expect(kept.json()).toMatchObject({ disabled: true, sessions: 0 });
    expect(await me(viewer)).toBe('null');
    expect((await viewer.signIn('vera')).status).toBe(401);
    const last = await administrator.ask('PATCH', `api/users/${idOf('ada')}`, { role: 'viewer' });
    expect(last.json()).toMatchObject({ code: 'last-administrator' });
  });
});

it('a-session-that-a-stranger-planted-in-the-browser-is-worth-nothing after the sign-in', async () => {
  await withConsole(async ({ url, firstRunUrl: link }) => {
    await consoleUsers(url, link);
    const victim = new ConsoleClient(url);
    victim.cookie = 'mailroom_session=planted-by-somebody-else-0123456789';
    await victim.signIn('ada');
    expect(victim.cookie).not.toContain('planted');
    const stranger = new ConsoleClient(url);
    stranger.cookie = 'mailroom_session=planted-by-somebody-else-0123456789';
    expect((await stranger.ask('GET', 'api/overview')).status).toBe(401);
  });
});

it('nobody-shows-the-console-in-a-frame: neither a page nor an answer may be', async () => {
  await withConsole(async ({ url, firstRunUrl: link }) => {
    const { administrator } = await consoleUsers(url, link);
    for (const path of ['', 'connectors/smtp', 'api/overview', 'api/session', 'api/entra/back', 'api/nowhere']) {
      const { headers } = await administrator.ask('GET', path);
      expect(headers['x-frame-options'], path).toBe('DENY');
      expect(headers['content-security-policy'], path).toMatch(/frame-ancestors 'none'/);
      expect(headers['x-content-type-options'], path).toBe('nosniff');
      expect(headers['referrer-policy'], path).toBe('no-referrer');
    }
  });
});
