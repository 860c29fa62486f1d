/** Stories of routes with more than one way out, and of messages whose recipients fare apart. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AttemptResult } from '../../src/domain/outcome.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';
import { deferred, openRig, type Rig, type RigOptions, SteppedClock, sent, uncertain } from './rig.ts';

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
  const connectors = [{ name: 'main' }, { name: 'second', registration: 'app-2' }];
  rig = await openRig({ folder: folder.path, connectors, ...options });
};
const minutes = (count: number) => count * 60_000;
const other = 'other@contoso.example';
const fallBack = { ways: [{ connector: 'second', sender: other }], afterMs: minutes(5) };
const ways = () => rig.deliveries.map(({ message }) => `${message.route.connector} ${message.route.sender}`);
const trail = async (id: string) => (await rig.store.trail(id)) ?? expect.fail();

/** Lets time pass in small steps until it has come about: a turn that met an attempt just ending looks again two seconds later. */
async function passUntil(cameAbout: () => boolean | Promise<boolean>): Promise<void> {
  for (let steps = 0; steps < 60 && !(await cameAbout()); steps += 1) await rig.advance(2_500);
}

/** The first connector is at fault for good, the second works. */
const onlySecondWorks: Rig['answer'] = ({ message }) =>
  message.route.connector === 'main' ? deferred('connector') : sent;

describe('a route with a way to fall back on', () => {
  test('waits for its own way first, and says in the trail which way each attempt took and why', async () => {
    await open();
    rig.answer = onlySecondWorks;
    const id = await rig.accept({ fallBack });
    await rig.delivered(1);
    await rig.advance(minutes(4));
    expect(new Set(ways())).toEqual(new Set(['main system@contoso.example']));
    await passUntil(async () => (await rig.stateOf(id)) === 'sent');
    expect(await rig.stateOf(id)).toBe('sent');
    const { attempts, events } = await trail(id);
    expect(attempts.at(-1)).toMatchObject({ connector: 'second', sender: other, result: { outcome: 'sent' } });
    expect(attempts[0]).toMatchObject({ connector: 'main', result: { fault: 'credential-expired' } });
    expect(events[0]).toMatchObject({ kind: 'rerouted', by: 'queue' });
    expect(events[0]?.detail).toMatch(/^from main to second as other@contoso\.example: it is paused\. .*expired/);
    expect(await rig.store.books()).toMatchObject({ accepted: 1, sent: 1 });
  });

  test('mail-that-came-while-the-connector-was-down-goes-the-other-way-and-mail-without-one-waits', async () => {
    await open();
    rig.answer = onlySecondWorks;
    const first = await rig.accept({ fallBack });
    await rig.delivered(1);
    await rig.advance(minutes(6));
    const later = await rig.accept({ fallBack });
    const without = await rig.accept();
    await passUntil(async () => (await rig.stateOf(later)) === 'sent' && (await rig.stateOf(first)) === 'sent');
    expect(await Promise.all([first, later, without].map(rig.stateOf))).toEqual(['sent', 'sent', 'queued']);
  });

  test('uncertain-mail-does-not-fall-back-by-itself', async () => {
    await open();
    rig.answer = ({ message: { attempts, route } }) => {
      if (attempts === 0) return uncertain;
      return route.connector === 'main' ? deferred('connector') : sent;
    };
    const id = await rig.accept({ fallBack });
    await rig.delivered(1);
    await rig.advance(minutes(30));
    expect(ways().every((way) => way.startsWith('main'))).toBe(true);
    expect((await trail(id)).message).toMatchObject({ state: 'queued', maybeSent: true });
  });

  test('a lane that has to wait for longer than that sends by the other account', async () => {
    await open();
    rig.answer = ({ message }) => (message.route.sender === other ? sent : deferred('lane', minutes(60)));
    const ownFallBack = { ...fallBack, ways: [{ connector: 'main', sender: other }] };
    const id = await rig.accept({ fallBack: ownFallBack });
    await rig.delivered(1);
    await passUntil(async () => (await rig.stateOf(id)) === 'sent');
    expect(ways()).toEqual(['main system@contoso.example', `main ${other}`]);
    expect(await rig.stateOf(id)).toBe('sent');
  });

  test('a restart goes on where it was, and no copy is sent', async () => {
    const clock = new SteppedClock();
    await open({ clock });
    rig.answer = () => deferred('connector');
    const id = await rig.accept({ fallBack });
    await rig.delivered(1);
    await rig[Symbol.asyncDispose]();
    clock.time += minutes(10);
    await open({ clock });
    rig.answer = onlySecondWorks;
    await passUntil(async () => (await rig.stateOf(id)) === 'sent');
    expect(await rig.stateOf(id)).toBe('sent');
    expect((await trail(id)).attempts.filter(({ result }) => result?.outcome === 'sent')).toHaveLength(1);
  });

  test('nothing moves while the other way is closed as well', async () => {
    await open();
    rig.answer = () => deferred('connector');
    const id = await rig.accept({ fallBack });
    await rig.dispatcher.pauseConnector('second', 'by anna');
    await rig.delivered(1);
    await rig.advance(minutes(20));
    expect((await trail(id)).events).toEqual([]);
    expect(await rig.stateOf(id)).toBe('queued');
  });
});

describe('recipients that fare apart', () => {
  const to = ['ada@one.example', 'ben@one.example', 'cem@one.example'];
  const [ada = '', ben = '', cem = ''] = to;
  const answer = { status: 250 };
  const partly: AttemptResult = {
    ...deferred('message'),
    recipients: [
      { address: ada, outcome: 'sent', answer },
      { address: cem, outcome: 'failed', fault: 'recipient-refused', answer: { status: 550, message: 'No such user' } },
    ],
  };
  const asked = () => rig.deliveries.map(({ message }) => message.envelope.recipients.map(({ address }) => address));

  test('nobody-who-has-the-message-gets-it-again, also after a restart', async () => {
    const clock = new SteppedClock();
    await open({ clock });
    rig.answer = () => partly;
    const id = await rig.accept({ to });
    await rig.delivered(1);
    expect(rig.failures.map(({ message, fault }) => [message.envelope.recipients, fault])).toEqual([
      [[{ address: cem }], 'recipient-refused'],
    ]);
    await rig[Symbol.asyncDispose]();
    await open({ clock });
    await rig.advance(minutes(2));
    await rig.delivered(1);
    expect(asked()).toEqual([[ben]]);
    expect(await rig.stateOf(id)).toBe('sent');
  });

  test('a message that expires is told of for those alone who have not got it', async () => {
    await open();
    rig.answer = () => partly;
    await rig.accept({ to, lifetime: minutes(1) });
    await rig.delivered(1);
    rig.answer = () => deferred('lane', minutes(10));
    await rig.advance(minutes(15));
    const expired = rig.failures.filter(({ fault }) => fault === 'expired');
    expect(expired.map(({ message }) => message.envelope.recipients)).toEqual([[{ address: ben }]]);
  });
});
