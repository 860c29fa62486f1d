/** A pool of system accounts, with the load that store and lanes report. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AccountPools } from '../../src/policy/account-pool.ts';
import { createGate } from '../../src/policy/policy-gate.ts';
import { documentedLimits } from '../../src/queue/lane-limits.ts';
import { LaneLoads } from '../../src/queue/lane-loads.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';
import { handIn, sampleMessage } from '../store/samples.ts';
import { deferred, openRig, type Rig, sent } from './rig.ts';

const accounts = ['one@contoso.example', 'two@contoso.example', 'three@contoso.example'];
let folder: TemporaryFolder;
let rig: Rig;
let loads: LaneLoads;
let pools: AccountPools;

beforeEach(async () => {
  folder = await temporaryFolder();
  rig = await openRig({ folder: folder.path, connector: { limits: documentedLimits } });
  loads = new LaneLoads({ store: rig.store, clock: rig.clock, logger: rig.logger });
  loads.connect(() => rig.dispatcher.closedLanes());
  pools = new AccountPools((connector, account) => loads.of(connector, account));
});
afterEach(async () => {
  await rig[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** As the intake does it: decided by the gate, then on record. Returns the account. */
async function accept(summary: { messageId: string; conversation?: string }): Promise<string> {
  const gate = await createGate({
    clients: [],
    connectors: [{ name: 'main', userName: 'one@contoso.example', maxMessageBytes: 1e6, maxRecipients: 10 }],
    routes: [
      {
        name: 'cases',
        when: {},
        connector: 'main',
        senders: accounts,
        fallBackAfter: 300_000,
        form: 'mime',
        saveToSentItems: true,
        fromHeader: 'keep',
        hold: false,
      },
    ],
    clock: rig.clock,
    acceptedSince: async () => ({ messages: 0, recipients: 0 }),
    pools,
  });
  const sample = sampleMessage({ at: rig.clock.time });
  const whole = { ...sample.summary, ...summary };
  const decided = gate.route({ name: 'payroll', priority: 'normal' }, sample.envelope, whole, 100);
  if (!decided.ok) throw new Error(decided.fault.detail);
  const message = { ...sample, summary: whole, route: decided.value };
  await handIn(rig.store, message);
  loads.add(message.route.connector, message.route.sender);
  pools.took(message);
  return message.route.sender;
}

test('drains-three-times-as-fast-as-one-account, and nobody has more to do than the others', async () => {
  const counts = new Map<string, number>();
  for (let index = 0; index < 180; index += 1) {
    const sender = await accept({ messageId: `<${index}@x>` });
    counts.set(sender, (counts.get(sender) ?? 0) + 1);
  }
  expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(2);
  for (let second = 0; second <= 62; second += 1) await rig.advance(1_000);
  expect((await rig.store.books()).sent).toBeGreaterThanOrEqual(178);
});

test('new-mail-passes-an-account-by-that-was-told-to-wait, whose conversations stay with it', async () => {
  rig.answer = () => deferred('lane', 120_000);
  const sender = await accept({ messageId: '<root@x>' });
  await rig.delivered(1);
  rig.answer = () => sent;
  expect(rig.dispatcher.closedLanes()).toMatchObject([{ sender }]);
  for (let index = 0; index < 9; index += 1) expect(await accept({ messageId: `<${index}@x>` })).not.toBe(sender);
  // Two minutes are less than the five after which the route falls back.
  expect(await accept({ messageId: '<answer@x>', conversation: '<root@x>' })).toBe(sender);
  for (let minute = 0; minute < 3; minute += 1) await rig.advance(60_000);
  expect(await rig.store.books()).toMatchObject({ accepted: 11, sent: 11 });
  expect(rig.deliveries.at(-1)?.message.route.sender).toBe(sender);
});
