/** Somebody who changes their own password: who knew the old one is out, and nobody needs an Administrator for it. */
import { expect, it } from 'vitest';
import { z } from 'zod';
import { ConsoleClient, consoleUsers, samplePassword } from '../harness/console-client.ts';
import { withConsole } from '../harness/with-console.ts';

const trail = z.object({ entries: z.array(z.object({ who: z.string(), action: z.string() })) });

it('password-that-is-changed-opens-nothing-any-more, here or in a session elsewhere; the session that changed it goes on', async () => {
  await withConsole(async ({ url, firstRunUrl }) => {
    const { administrator, operator } = await consoleUsers(url, firstRunUrl);
    const name = 'otto';
    const elsewhere = new ConsoleClient(url);
    expect((await elsewhere.signIn(name)).status).toBe(200);
    const next = 'a longer and better one';
    const change = (body: object) => operator.ask('POST', 'api/me/password', body);
    expect((await change({ password: 'not it', next })).json()).toMatchObject({ code: 'password-wrong' });
    expect((await change({ password: samplePassword, next: 'short' })).status).toBe(400);
    expect((await elsewhere.ask('GET', 'api/me')).status).toBe(200);
    expect((await change({ password: samplePassword, next })).status).toBe(204);
    expect((await operator.ask('GET', 'api/me')).status).toBe(200);
    expect((await elsewhere.ask('GET', 'api/me')).status).toBe(401);
    expect((await new ConsoleClient(url).signIn(name)).status).toBe(401);
    expect((await new ConsoleClient(url).signIn(name, next)).status).toBe(200);
    const { entries } = trail.parse((await administrator.ask('GET', 'api/audit')).json());
    expect(entries.filter(({ action }) => action === 'password-change')).toMatchObject([{ who: name }]);
  });
});
