/**
 * What every implementation of the store must do, whatever it is made of: one suite, run for each.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FaultError } from '../../src/domain/catalogue.ts';
import type { MessageState } from '../../src/domain/message.ts';
import type { Intervention, QueueStore } from '../../src/queue/store.ts';
import {
  attempt,
  begin,
  deferred,
  endOf,
  failed,
  handIn,
  hour,
  leaseAll,
  noon,
  type Sample,
  sampleMessage,
  sent,
  type TestClock,
  temporaryFolder,
  testClock,
  uncertain,
} from './samples.ts';

const states = ['queued', 'sending', 'uncertain', 'held', 'sent', 'failed', 'cancelled'] as const;

export function describeStore(name: string, open: (dir: string, clock: TestClock) => Promise<QueueStore>): void {
  describe(name, () => {
    let folder: ReturnType<typeof temporaryFolder>;
    let clock: TestClock;
    let store: QueueStore;

    beforeEach(async () => {
      folder = temporaryFolder();
      clock = testClock();
      store = await open(folder.path, clock);
    });
    afterEach(async () => {
      await store.close();
      folder.remove();
    });

    async function reopen(): Promise<void> {
      await store.close();
      store = await open(folder.path, clock);
    }

    const accept = (sample: Sample = {}) => handIn(store, sampleMessage(sample));
    const intervene = (kind: Intervention['kind'], ids: readonly string[], more: Partial<Intervention> = {}) =>
      store.intervene({ kind, ids, by: 'anna', at: noon + 10, ...more });
    const stateOf = async (id: string) => (await store.trail(id))?.message.state;

    /** A message in a state, reached as it would be in life. */
    async function messageIn(state: MessageState): Promise<string> {
      const { id } = await accept(state === 'held' ? { initialState: 'held' } : {});
      if (state === 'sent') await attempt(store, id, noon, sent);
      if (state === 'failed') await attempt(store, id, noon, failed);
      if (state === 'uncertain') await attempt(store, id, noon, uncertain);
      if (state === 'cancelled') await intervene('cancel', [id], { at: noon });
      if (state === 'sending')
        for (const message of await leaseAll(store, noon)) if (message.id === id) await begin(store, message, noon);
      expect(await stateOf(id)).toBe(state);
      return id;
    }

    describe('bytes', () => {
      test.each([
        ['an empty body', 0],
        ['a small body', 10_000],
        ['a body of the largest size in the journal', 256 * 1024],
        ['a body one byte above it', 256 * 1024 + 1],
        ['a large body', 3_000_000],
      ])('%s comes back byte for byte, added header fields first, also after a restart', async (_what, size) => {
        const bytes = Buffer.from(Array.from({ length: size }, (_, place) => (place * 7 + (place >> 8)) & 255));
        const prefix = Buffer.from('Date: Mon, 2 Nov 2026 12:00:00 +0000\r\n');
        const { id } = await handIn(store, sampleMessage(), bytes, prefix);
        for (const again of [false, true]) {
          if (again) await reopen();
          const body = await store.openBody(id);
          const whole = Buffer.concat([prefix, bytes]);
          expect(body.size).toBe(whole.length);
          expect(whole.equals(await body.bytes())).toBe(true);
          for (const _attempt of [1, 2]) {
            const pieces: Buffer[] = [];
            for await (const piece of body.stream()) pieces.push(piece);
            expect(whole.equals(Buffer.concat(pieces))).toBe(true);
          }
        }
      });

      test('a client that goes away in the middle leaves nothing behind', async () => {
        const writer = store.newBody();
        await writer.write(Buffer.alloc(2_000_000));
        await writer.discard();
        await writer.discard();
        expect((await store.books()).accepted).toBe(0);
      });

      test('bytes of a message that does not exist are not found', async () => {
        await expect(store.openBody(sampleMessage().id)).rejects.toMatchObject({ fault: { code: 'not-found' } });
      });
    });

    describe('leases', () => {
      test('no message is given to two dispatchers', async () => {
        await Promise.all(Array.from({ length: 30 }, () => accept()));
        const [group] = await store.ready(noon);
        if (!group) throw new Error('Nothing is ready.');
        const leases = await Promise.all(
          Array.from({ length: 8 }, () => store.lease({ ...group, now: noon, limit: 5 })),
        );
        const ids = leases.flat().map((message) => message.id);
        expect(ids.length).toBe(30);
        expect(new Set(ids).size).toBe(30);
        expect(await store.ready(noon)).toEqual([]);
      });

      test('the message that has been due longest goes first, and one that is not due waits', async () => {
        const late = await accept({ at: noon + 5 });
        const early = await accept({ at: noon });
        const future = await accept({ at: noon + hour });
        expect((await leaseAll(store, noon + 10)).map((message) => message.id)).toEqual([early.id, late.id]);
        expect(await store.nextDueAt(noon + 10)).toBe(noon + hour);
        expect((await leaseAll(store, noon + hour)).map((message) => message.id)).toEqual([future.id]);
        expect(await store.nextDueAt(noon + 10)).toBeUndefined();
      });

      test('clients, priorities, senders and connectors wait in groups of their own', async () => {
        await accept();
        await accept({ client: 'printer' });
        await accept({ priority: 'high' });
        await accept({ sender: 'other@contoso.example' });
        await accept({ connector: 'second' });
        await accept();
        const groups = await store.ready(noon);
        expect(groups.length).toBe(5);
        const sizes = await Promise.all(groups.map((group) => store.lease({ ...group, now: noon, limit: 9 })));
        expect(sizes.map((lease) => lease.length).sort()).toEqual([1, 1, 1, 1, 2]);
      });

      test('a lease that is given back can be had again', async () => {
        const { id } = await accept();
        const [first] = await leaseAll(store, noon);
        await store.release([id]);
        expect(await leaseAll(store, noon)).toEqual([first]);
      });

      test('an attempt without a lease is refused, and so is a second one beside it', async () => {
        const { id } = await accept();
        const [message] = await store.list({ limit: 1 });
        if (!message) throw new Error('Nothing is there.');
        await expect(begin(store, message, noon)).rejects.toThrow(id);
        await leaseAll(store, noon);
        await begin(store, message, noon);
        await expect(begin(store, message, noon)).rejects.toThrow(id);
        await store.release([id]);
        expect(await stateOf(id)).toBe('sending');
        expect(await leaseAll(store, noon)).toEqual([]);
      });

      test('whoever waits for work is told when there is some', async () => {
        const told = Promise.withResolvers<void>();
        store.onReady(told.resolve);
        await accept();
        await told.promise;
      });
    });

    describe('attempts', () => {
      test('each outcome is on the trail, and the books balance after a restart', async () => {
        const ids: Record<string, string> = {};
        for (const result of [sent, deferred, failed, uncertain]) {
          const { id } = await accept();
          ids[result.outcome] = id;
          await attempt(store, id, noon + 1, result);
        }
        await reopen();
        expect(await store.books()).toEqual({
          accepted: 4,
          queued: 1,
          sending: 0,
          held: 0,
          sent: 1,
          failed: 1,
          uncertain: 1,
          cancelled: 0,
        });
        const trail = await store.trail(ids['deferred'] ?? '');
        expect(trail?.message).toMatchObject({
          state: 'queued',
          dueAt: noon + 1 + hour,
          countedAttempts: 1,
          attempts: 1,
          maybeSent: false,
          lastFault: 'network',
          changedAt: noon + 1,
        });
        expect(trail?.attempts).toEqual([
          {
            number: 1,
            startedAt: noon + 1,
            connector: 'main',
            sender: 'system@contoso.example',
            clientRequestId: `request-${ids['deferred']}-1`,
            finishedAt: noon + 1,
            result: deferred,
          },
        ]);
        expect((await store.trail(ids['uncertain'] ?? ''))?.message).toMatchObject({
          state: 'uncertain',
          maybeSent: true,
        });
        expect((await store.trail(ids['failed'] ?? ''))?.message.lastFault).toBe('unlisted-answer');
        expect((await store.trail(ids['sent'] ?? ''))?.message.lastFault).toBeUndefined();
      });

      test('an attempt that the connector is to blame for does not use up the schedule', async () => {
        const { id } = await accept();
        const [message] = await leaseAll(store, noon);
        if (!message) throw new Error('Nothing is ready.');
        const number = await begin(store, message, noon);
        const end = endOf(id, number, noon, deferred);
        await store.finishAttempt({
          ...end,
          next: { state: 'queued', dueAt: noon + 1, counts: false, maybeSent: true },
        });
        expect((await store.trail(id))?.message).toMatchObject({ countedAttempts: 0, attempts: 1, maybeSent: true });
      });

      test('a process that dies while sending leaves an orphan that can be ended as uncertain', async () => {
        const { id } = await accept();
        await messageIn('sending');
        await reopen();
        const orphans = await store.orphanedAttempts();
        expect(orphans.map((orphan) => orphan.state)).toEqual(['sending']);
        expect(await store.orphanedAttempts()).toEqual([]);
        expect((await leaseAll(store, noon)).map((message) => message.id)).toEqual([id]);
        for (const orphan of orphans) await store.finishAttempt(endOf(orphan.id, orphan.attempts, noon + 5, uncertain));
        expect(await store.books()).toMatchObject({ accepted: 2, queued: 1, uncertain: 1 });
      });

      test('an attempt that is under way is seen by whoever looks, and ends the same whether somebody did or not', async () => {
        const trails = [];
        for (const looks of [true, false]) {
          await accept();
          const [message] = await leaseAll(store, noon);
          if (!message) throw new Error('Nothing is ready.');
          const number = await begin(store, message, noon + 1);
          if (looks) {
            const trail = await store.trail(message.id);
            expect(trail?.message).toMatchObject({ state: 'sending', attempts: 1, changedAt: noon + 1 });
            expect(trail?.attempts).toMatchObject([{ number: 1, startedAt: noon + 1 }]);
            expect(trail?.attempts[0]).not.toHaveProperty('result');
            expect(await store.listIds({ states: ['sending'], limit: 10 })).toEqual([message.id]);
            expect(await store.depth()).toEqual([]);
          }
          await store.finishAttempt(endOf(message.id, number, noon + 2, deferred));
          const [again] = await leaseAll(store, noon + 2 + hour);
          if (!again) throw new Error('Nothing is ready.');
          await store.finishAttempt(endOf(message.id, await begin(store, again, noon + 3), noon + 4, sent));
          trails.push(await store.trail(message.id));
        }
        const [watched, unwatched] = trails.map((trail) => [
          trail?.attempts.map(({ clientRequestId: _, ...attempt }) => attempt),
          trail?.message.state,
          trail?.message.attempts,
          trail?.message.countedAttempts,
        ]);
        expect(unwatched).toEqual(watched);
        expect(watched).toMatchObject([[{ number: 1 }, { number: 2 }], 'sent', 2, 2]);
      });

      test('a message that is being sent is no orphan', async () => {
        await messageIn('sending');
        expect(await store.orphanedAttempts()).toEqual([]);
      });
    });

    describe('interventions', () => {
      const allowed: Record<Intervention['kind'], Partial<Record<MessageState, MessageState>>> = {
        hold: { queued: 'held' },
        release: { held: 'queued' },
        retry: { queued: 'queued', failed: 'queued', uncertain: 'queued' },
        cancel: { queued: 'cancelled', held: 'cancelled', uncertain: 'cancelled' },
        expire: { queued: 'failed' },
        reroute: { queued: 'queued' },
      };
      for (const kind of ['hold', 'release', 'retry', 'cancel', 'expire'] as const)
        test(`${kind} changes the states that allow it and leaves the others alone`, async () => {
          const ids: string[] = [];
          for (const state of states) ids.push(await messageIn(state));
          // The stray leases of getting there.
          await store.release(ids);
          const result = await intervene(kind, [...ids, 'nobody'], { at: noon + 100 * hour });
          for (const [place, state] of states.entries()) {
            const id = ids[place] ?? '';
            const next = allowed[kind][state];
            expect(await stateOf(id)).toBe(next ?? state);
            expect(result.changed.includes(id)).toBe(next !== undefined);
            if (!next) expect(result.unchanged).toContainEqual({ id, state });
            expect((await store.trail(id))?.events.length).toBe((next ? 1 : 0) + (state === 'cancelled' ? 1 : 0));
          }
          expect(result.unchanged).toContainEqual({ id: 'nobody', state: undefined });
          const before = await store.books();
          await reopen();
          expect(await store.books()).toEqual(before);
        });

      test('a rerouted message waits in its new lane, keeps its lifetime, and is found there after a restart', async () => {
        const fallBack = { ways: [{ connector: 'second', sender: 'other@contoso.example' }], afterMs: 1000 };
        const { id } = await accept({ fallBack });
        const without = await accept();
        await store.pauseConnector({ connector: 'main', pausedAt: noon, reason: 'network', detail: 'gone' });
        const request = { connector: 'main', now: noon + hour, limit: 10 };
        const waiting = await store.rerouteable(request);
        expect(waiting.map((message) => message.id)).toEqual([id]);
        const [way] = fallBack.ways;
        await intervene('reroute', [id], { at: noon + hour, ...(way ? { way } : {}), detail: 'it is paused' });
        expect(await store.rerouteable(request)).toEqual([]);
        await reopen();
        const { message, events } = (await store.trail(id)) ?? expect.fail();
        expect(message.route).toMatchObject({
          connector: 'second',
          sender: 'other@contoso.example',
          fallBack: { ways: [{ connector: 'main', sender: 'system@contoso.example' }] },
        });
        // The hour in which its connector stood still is not lost.
        expect(message.expiresAt).toBe((waiting[0]?.expiresAt ?? 0) + hour);
        expect(events.map(({ kind, detail }) => [kind, detail])).toEqual([['rerouted', 'it is paused']]);
        expect((await store.ready(noon + hour)).map(({ connector }) => connector).sort()).toEqual(['main', 'second']);
        const depth = await store.depth();
        expect(depth.map(({ connector, queued }) => [connector, queued]).sort()).toEqual([
          ['main', 1],
          ['second', 1],
        ]);
        expect((await store.trail(without.id))?.message.route.connector).toBe('main');
      });

      test('a message that is about to be sent is not expired, held or cancelled under the sender', async () => {
        const { id } = await accept();
        await leaseAll(store, noon);
        for (const kind of ['hold', 'cancel', 'expire'] as const)
          expect(await intervene(kind, [id], { at: noon + 100 * hour })).toEqual({
            changed: [],
            unchanged: [{ id, state: 'sending' }],
          });
        await store.release([id]);
        expect((await intervene('cancel', [id])).changed).toEqual([id]);
        expect(await leaseAll(store, noon)).toEqual([]);
      });

      test('a retry of an uncertain message says that it may be sent twice, starts its schedule anew, and can live on', async () => {
        const id = await messageIn('uncertain');
        const at = noon + 100 * hour;
        await intervene('retry', [id], { at, detail: 'not in Sent Items', expiresAt: at + hour });
        const trail = await store.trail(id);
        expect(trail?.message).toMatchObject({
          state: 'queued',
          maybeSent: true,
          countedAttempts: 0,
          dueAt: at,
          expiresAt: at + hour,
        });
        expect(trail?.events).toEqual([{ at, kind: 'retried', by: 'anna', detail: 'not in Sent Items' }]);
        expect((await leaseAll(store, at)).map((message) => message.id)).toEqual([id]);
      });

      test('a new end of life is not given to a message whose old one has not passed', async () => {
        const id = await messageIn('held');
        await intervene('release', [id], { at: noon + 1, expiresAt: noon + 2 });
        expect((await store.trail(id))?.message.expiresAt).toBe(noon + 48 * hour);
      });

      test('notes are on the trail in order', async () => {
        const { id } = await accept();
        await store.note(id, { at: noon, kind: 'notice', by: 'queue', detail: 'one' });
        await store.note(id, { at: noon, kind: 'notice', by: 'queue', detail: 'two' });
        expect((await store.trail(id))?.events.map((event) => event.detail)).toEqual(['one', 'two']);
      });
    });

    describe('lifetimes', () => {
      test('only what has waited too long, is not leased and has a working connector expires', async () => {
        const old = await accept({ lifetime: hour });
        const young = await accept();
        const leased = await accept({ lifetime: hour, client: 'leased' });
        const other = await accept({ lifetime: hour, connector: 'other' });
        await store.lease({
          connector: 'main',
          sender: 'system@contoso.example',
          priority: 'normal',
          client: 'leased',
          now: noon,
          limit: 1,
        });
        const at = noon + 2 * hour;
        expect((await store.expired(at, ['other'], 10)).map((message) => message.id)).toEqual([old.id]);
        expect(new Set((await store.expired(at, [], 10)).map((message) => message.id))).toEqual(
          new Set([old.id, other.id]),
        );
        expect((await store.expired(at, [], 1)).length).toBe(1);
        await intervene('expire', [old.id, young.id, leased.id], { at });
        expect((await store.trail(old.id))?.message).toMatchObject({ state: 'failed', lastFault: 'expired' });
        expect(await stateOf(young.id)).toBe('queued');
        expect(await stateOf(leased.id)).toBe('queued');
      });

      test('a pause moves each lifetime on by the time that the message stood still, once', async () => {
        const before = await accept({ at: noon, lifetime: 10 * hour });
        const pause = { connector: 'main', pausedAt: noon + hour, reason: 'operator' as const, detail: 'maintenance' };
        await store.pauseConnector(pause);
        const during = await accept({ at: noon + 2 * hour, lifetime: 10 * hour });
        const elsewhere = await accept({ at: noon, lifetime: 10 * hour, connector: 'other' });
        await reopen();
        expect(await store.pauses()).toEqual([pause]);
        expect((await store.expired(noon + 100 * hour, [], 9)).map((message) => message.id)).toEqual([elsewhere.id]);
        await store.resumeConnector('main', noon + 4 * hour);
        await store.resumeConnector('main', noon + 9 * hour);
        const after = await accept({ at: noon + 5 * hour, lifetime: 10 * hour });
        for (const again of [false, true]) {
          if (again) await reopen();
          const ends = [before, during, after, elsewhere].map(
            async ({ id }) => (await store.trail(id))?.message.expiresAt,
          );
          expect(await Promise.all(ends)).toEqual([
            noon + 13 * hour,
            noon + 14 * hour,
            noon + 15 * hour,
            noon + 10 * hour,
          ]);
          expect(await store.pauses()).toEqual([]);
        }
        expect((await store.expired(noon + 13 * hour - 1, [], 9)).map((message) => message.id)).toEqual([elsewhere.id]);
        expect(new Set((await store.expired(noon + 13 * hour, [], 9)).map((message) => message.id))).toEqual(
          new Set([elsewhere.id, before.id]),
        );
      });

      test('a pause that a failed message did not wait through does not lengthen its life when it is retried', async () => {
        const id = await messageIn('failed');
        await store.pauseConnector({ connector: 'main', pausedAt: noon + 1, reason: 'operator', detail: '' });
        await store.resumeConnector('main', noon + hour);
        await intervene('retry', [id], { at: noon + 2 * hour });
        expect((await store.trail(id))?.message).toMatchObject({ state: 'queued', expiresAt: noon + 48 * hour });
      });

      test('a second pause changes the reason and not since when the connector stands still', async () => {
        await store.pauseConnector({ connector: 'main', pausedAt: noon, reason: 'network', detail: 'first' });
        await store.pauseConnector({ connector: 'main', pausedAt: noon + 5, reason: 'operator', detail: 'second' });
        expect(await store.pauses()).toEqual([
          { connector: 'main', pausedAt: noon, reason: 'operator', detail: 'second' },
        ]);
      });
    });

    describe('search', () => {
      test('finds by state, client, connector, address, subject, Message-ID and time, newest first, page by page', async () => {
        const a = await accept({
          at: noon,
          subject: 'Invoice 100%_done',
          to: ['Berta@Contoso.example', 'b@fabrikam.example'],
        });
        const b = await accept({
          at: noon + 1,
          client: 'printer',
          from: 'scan@contoso.example',
          messageId: '<Scan.1@x>',
        });
        const c = await accept({ at: noon + 2, connector: 'other', initialState: 'held' });
        const ids = async (query: Partial<Parameters<QueueStore['list']>[0]>) =>
          (await store.list({ limit: 10, ...query })).map((message) => message.id);
        expect(await ids({})).toEqual([c.id, b.id, a.id]);
        expect(await ids({ limit: 2 })).toEqual([c.id, b.id]);
        expect(await ids({ after: b.id })).toEqual([a.id]);
        expect(await ids({ states: ['held'] })).toEqual([c.id]);
        expect(await ids({ states: ['queued', 'sent'] })).toEqual([b.id, a.id]);
        expect(await ids({ states: [] })).toEqual([]);
        expect(await ids({ client: 'printer' })).toEqual([b.id]);
        expect(await ids({ client: 'nobody' })).toEqual([]);
        expect(await ids({ connector: 'other' })).toEqual([c.id]);
        expect(await ids({ address: 'berta@CONTOSO.EXAMPLE' })).toEqual([a.id]);
        expect(await ids({ address: 'berta@CONTOSO.EXAMPLE', after: a.id })).toEqual([]);
        expect(await ids({ address: 'scan@contoso.example' })).toEqual([b.id]);
        expect(await ids({ subject: 'invoice 100%_' })).toEqual([a.id]);
        expect(await ids({ subject: '%' })).toEqual([a.id]);
        expect(await ids({ messageId: 'Scan.1@x' })).toEqual([b.id]);
        expect(await ids({ messageId: '<Scan.1@x>', address: 'scan@contoso.example' })).toEqual([b.id]);
        expect(await ids({ messageId: '<Scan.1@x>', address: 'b@fabrikam.example' })).toEqual([]);
        expect(await ids({ acceptedFrom: noon + 1, acceptedUntil: noon + 1 })).toEqual([b.id]);
      });

      test('depth names the lanes that have mail waiting, and since when', async () => {
        await accept({ at: noon + 3 });
        await accept({ at: noon + 1, client: 'printer' });
        await accept({ at: noon, initialState: 'held' });
        expect(await store.depth()).toEqual([
          { connector: 'main', sender: 'system@contoso.example', queued: 2, oldestAcceptedAt: noon + 1 },
        ]);
      });
    });

    describe('quotas and keys', () => {
      test('what a client handed in and what a lane sent are counted from a time on', async () => {
        await accept({ at: noon, to: ['a@x.example', 'b@x.example'] });
        const { id } = await accept({ at: noon + 5, to: ['a@x.example', 'b@x.example', 'c@x.example'] });
        expect(await store.acceptedSince('payroll', noon)).toEqual({ messages: 2, recipients: 5 });
        expect(await store.acceptedSince('payroll', noon + 1)).toEqual({ messages: 1, recipients: 3 });
        expect(await store.acceptedSince('nobody', noon)).toEqual({ messages: 0, recipients: 0 });
        await attempt(store, id, noon + 10, sent);
        expect(await store.recipientsSentSince('main', 'system@contoso.example', noon + 10)).toBe(3);
        expect(await store.recipientsSentSince('main', 'system@contoso.example', noon + 11)).toBe(0);
        expect(await store.recipientsSentSince('main', 'other@contoso.example', noon)).toBe(0);
      });

      test('of requests with one key that arrive together exactly one is kept', async () => {
        const results = await Promise.allSettled(Array.from({ length: 5 }, () => accept({ key: 'k1' })));
        const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
        expect(refused.length).toBe(4);
        for (const error of refused)
          expect(error instanceof FaultError && error.fault.code).toBe('idempotency-conflict');
        expect((await store.books()).accepted).toBe(1);
        await reopen();
        expect((await store.findByIdempotencyKey('payroll', 'k1'))?.state).toBe('queued');
        expect(await store.findByIdempotencyKey('printer', 'k1')).toBeUndefined();
        await accept({ key: 'k1', client: 'printer' });
      });
    });

    test('a store that has been closed takes nothing any more', async () => {
      await store.close();
      await expect(accept()).rejects.toThrow();
    });
  });
}
