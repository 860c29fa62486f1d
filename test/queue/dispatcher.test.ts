/** Stories of the dispatcher over a real store: what a user would suffer if it did otherwise. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { documentedLimits, unlimited } from '../../src/queue/lane-limits.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';
import { until } from '../harness/until.ts';
import { hour } from '../store/samples.ts';
import { deferred, failed, openRig, type Rig, type RigOptions, SteppedClock, sent, uncertain } from './rig.ts';

let folder: TemporaryFolder;
let rig: Rig;

beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(async () => {
  await rig[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const open = async (options: Partial<RigOptions> = {}) => {
  rig = await openRig({ folder: folder.path, ...options });
};
const ids = () => rig.deliveries.map(({ message }) => message.id);
const minutes = (count: number) => count * 60_000;
/** While mail waits in a lane, new mail for another is seen within 50 ms, and not at once. */
const seenBesideWhatWaits = (count: number) =>
  until(`${count} deliveries`, async () => {
    await rig.advance(50);
    return rig.deliveries.length >= count && rig.dispatcher.inFlight === 0;
  });

describe('an ordinary message', () => {
  test('is on record before the courier is asked, and sent once', async () => {
    await open();
    const seen: unknown[] = [];
    rig.answer = async ({ message, clientRequestId }) => {
      const trail = await rig.store.trail(message.id);
      seen.push(trail?.message.state, trail?.attempts[0]?.clientRequestId === clientRequestId);
      return sent;
    };
    const id = await rig.accept();
    await rig.delivered(1);
    expect(seen).toEqual(['sending', true]);
    expect(await rig.stateOf(id)).toBe('sent');
    expect(await rig.store.books()).toMatchObject({ accepted: 1, sent: 1 });
  });

  test('is read anew for each attempt', async () => {
    await open();
    const sizes: number[] = [];
    rig.answer = async (delivery) => {
      sizes.push((await delivery.bytes()).length);
      return sizes.length === 1 ? deferred('message') : sent;
    };
    await rig.accept();
    await rig.delivered(1);
    await rig.advance(15_000);
    await rig.delivered(2);
    expect(sizes[0]).toBeGreaterThan(0);
    expect(sizes[1]).toBe(sizes[0]);
  });

  test('that fails is told about with its reason', async () => {
    await open();
    rig.answer = () => failed;
    const id = await rig.accept();
    await until('the failure', () => rig.failures.length === 1);
    expect(rig.failures[0]).toMatchObject({
      message: { id },
      fault: 'recipient-refused',
      result: { outcome: 'failed' },
    });
    expect(await rig.stateOf(id)).toBe('failed');
  });
});

describe('retries', () => {
  test('wait for their time, and a restart neither forgets them nor sends them at once', async () => {
    await open();
    rig.answer = () => deferred('message');
    await rig.accept();
    await rig.delivered(1);
    const { clock } = rig;
    await rig[Symbol.asyncDispose]();
    await open({ clock });
    await rig.advance(14_000);
    expect(rig.deliveries).toHaveLength(0);
    await rig.advance(1_000);
    await rig.delivered(1);
    expect(rig.deliveries[0]?.message.countedAttempts).toBe(1);
  });

  test('end with the message’s lifetime, as a failure that is told', async () => {
    await open();
    rig.answer = () => deferred('message');
    const id = await rig.accept({ lifetime: minutes(10) });
    await rig.delivered(1);
    for (let minute = 0; minute < 12; minute += 1) await rig.advance(minutes(1));
    await until('the failure', () => rig.failures.length === 1);
    expect(rig.failures[0]).toMatchObject({ fault: 'expired' });
    expect(await rig.stateOf(id)).toBe('failed');
  });
});

describe('expiry', () => {
  test('never ends a message that is being sent at that moment', async () => {
    await open();
    const post = Promise.withResolvers<void>();
    rig.answer = async () => {
      await post.promise;
      return sent;
    };
    const id = await rig.accept({ lifetime: minutes(1) });
    await until('the post', () => rig.deliveries.length === 1);
    rig.clock.advance(minutes(5));
    await rig.accept({ client: 'other' });
    await until('another post', () => rig.deliveries.length === 2);
    expect(await rig.stateOf(id)).toBe('sending');
    post.resolve();
    await rig.delivered(2);
    expect(await rig.stateOf(id)).toBe('sent');
    expect(rig.failures).toEqual([]);
  });

  test('ends what has run out while the process was down, rather than sending it late', async () => {
    await open({ startLater: true });
    const id = await rig.accept({ lifetime: minutes(1) });
    rig.clock.advance(minutes(2));
    await rig.dispatcher.start();
    await until('the failure', () => rig.failures.length === 1);
    expect(rig.deliveries).toHaveLength(0);
    expect(await rig.stateOf(id)).toBe('failed');
  });

  test('resume-that-comes-while-the-server-starts-is-not-undone-by-the-start', async () => {
    await open({ startLater: true });
    await rig.store.pauseConnector({ connector: 'main', pausedAt: rig.clock.time, reason: 'operator', detail: 'x' });
    await rig.accept();
    const resumed = rig.dispatcher.resumeConnector('main', 'by ada');
    await rig.dispatcher.start();
    expect(await resumed).toBe(true);
    await rig.delivered(1);
    expect(await rig.store.pauses()).toEqual([]);
    expect(await rig.store.books()).toMatchObject({ accepted: 1, sent: 1 });
  });
});

describe('lanes', () => {
  test('send thirty a minute and no more, and not one less', async () => {
    await open({ connector: { limits: { ...documentedLimits, concurrency: 64 } } });
    for (let index = 0; index < 100; index += 1) await rig.accept();
    await rig.delivered(30);
    await rig.advance(59_000);
    expect(rig.deliveries).toHaveLength(30);
    await rig.advance(1_000);
    await rig.delivered(60);
    await rig.advance(minutes(1));
    await rig.delivered(90);
    expect(rig.deliveries).toHaveLength(90);
    await rig.advance(minutes(1));
    await rig.delivered(100);
    expect(await rig.store.books()).toMatchObject({ sent: 100 });
  });

  test('four are in flight for a registration, over all its mailboxes', async () => {
    await open({ connector: { limits: { ...unlimited, concurrency: 4 }, registrationConcurrency: 4 } });
    let inFlight = 0;
    let most = 0;
    rig.answer = async () => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      await new Promise((resolve) => setImmediate(resolve));
      inFlight -= 1;
      return sent;
    };
    await Promise.all(
      Array.from({ length: 60 }, (_, index) => rig.accept({ sender: `s${index % 3}@contoso.example` })),
    );
    await rig.delivered(60);
    expect(most).toBe(4);
  });

  test('Retry-After holds the whole lane and not the message alone, and other lanes go on', async () => {
    await open({ connector: { limits: { ...unlimited, concurrency: 1 } } });
    rig.answer = () => deferred('lane', 90_000);
    await rig.accept();
    await rig.delivered(1);
    rig.answer = () => sent;
    await rig.accept();
    await rig.accept({ sender: 'second@contoso.example' });
    await seenBesideWhatWaits(2);
    expect(rig.deliveries[1]?.message.route.sender).toBe('second@contoso.example');
    await rig.advance(80_000);
    expect(rig.deliveries).toHaveLength(2);
    await rig.advance(10_000);
    await rig.delivered(4);
    expect(await rig.store.books()).toMatchObject({ sent: 3 });
    expect(rig.deliveries.every(({ message }) => message.countedAttempts === 0)).toBe(true);
  });

  test('recipients of the day are remembered over a restart', async () => {
    const limits = { ...unlimited, recipientsPerDay: 3 };
    const to = ['a@contoso.example', 'b@contoso.example'];
    await open({ connector: { limits } });
    await rig.accept({ to });
    await rig.delivered(1);
    const { clock } = rig;
    await rig[Symbol.asyncDispose]();
    await open({ connector: { limits }, clock });
    await rig.accept({ to });
    await rig.advance(23 * hour);
    expect(rig.deliveries).toHaveLength(0);
    for (let step = 0; step < 30; step += 1) await rig.advance(minutes(5));
    await rig.delivered(1);
  });

  test('a password reset is the next to go in front of a bulk job, with the plain documented limits', async () => {
    await open({ connector: { limits: documentedLimits, registrationConcurrency: 4 } });
    await Promise.all(Array.from({ length: 200 }, () => rig.accept({ client: 'newsletter', priority: 'low' })));
    await rig.delivered(30);
    const reset = await rig.accept({ client: 'portal', priority: 'high' });
    await rig.advance(minutes(1));
    await rig.delivered(60);
    expect(ids().indexOf(reset)).toBeLessThan(34);
  });
});

describe('a password reset behind a bulk job', () => {
  test('waits-for-one-slot-and-not-for-the-minute, however long the job', async () => {
    const limits = { ...documentedLimits, recipientsPerDay: 100_000 };
    await open({ connector: { limits }, dispatcher: { first: () => 'high' } });
    await Promise.all(Array.from({ length: 600 }, () => rig.accept({ client: 'newsletter' })));
    for (let second = 0; second < 130; second += 1) await rig.advance(1_000);
    const waits: number[] = [];
    for (let reset = 0; reset < 40; reset += 1) {
      await rig.advance(1_000 + ((reset * 7_919) % 13_000));
      const [id, at] = [await rig.accept({ client: 'portal', priority: 'high' }), rig.clock.time];
      while (!ids().includes(id)) await rig.advance(250);
      waits.push(rig.clock.time - at);
    }
    // A slot, and two steps of the loop above: the store tells in time of its own that there is mail.
    expect(Math.max(...waits)).toBeLessThanOrEqual(2_500);
    // And the job goes on at what the limits allow.
    const sentInAll = rig.deliveries.length;
    for (let second = 0; second < 60; second += 1) await rig.advance(1_000);
    expect(rig.deliveries.length - sentInAll).toBe(30);
  });

  test('and where nobody goes before others, thirty leave at once', async () => {
    await open({ connector: { limits: documentedLimits }, dispatcher: { first: () => 'normal' } });
    await Promise.all(Array.from({ length: 40 }, () => rig.accept()));
    await rig.delivered(30);
    expect(rig.deliveries).toHaveLength(30);
  });
});

describe('a connector at fault', () => {
  test('expired-secret-burns-no-attempts: mail waits with its clock stopped and goes out when it is mended', async () => {
    await open();
    rig.answer = () => deferred('connector');
    const accepted = [await rig.accept({ lifetime: hour })];
    await rig.delivered(1);
    for (let index = 0; index < 20; index += 1) accepted.push(await rig.accept({ lifetime: hour }));
    expect(await rig.store.pauses()).toMatchObject([{ connector: 'main', reason: 'credential-expired' }]);
    for (let day = 0; day < 7 * 24; day += 1) await rig.advance(hour);
    expect(rig.dispatcher.connectors()).toMatchObject([{ state: 'paused' }]);
    const probes = rig.deliveries.length;
    rig.answer = () => sent;
    await rig.advance(minutes(6));
    await rig.delivered(probes + 21);
    await until('all sent', async () => (await rig.store.books()).sent === 21);
    expect(rig.failures).toEqual([]);
    expect(rig.deliveries.every(({ message }) => message.countedAttempts === 0)).toBe(true);
    expect(rig.changes.map(({ state }) => state)).toEqual(['paused', 'running']);
    expect(await rig.store.pauses()).toEqual([]);
    for (const id of accepted) expect(await rig.stateOf(id)).toBe('sent');
  });

  test('is looked at by one attempt at a time', async () => {
    await open();
    rig.answer = () => deferred('connector');
    for (let index = 0; index < 10; index += 1) await rig.accept();
    await until('the pause', () => rig.changes.length === 1);
    // Attempts that were leased before the pause may still be on their way: they are no probes.
    await rig.dispatcher.settled();
    const before = rig.deliveries.length;
    const probe = Promise.withResolvers<void>();
    rig.answer = async () => {
      await probe.promise;
      return deferred('connector');
    };
    rig.clock.advance(15_000);
    await until('a probe', () => rig.deliveries.length === before + 1);
    rig.clock.advance(hour);
    await rig.accept();
    probe.resolve();
    await rig.dispatcher.settled();
    expect(rig.deliveries).toHaveLength(before + 1);
  });

  test('is still paused after a restart, and looked at at once', async () => {
    await open();
    rig.answer = () => deferred('connector');
    const id = await rig.accept();
    await rig.delivered(1);
    const { clock } = rig;
    await rig[Symbol.asyncDispose]();
    await open({ clock });
    expect(rig.dispatcher.connectors()).toMatchObject([{ pause: { reason: 'credential-expired' } }]);
    await rig.delivered(1);
    expect(await rig.stateOf(id)).toBe('sent');
    expect(rig.dispatcher.connectors()).toMatchObject([{ state: 'running' }]);
  });

  test('one odd message is not every probe', async () => {
    await open({ connector: { limits: { ...unlimited, concurrency: 1 } } });
    let odd = '';
    rig.answer = ({ message }) => (message.id === odd ? deferred('connector') : sent);
    odd = await rig.accept();
    await rig.delivered(1);
    const good = await rig.accept();
    for (let step = 0; step < 8; step += 1) await rig.advance(minutes(1));
    await until('the good one', async () => (await rig.stateOf(good)) === 'sent');
  });

  test('a pause by a person holds until a person ends it', async () => {
    await open();
    await rig.dispatcher.pauseConnector('main', 'maintenance, by anna');
    const id = await rig.accept();
    await rig.advance(24 * hour);
    expect(rig.deliveries).toHaveLength(0);
    await rig.dispatcher.resumeConnector('main', 'by anna');
    await rig.delivered(1);
    expect(await rig.stateOf(id)).toBe('sent');
  });

  test('other connectors go on', async () => {
    await open({ connectors: [{ name: 'main' }, { name: 'other', registration: 'app-2' }] });
    await rig.dispatcher.pauseConnector('main', 'by anna');
    await rig.accept();
    await rig.accept({ connector: 'other' });
    await seenBesideWhatWaits(1);
    expect(rig.deliveries.map(({ message }) => message.route.connector)).toEqual(['other']);
  });
});

describe('doubt', () => {
  test('is sent again under its Message-ID after a while, and marked', async () => {
    await open();
    rig.answer = () => uncertain;
    const id = await rig.accept();
    await rig.delivered(1);
    rig.answer = () => sent;
    await rig.advance(minutes(2));
    await rig.delivered(2);
    expect(rig.deliveries[1]?.message).toMatchObject({ id, maybeSent: true });
  });

  test('is left to a person after three attempts, rather than sent for five days', async () => {
    await open();
    rig.answer = () => uncertain;
    const id = await rig.accept();
    for (let step = 1; step <= 3; step += 1) {
      await rig.delivered(step);
      await rig.advance(minutes(2));
    }
    await until('it to be held', async () => (await rig.stateOf(id)) === 'uncertain');
    await rig.advance(24 * hour);
    expect(rig.deliveries).toHaveLength(3);
  });
});

describe('stopping', () => {
  test('lets attempts in flight end, and starts no others', async () => {
    await open({ connector: { limits: { ...unlimited, concurrency: 1 } } });
    const post = Promise.withResolvers<void>();
    rig.answer = async () => {
      await post.promise;
      return sent;
    };
    const first = await rig.accept();
    await until('the post', () => rig.deliveries.length === 1);
    const second = await rig.accept();
    const drained = rig.dispatcher.drain(10_000);
    post.resolve();
    expect(await drained).toEqual({ brokenOff: 0, leftOpen: 0 });
    expect(await rig.stateOf(first)).toBe('sent');
    expect(await rig.stateOf(second)).toBe('queued');
  });

  test('at the deadline what was in flight is uncertain and never quietly queued', async () => {
    await open({ connector: { uncertain: { rule: 'hold', delayMs: 0, mostAttempts: 1 } } });
    rig.answer = async ({ signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return uncertain;
    };
    const id = await rig.accept();
    await until('the post', () => rig.deliveries.length === 1);
    const drained = rig.dispatcher.drain(10_000);
    await until('the drain to wait', () => rig.clock.waiting > 0);
    // Once: another step would end the grace that the broken-off attempt has to put its outcome on record.
    rig.clock.advance(10_000);
    expect(await drained).toEqual({ brokenOff: 1, leftOpen: 0 });
    expect(await rig.stateOf(id)).toBe('uncertain');
  });

  test('a post that even then does not end is found at the next start, as uncertain', async () => {
    await open();
    const never = Promise.withResolvers<typeof sent>();
    rig.answer = () => never.promise;
    const id = await rig.accept();
    await until('the post', () => rig.deliveries.length === 1);
    const { clock } = rig;
    const drained = rig.dispatcher.drain(0);
    await until('the drain to end', async () => {
      clock.advance(5_000);
      return await Promise.race([drained, undefined]);
    });
    await rig.store.close();
    await open({ clock });
    const trail = await rig.store.trail(id);
    expect(trail?.attempts[0]?.result).toMatchObject({ outcome: 'uncertain', fault: 'no-answer' });
    expect(trail?.message).toMatchObject({ state: 'queued', maybeSent: true });
    await rig.advance(minutes(2));
    await rig.delivered(1);
    expect(await rig.stateOf(id)).toBe('sent');
  });
});

test('mail for a connector that is no longer configured waits, and the log says so once', async () => {
  await open({ clock: new SteppedClock() });
  const id = await rig.accept({ connector: 'gone' });
  await until('the warning', () => rig.logger.warnings.length === 1);
  await rig.advance(hour);
  expect(rig.logger.warnings).toHaveLength(1);
  expect(await rig.stateOf(id)).toBe('queued');
});
