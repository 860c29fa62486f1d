/** Codes of an authenticator app: needed once set up, good once, and their secret stands nowhere in the clear. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Secret, TOTP } from 'otpauth';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { startPracticeTenant } from '../../practice-tenant/tenant.ts';
import type { Clock } from '../../src/domain/ports.ts';
import { systemClock } from '../../src/observe/system-clock.ts';
import { ConsoleClient, consoleUsers, samplePassword } from '../harness/console-client.ts';
import { withMailroom } from '../harness/mailroom-in-process.ts';
import { consoleSystemAccount, withConsole } from '../harness/with-console.ts';

const enrolment = z.object({ secret: z.string(), uri: z.string() });
const confirmed = z.object({ recoveryCodes: z.array(z.string()).length(10) });

/** A telephone, whose clock is the test's. */
function authenticator(secret: string, clock: Clock) {
  const totp = new TOTP({ secret: Secret.fromBase32(secret) });
  return () => totp.generate({ timestamp: clock.now() });
}

it('a-stolen-password-opens-nothing-once-a-second-factor-is-set-up; each code and each recovery code is good once', async () => {
  // The telephone's clock may be half a minute ahead.
  let ahead = 0;
  const clock: Clock = { now: () => Date.now() + ahead, after: systemClock.after };
  await withConsole(async ({ url, firstRunUrl, folder }) => {
    const { administrator, operator } = await consoleUsers(url, firstRunUrl);
    expect((await operator.ask('POST', 'api/me/codes', { password: 'not it' })).json()).toMatchObject({
      code: 'password-wrong',
    });
    const { secret, uri } = enrolment.parse(
      (await operator.ask('POST', 'api/me/codes', { password: samplePassword })).json(),
    );
    expect(uri).toMatch(/^otpauth:\/\/totp\/Mailroom.*otto\?.*secret=/);
    // Not confirmed yet: nobody is locked out by a telephone that did not take it.
    expect((await new ConsoleClient(url).signIn('otto')).status).toBe(200);
    const code = authenticator(secret, clock);
    expect((await operator.ask('POST', 'api/me/codes/confirm', { code: '000000' })).json()).toMatchObject({
      code: 'code-wrong',
    });
    const { recoveryCodes } = confirmed.parse(
      (await operator.ask('POST', 'api/me/codes/confirm', { code: code() })).json(),
    );
    const signIn = async (extra: object) => {
      const answer = await new ConsoleClient(url).ask('POST', 'api/session', {
        name: 'otto',
        password: samplePassword,
        ...extra,
      });
      return answer.json()['code'] ?? answer.status;
    };
    expect(await signIn({})).toBe('code-required');
    // The code that confirmed it was seen by whoever looked on.
    expect(await signIn({ code: code() })).toBe('code-wrong');
    ahead = 30_000;
    const seen = code();
    expect(await signIn({ code: seen, password: 'guessed password' })).toBe('auth-failed');
    expect(await signIn({ code: seen })).toBe(200);
    expect(await signIn({ code: seen })).toBe('code-wrong');
    const [recovery = ''] = recoveryCodes;
    expect(await signIn({ code: recovery.toUpperCase() })).toBe(200);
    expect(await signIn({ code: recovery })).toBe('code-wrong');
    expect((await operator.ask('GET', 'api/me')).json()).toMatchObject({ codes: true, recoveryLeft: 9 });
    const data = join(folder, 'data');
    const kept = readdirSync(data, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => readFileSync(join(parentPath, name)).toString('latin1'))
      .join('');
    for (const each of [secret, ...recoveryCodes]) expect(kept).not.toContain(each);
    // The telephone is lost: an administrator helps, and every session of before is out.
    const { users } = z
      .object({ users: z.array(z.object({ id: z.string(), name: z.string() })) })
      .parse((await administrator.ask('GET', 'api/users')).json());
    const id = users.find(({ name }) => name === 'otto')?.id;
    expect((await administrator.ask('DELETE', `api/users/${id}/second-factor`)).status).toBe(204);
    expect((await operator.ask('GET', 'api/me')).status).toBe(401);
    expect(await signIn({})).toBe(200);
  });
});

it('codes-cannot-be-tried-in-numbers', async () => {
  await withConsole(async ({ url, firstRunUrl }) => {
    const { operator } = await consoleUsers(url, firstRunUrl);
    const { secret } = enrolment.parse(
      (await operator.ask('POST', 'api/me/codes', { password: samplePassword })).json(),
    );
    await operator.ask('POST', 'api/me/codes/confirm', { code: authenticator(secret, systemClock)() });
    const eve = new ConsoleClient(url);
    const guesses: number[] = [];
    for (let guess = 0; guess < 12; guess += 1)
      guesses.push(
        (await eve.ask('POST', 'api/session', { name: 'otto', password: samplePassword, code: `00000${guess % 10}` }))
          .status,
      );
    expect(guesses.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 403));
    expect(guesses.slice(10)).toEqual([429, 429]);
  });
});

it('a-session-that-was-left-open-elsewhere-can-be-ended, one of one’s own and nobody else’s', async () => {
  await withConsole(async ({ url, firstRunUrl }) => {
    const { operator, viewer } = await consoleUsers(url, firstRunUrl);
    const elsewhere = new ConsoleClient(url);
    await elsewhere.ask(
      'POST',
      'api/session',
      { name: 'otto', password: samplePassword },
      { 'user-agent': '<b>Browser</b>' },
    );
    const sessions = z
      .object({
        sessions: z.array(z.object({ id: z.string(), here: z.boolean(), agent: z.string(), way: z.string() })),
      })
      .parse((await operator.ask('GET', 'api/me')).json()).sessions;
    expect(sessions).toHaveLength(2);
    const other = sessions.find(({ here }) => !here);
    expect(other).toMatchObject({ agent: '<b>Browser</b>', way: 'password' });
    expect((await viewer.ask('DELETE', `api/me/sessions/${other?.id}`)).status).toBe(404);
    expect((await elsewhere.ask('GET', 'api/me')).status).toBe(200);
    expect((await operator.ask('DELETE', `api/me/sessions/${other?.id}`)).status).toBe(204);
    expect((await elsewhere.ask('GET', 'api/me')).status).toBe(401);
    expect((await operator.ask('GET', 'api/me')).status).toBe(200);
  });
});

it('whoever-has-stolen-a-password-does-not-try-codes-in-numbers, and the trail says that somebody did', async () => {
  let ahead = 0;
  const clock: Clock = { now: () => Date.now() + ahead, after: systemClock.after };
  const tenant = await startPracticeTenant({ users: [consoleSystemAccount] });
  const overrides = { console: { listen: '127.0.0.1:0' } };
  try {
    await withMailroom({ tenant, systemAccount: consoleSystemAccount, clock, overrides }, async ({ mailroom }) => {
      const { url = '', firstRunUrl } = mailroom.console ?? {};
      const { administrator, operator } = await consoleUsers(url, firstRunUrl);
      const enrolled = await operator.ask('POST', 'api/me/codes', { password: samplePassword });
      const code = authenticator(enrolment.parse(enrolled.json()).secret, clock);
      await operator.ask('POST', 'api/me/codes/confirm', { code: code() });
      const signIn = async (tried: string) => {
        const body = { name: 'otto', password: samplePassword, code: tried };
        const answer = await new ConsoleClient(url).ask('POST', 'api/session', body);
        return answer.json()['code'] ?? answer.status;
      };
      const wrong = () => (code() === '123456' ? '654321' : '123456');
      for (let guess = 0; guess < 10; guess += 1) expect(await signIn(wrong())).toBe('code-wrong');
      // A minute on, the brakes on passwords are off again.
      ahead = 120_000;
      expect(await signIn(code())).toBe('auth-throttled');
      ahead = 62 * 60_000;
      expect(await signIn(code())).toBe(200);
      expect((await administrator.ask('GET', 'api/audit?limit=50')).text).toContain('"code-wrong"');
    });
  } finally {
    await tenant.close();
  }
});
