/** One action on all messages that match: counted first, watched, stopped, and never more than was shown. */
import { expect, it } from 'vitest';
import { z } from 'zod';
import { consoleUsers } from '../harness/console-client.ts';
import { until } from '../harness/until.ts';
import { withConsole } from '../harness/with-console.ts';
import { handIn, sampleMessage } from '../store/samples.ts';
import { mailWith } from './hostile-mail.ts';

const listSchema = z.object({
  actions: z.array(z.object({ id: z.string(), state: z.string(), changed: z.number(), unchanged: z.number() })),
});

it('an-action-on-all-that-match-changes-no-more-than-was-shown, though mail goes on coming in', async () => {
  await withConsole(async ({ url, firstRunUrl, mailroom, smtpPort, store }) => {
    const { operator } = await consoleUsers(url, firstRunUrl);
    await mailroom.operator.pauseConnector('default', 'for the test');
    await mailWith(smtpPort, { subject: 'One', to: 'grace@contoso.example' });
    await mailWith(smtpPort, { subject: 'Other' });
    const filter = { q: 'grace@contoso.example' };
    const counted = (await operator.ask('POST', 'api/bulk/count', { action: 'hold', filter })).json();
    expect(counted).toMatchObject({ count: 1 });
    // What comes in after the count is at least a millisecond younger.
    await until('the clock goes on', () => Date.now() > Number(counted['until']));
    await mailWith(smtpPort, { subject: 'Late', to: 'grace@contoso.example' });
    const late = await operator.ask('POST', 'api/bulk', { action: 'hold', filter, count: 1 });
    expect(late.json()).toMatchObject({ code: 'too-many-matches' });
    expect((await store.books()).held).toBe(0);
    const body = { action: 'hold', filter: { ...filter, until: counted['until'] }, count: 1 };
    expect((await operator.ask('POST', 'api/bulk', body)).json()).toMatchObject({ total: 1, by: 'otto' });
    await until('it has ended', async () => (await store.books()).held === 1);
    expect(await store.books()).toMatchObject({ held: 1, queued: 2 });
  });
});

it('an-action-on-thousands-cannot-be-stopped: it can, and what was changed is told and on record', async () => {
  await withConsole(async ({ url, firstRunUrl, mailroom, store }) => {
    const { operator, administrator, viewer } = await consoleUsers(url, firstRunUrl);
    await mailroom.operator.pauseConnector('default', 'for the test');
    for (let round = 0; round < 30; round += 1)
      await Promise.all(
        Array.from({ length: 100 }, () => handIn(store, sampleMessage({ at: Date.now(), connector: 'default' }))),
      );
    const count = 3_000;
    const order = { action: 'hold', filter: { subject: 'payslip' }, count };
    const begun = (await operator.ask('POST', 'api/bulk', order)).json();
    expect(begun).toMatchObject({ state: 'running', total: count });
    expect((await viewer.ask('DELETE', `api/bulk/${begun['id']}`)).status).toBe(403);
    expect((await operator.ask('DELETE', `api/bulk/${begun['id']}`)).status).toBe(204);
    const ended = await until('it has ended', async () => {
      const [action] = listSchema.parse((await viewer.ask('GET', 'api/bulk')).json()).actions;
      return action?.state === 'running' ? undefined : action;
    });
    expect(ended).toMatchObject({ state: 'stopped', unchanged: 0 });
    expect(ended.changed).toBeLessThan(count);
    expect((await store.books()).held).toBe(ended.changed);
    const { entries } = (await administrator.ask('GET', 'api/audit?limit=3')).json();
    expect(entries).toMatchObject([
      { who: 'otto', action: 'message-hold-stopped', after: `${ended.changed} changed, 0 left as they were` },
      { who: 'otto', action: 'message-action-stop' },
      { who: 'otto', action: 'message-hold', target: `${count} messages`, after: '{"subject":"payslip"}' },
    ]);
    // Begun again, it goes to the end.
    const rest = count - ended.changed;
    expect((await operator.ask('POST', 'api/bulk', { ...order, count: rest })).json()).toMatchObject({ total: rest });
    await until('all are held', async () => (await store.books()).held === count);
    expect(await store.books()).toMatchObject({ accepted: count, held: count });
  });
});
