/** Connectors come, change and go while mail flows: what a user would suffer if a change lost or doubled a message. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { defaultUncertainRule, type OutgoingConnector, type OutgoingDelivery } from '../../src/queue/delivery-port.ts';
import { unlimited } from '../../src/queue/lane-limits.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';
import { until } from '../harness/until.ts';
import { openRig, type Rig, sent } from './rig.ts';

let folder: TemporaryFolder;
let rig: Rig;

beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(async () => {
  await rig[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

function connector(send: (delivery: OutgoingDelivery) => Promise<typeof sent>): OutgoingConnector {
  const courier = { send };
  const rest = {
    limits: unlimited,
    registration: 'app-2',
    registrationConcurrency: 4,
    uncertain: defaultUncertainRule,
  };
  return { name: 'main', courier, ...rest };
}

test('mail-that-waits-for-a-connector-goes-when-one-is-added', async () => {
  rig = await openRig({ folder: folder.path, connectors: [] });
  const id = await rig.accept();
  await rig.dispatcher.settled();
  expect(await rig.stateOf(id)).toBe('queued');
  await rig.dispatcher.reconfigure([connector(async () => sent)]);
  await until('it is sent', async () => (await rig.stateOf(id)) === 'sent');
});

test('an-attempt-under-way-ends-by-the-courier-it-began-with, and what comes after goes by the new one', async () => {
  rig = await openRig({ folder: folder.path });
  const gate = Promise.withResolvers<void>();
  rig.answer = async () => {
    await gate.promise;
    return sent;
  };
  const first = await rig.accept();
  await until('the first attempt is under way', () => rig.deliveries.length === 1);
  const byNew: string[] = [];
  const { freed } = await rig.dispatcher.reconfigure([
    connector(async ({ message }) => {
      byNew.push(message.id);
      return sent;
    }),
  ]);
  const second = await rig.accept();
  await until('the second went by the new courier', () => byNew.length === 1);
  let isFreed = false;
  const told = freed.then(() => {
    isFreed = true;
  });
  expect(isFreed).toBe(false);
  expect(await rig.stateOf(first)).toBe('sending');
  gate.resolve();
  await told;
  await until('both are sent', async () => (await rig.store.books()).sent === 2);
  expect(byNew).toEqual([second]);
});

test('a-message-whose-connector-is-removed-stays, is not leased by anybody, and the books balance', async () => {
  rig = await openRig({ folder: folder.path, connector: { registrationConcurrency: 1 } });
  const gate = Promise.withResolvers<void>();
  rig.answer = async () => {
    await gate.promise;
    return sent;
  };
  for (let count = 0; count < 5; count += 1) await rig.accept();
  await until('one is under way', () => rig.deliveries.length === 1);
  await rig.dispatcher.reconfigure([]);
  gate.resolve();
  await until('the one under way ended', async () => (await rig.store.books()).sent === 1);
  await rig.dispatcher.settled();
  expect(rig.deliveries).toHaveLength(1);
  expect(await rig.store.books()).toMatchObject({ accepted: 5, sent: 1, queued: 4, sending: 0 });
  const waiting = await rig.store.list({ limit: 10, states: ['queued'] });
  // A leased message could not be held by a person; these can.
  const { changed } = await rig.store.intervene({
    ids: waiting.map(({ id }) => id),
    kind: 'hold',
    by: 'ada',
    at: rig.clock.now(),
  });
  expect(changed).toHaveLength(4);
});

test('a-pause-does-not-end-because-somebody-corrected-a-limit', async () => {
  rig = await openRig({ folder: folder.path });
  await rig.dispatcher.pauseConnector('main', 'by ada');
  await rig.dispatcher.reconfigure([connector(async () => sent)]);
  expect(rig.dispatcher.connectors()).toMatchObject([{ connector: 'main', state: 'paused' }]);
});
