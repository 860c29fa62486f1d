/**
 * Random operations against the store and against a model that keeps everything in a map, with restarts in between (clean,
 * and as after a kill with the index lost): both must say the same about every message, the books and the leases.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AcceptedMessage, MessageState } from '../../src/domain/message.ts';
import type { Intervention } from '../../src/queue/store.ts';
import { openEmbeddedStore } from '../../src/storage/embedded/open.ts';
import type { EmbeddedStore } from '../../src/storage/embedded/store.ts';
import {
  begin,
  deferred,
  endOf,
  failed,
  handIn,
  hour,
  leaseAll,
  sampleMessage,
  sent,
  temporaryFolder,
  testClock,
  testLogger,
  uncertain,
} from './samples.ts';

type Step =
  | { readonly do: 'accept'; readonly held: boolean; readonly connector: string }
  | { readonly do: 'lease'; readonly limit: number }
  | { readonly do: 'begin' | 'giveBack'; readonly pick: number }
  /** `deliver` is a lease, a beginning and an end in a row. */
  | {
      readonly do: 'end' | 'deliver';
      readonly pick: number;
      readonly result: 'sent' | 'deferred' | 'failed' | 'uncertain';
    }
  | { readonly do: 'intervene'; readonly kind: Intervention['kind']; readonly picks: readonly number[] }
  | { readonly do: 'pause' | 'resume'; readonly connector: string }
  | { readonly do: 'wait'; readonly hours: number }
  | { readonly do: 'restart'; readonly loseIndex: boolean }
  | { readonly do: 'sweep' };

const results = { sent, deferred, failed, uncertain };
const connector = fc.constantFrom('main', 'other');
const pick = fc.nat(50);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('accept' as const), held: fc.boolean(), connector }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('lease' as const), limit: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('begin' as const, 'giveBack' as const), pick }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom('end' as const, 'deliver' as const, 'deliver' as const),
      pick,
      result: fc.constantFrom('sent' as const, 'deferred' as const, 'failed' as const, 'uncertain' as const),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('intervene' as const),
      kind: fc.constantFrom(
        'hold' as const,
        'release' as const,
        'retry' as const,
        'retry' as const,
        'cancel' as const,
        'expire' as const,
      ),
      picks: fc.array(pick, { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('pause' as const, 'resume' as const), connector }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.integer({ min: 1, max: 30 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), loseIndex: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sweep' as const) }) },
);

interface Modelled {
  readonly message: AcceptedMessage;
  state: MessageState;
  dueAt: number;
  expiresAt: number;
  attempts: number;
  counted: number;
  maybeSent: boolean;
  events: number;
  /** 'sending' while its attempt runs. */
  leased: boolean;
}

const unfinished: readonly MessageState[] = ['queued', 'sending', 'held', 'uncertain'];

class Model {
  readonly messages: Modelled[] = [];
  readonly pausedAt = new Map<string, number>();
  /** When a message's lifetime began to run, for the overlap with a pause. */
  readonly livesSince = new Map<Modelled, number>();

  /** One of the messages, or of those that fit: random numbers alone would seldom hit one that is being sent. */
  at(pick: number, fits: (one: Modelled) => boolean = () => true): Modelled | undefined {
    const fitting = this.messages.filter(fits);
    return fitting[pick % Math.max(1, fitting.length)];
  }

  accept(message: AcceptedMessage): void {
    const one: Modelled = {
      message,
      state: message.initialState,
      dueAt: message.acceptedAt,
      expiresAt: message.expiresAt,
      attempts: 0,
      counted: 0,
      maybeSent: false,
      events: 0,
      leased: false,
    };
    this.messages.push(one);
    this.livesSince.set(one, message.acceptedAt);
  }

  end(one: Modelled, result: keyof typeof results, now: number): void {
    one.leased = false;
    one.counted += 1;
    if (result === 'deferred') {
      one.state = 'queued';
      one.dueAt = now + hour;
    } else one.state = result;
    if (result === 'uncertain') one.maybeSent = true;
  }

  /** Whether it changes the message. */
  intervene(one: Modelled, kind: Intervention['kind'], now: number): boolean {
    if (one.leased) return false;
    const before = one.state;
    const live = before === 'queued';
    if (kind === 'hold' && live) one.state = 'held';
    else if (kind === 'release' && before === 'held') this.#revive(one, now);
    else if (kind === 'retry' && (live || before === 'failed' || before === 'uncertain')) {
      this.#revive(one, now);
      if (!live) one.counted = 0;
      if (before === 'failed') this.livesSince.set(one, now);
    } else if (kind === 'cancel' && (live || before === 'held' || before === 'uncertain')) one.state = 'cancelled';
    else if (kind === 'expire' && live && one.expiresAt <= now && !this.pausedAt.has(one.message.route.connector))
      one.state = 'failed';
    else return false;
    one.events += 1;
    return true;
  }

  #revive(one: Modelled, now: number): void {
    one.state = 'queued';
    one.dueAt = now;
  }

  resume(name: string, now: number): void {
    const pausedAt = this.pausedAt.get(name);
    this.pausedAt.delete(name);
    if (pausedAt === undefined) return;
    for (const one of this.messages)
      if (one.message.route.connector === name && unfinished.includes(one.state))
        one.expiresAt += now - Math.max(pausedAt, this.livesSince.get(one) ?? 0);
  }
}

async function run(steps: readonly Step[]): Promise<void> {
  const folder = temporaryFolder();
  const clock = testClock();
  const open = () =>
    openEmbeddedStore({
      dir: folder.path,
      clock,
      logger: testLogger(),
      options: {
        reserveBytes: 0,
        segmentBytes: 6_000,
        keepSentBodiesMs: 1000 * hour,
        keepFailedBodiesMs: 1000 * hour,
        carryBelow: 0.9,
        cacheBytes: 0,
      },
    });
  let store = await open();
  const model = new Model();

  async function take(one: Step): Promise<void> {
    const now = clock.time;
    switch (one.do) {
      case 'accept': {
        const message = sampleMessage({
          at: now,
          connector: one.connector,
          initialState: one.held ? 'held' : 'queued',
        });
        await handIn(store, message, Buffer.from(`Subject: ${message.id}\r\n\r\n`));
        model.accept(message);
        return;
      }
      case 'lease':
        for (const { id } of await leaseAll(store, now, one.limit)) {
          const leased = model.messages.find(({ message }) => message.id === id);
          expect(leased).toMatchObject({ state: 'queued', leased: false });
          expect(leased?.dueAt).toBeLessThanOrEqual(now);
          if (leased) leased.leased = true;
        }
        return;
      case 'begin': {
        const target = model.at(one.pick, ({ leased, state }) => leased && state === 'queued');
        if (!target) return;
        const known = (await store.trail(target.message.id))?.message;
        if (!known) throw new Error('A leased message is not on record.');
        target.attempts = await begin(store, known, now);
        target.state = 'sending';
        return;
      }
      case 'giveBack': {
        const target = model.at(one.pick, ({ leased }) => leased);
        if (!target) return;
        await store.release([target.message.id]);
        if (target.state !== 'sending') target.leased = false;
        return;
      }
      case 'deliver':
        await take({ do: 'lease', limit: 1 });
        await take({ do: 'begin', pick: one.pick });
        await take({ ...one, do: 'end' });
        return;
      case 'end': {
        const target = model.at(one.pick, ({ state }) => state === 'sending');
        if (!target) return;
        await store.finishAttempt(endOf(target.message.id, target.attempts, now, results[one.result]));
        model.end(target, one.result, now);
        return;
      }
      case 'intervene': {
        const targets = [...new Set(one.picks.flatMap((place) => model.at(place) ?? []))];
        const result = await store.intervene({
          ids: targets.map(({ message }) => message.id),
          kind: one.kind,
          by: 'x',
          at: now,
        });
        const changed = targets.filter((target) => model.intervene(target, one.kind, now));
        expect(result.changed).toEqual(changed.map(({ message }) => message.id));
        return;
      }
      case 'pause':
        await store.pauseConnector({ connector: one.connector, pausedAt: now, reason: 'operator', detail: '' });
        if (!model.pausedAt.has(one.connector)) model.pausedAt.set(one.connector, now);
        return;
      case 'resume':
        await store.resumeConnector(one.connector, now);
        model.resume(one.connector, now);
        return;
      case 'wait':
        clock.time += one.hours * hour;
        return;
      case 'restart':
        await store.close();
        if (one.loseIndex) rmSync(join(folder.path, 'index.db'));
        store = await open();
        for (const { id, attempts } of await store.orphanedAttempts())
          await store.finishAttempt(endOf(id, attempts, now, uncertain));
        for (const target of model.messages) {
          if (target.state === 'sending') model.end(target, 'uncertain', now);
          target.leased = false;
        }
        return;
      case 'sweep':
        await store.sweep();
        return;
    }
  }

  try {
    for (const one of steps) {
      await take(one);
      await compare(store, model);
    }
    await take({ do: 'restart', loseIndex: true });
    await compare(store, model);
    for (const { message } of model.messages)
      expect((await (await store.openBody(message.id)).bytes()).toString()).toContain(message.id);
  } finally {
    await store.close();
    folder.remove();
  }
}

async function compare(store: EmbeddedStore, model: Model): Promise<void> {
  const books: Record<string, number> = { accepted: model.messages.length };
  for (const state of ['queued', 'sending', 'held', 'sent', 'failed', 'uncertain', 'cancelled'])
    books[state] = model.messages.filter((one) => one.state === state).length;
  expect(await store.books()).toEqual(books);
  const trails = await Promise.all(model.messages.map(({ message }) => store.trail(message.id)));
  const shown = trails.map((trail) => ({
    id: trail?.message.id,
    state: trail?.message.state,
    dueAt: trail?.message.dueAt,
    expiresAt: trail?.message.expiresAt,
    attempts: trail?.attempts.length,
    counted: trail?.message.countedAttempts,
    maybeSent: trail?.message.maybeSent,
    events: trail?.events.length,
  }));
  expect(shown).toEqual(
    model.messages.map((one) => ({
      id: one.message.id,
      state: one.state,
      dueAt: one.dueAt,
      expiresAt: one.expiresAt,
      attempts: one.attempts,
      counted: one.counted,
      maybeSent: one.maybeSent,
      events: one.events,
    })),
  );
}

test('whatever happens in whatever order, the store says the same as the model, also after restarts', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), run), {
    numRuns: 25,
    endOnFailure: true,
  });
}, 120_000);
