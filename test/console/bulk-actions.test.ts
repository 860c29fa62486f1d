/** One action on all messages that match: counted first, watched, stopped, and never more than was shown. */
import { expect, it } from 'vitest';
import { z } from 'zod';
import { BulkActions } from '../../src/admin/bulk-actions.ts';
import { BulkBook, type BulkOrder, type BulkView } from '../../src/admin/bulk-book.ts';
import { openConsoleFile } from '../../src/admin/http/console-file.ts';
import type { MessageFilter } from '../../src/admin/message-query.ts';
import { createOperator } from '../../src/admin/operator.ts';
import { systemClock } from '../../src/observe/system-clock.ts';
import { consoleUsers } from '../harness/console-client.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { until } from '../harness/until.ts';
import { withConsole } from '../harness/with-console.ts';
import { handInMany, hour, noon, testClock, testLogger } from '../store/samples.ts';
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
    const count = 3_000;
    await handInMany(store, count);
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

it('an-action-that-a-stop-cut-short-long-ago-does-not-go-on-by-surprise: it says how far it came', async () => {
  await using folder = await temporaryFolder();
  const file = openConsoleFile(folder.path);
  const book = new BulkBook(file);
  const order = {
    action: 'cancel',
    filter: { subject: 'payslip', state: ['queued'], limit: 1 },
    total: 3_000,
    by: 'otto',
    address: '127.0.0.1',
  } as const;
  const { address: _a, filter: _f, ...shown } = order;
  const started = { id: 'a', state: 'running', startedAt: noon, changed: 500, unchanged: 0, resumed: false } as const;
  book.put({
    view: { ...shown, ...started },
    order: { ...order, filter: { ...order.filter, state: ['queued'] } },
    after: undefined,
    seenAt: noon,
  });
  const told: BulkView[] = [];
  const never = () => {
    throw new Error('Nothing may be done.');
  };
  const bulk = new BulkActions({
    operator: { listIds: never, intervene: never, trail: never },
    book: new BulkBook(file),
    clock: testClock(noon + 2 * hour),
    logger: testLogger(),
    told: (_order, view) => told.push(view),
  });
  bulk.resume();
  const ended = { ...shown, ...started, state: 'interrupted', endedAt: noon + 2 * hour };
  expect([bulk.list(), told, book.all().map(({ view }) => view)]).toEqual([[ended], [ended], [ended]]);
  await bulk.close();
  file.close();
});

it('an-action-that-is-damaged-in-the-file keeps neither the console nor the others from going on', async () => {
  await using folder = await temporaryFolder();
  const file = openConsoleFile(folder.path);
  const values = "'hold', ?, 1, 'otto', '127.0.0.1', 'done', 1, 1, 1, 1, 0, NULL, 0, ?";
  const insert = file.prepare(`INSERT INTO bulk_actions VALUES (?, ${values})`);
  insert.run('torn', '{"subject":"pay', null);
  insert.run('torn-step', '{"limit":1}', '["a",');
  insert.run('whole', '{"limit":1}', null);
  const never = () => Promise.reject(new Error('Nothing may be done.'));
  const logger = testLogger();
  const operator = { listIds: never, intervene: never, trail: never };
  const bulk = new BulkActions({ operator, book: new BulkBook(file), clock: systemClock, logger, told: () => {} });
  bulk.resume();
  expect(bulk.list().map(({ id }) => id)).toEqual(['whole']);
  expect(logger.errors).toHaveLength(2);
  await bulk.close();
  file.close();
});

it('a-crash-in-the-middle-of-a-step-leaves-no-message-uncounted, whether it came before or after the change', async () => {
  await withConsole(async ({ url, firstRunUrl, mailroom, store }) => {
    await consoleUsers(url, firstRunUrl);
    await mailroom.operator.pauseConnector('default', 'for the test');
    const count = 1_200;
    await handInMany(store, count);
    const operator = createOperator({ store, clock: systemClock, version: '0', lifetimeMs: hour });
    const filter: MessageFilter = { subject: 'payslip', state: ['queued'], limit: 500 };
    const order = { action: 'hold', filter, total: count, by: 'otto', address: '127.0.0.1' } as const;
    const { address: _address, filter: _filter, ...shown } = order;
    await using place = await temporaryFolder();
    const file = openConsoleFile(place.path);
    const book = new BulkBook(file);
    const told: BulkView[] = [];
    const logger = testLogger();
    const parts = { book, clock: systemClock, logger, told: (_order: unknown, view: BulkView) => told.push(view) };
    const started = { state: 'running', startedAt: Date.now(), changed: 0, unchanged: 0, resumed: false } as const;
    const outcome = async (id: string) => {
      const bulk = new BulkActions({ ...parts, operator });
      bulk.resume();
      return until('it has ended', () => (bulk.get(id)?.state === 'running' ? undefined : bulk.get(id)));
    };
    const seenAt = Date.now();
    const step = await operator.listIds(filter);
    // The kill came after the change: 500 are held, and the file knows nothing of it.
    await operator.intervene('hold', step, 'otto');
    book.put({ view: { ...shown, ...started, id: 'after' }, order, after: undefined, step, seenAt });
    expect(await outcome('after')).toMatchObject({ state: 'done', changed: count, unchanged: 0, resumed: true });
    expect((await store.books()).held).toBe(count);

    // And before it: the step is made now, and counted once.
    await until('the clock goes on', () => Date.now() > seenAt + 1);
    const again: BulkOrder = { ...order, action: 'release', filter: { ...filter, state: ['held'] } };
    const next = await operator.listIds(again.filter);
    const view = { ...shown, ...started, action: 'release', id: 'before' } as const;
    book.put({ view, order: again, after: undefined, step: next, seenAt: Date.now() });
    expect(await outcome('before')).toMatchObject({ state: 'done', changed: count, unchanged: 0 });
    expect(await store.books()).toMatchObject({ held: 0, queued: count });
    file.close();
  });
});
