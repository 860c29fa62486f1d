/**
 * Password resets behind a bulk job, in one lane under the documented limits, beside the same resets in an empty queue: how
 * long each waited from being accepted to being handed to the courier. The store is the real one, on disk; the courier
 * answers at once; time goes on to what is due next. The recipients of a day are left out: 10,000 resets would use them up.
 */
import { join } from 'node:path';
import { documentedLimits } from '../../src/queue/lane-limits.ts';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import { openRig, type Rig, sent } from '../../test/queue/rig.ts';
import type { BenchContext } from '../bench.ts';
import { percentile, round } from '../statistics.ts';
import { table } from '../table.ts';

export interface FairCase {
  /** `burst`: all resets at once. `trickle`: ten a minute, at random times. */
  readonly arrival: Arrival;
  readonly resets: number;
  readonly bulk: number;
  /** Seconds. */
  readonly p50Alone: number | null;
  readonly p50BehindBulk: number | null;
  readonly p99Alone: number | null;
  readonly p99BehindBulk: number | null;
  /** What the bulk job adds to the 99th percentile; one slot of the lane is 2 s. */
  readonly p99Added: number | null;
  readonly bulkSentMeanwhile: number;
}

type Arrival = 'burst' | 'trickle';

const limits = { ...documentedLimits, recipientsPerDay: Number.POSITIVE_INFINITY };
/** So long the bulk job has run when the first reset comes, ms. */
const headStartMs = 5 * 60_000;
const betweenResetsMs = 6_000;

export async function fair(context: BenchContext): Promise<readonly FairCase[]> {
  const sizes: readonly [Arrival, number, number][] = context.short
    ? [
        ['burst', 300, 3_000],
        ['trickle', 100, 3_000],
      ]
    : [
        ['burst', 10_000, 100_000],
        ['trickle', 2_000, 100_000],
      ];
  const cases: FairCase[] = [];
  for (const [arrival, resets, bulk] of sizes) {
    const alone = await waits(context, arrival, resets, 0);
    const behind = await waits(context, arrival, resets, bulk);
    const [p99Alone, p99BehindBulk] = [percentile(alone.seconds, 0.99), percentile(behind.seconds, 0.99)];
    cases.push({
      arrival,
      resets,
      bulk,
      p50Alone: round(percentile(alone.seconds, 0.5), 1),
      p50BehindBulk: round(percentile(behind.seconds, 0.5), 1),
      p99Alone: round(p99Alone, 1),
      p99BehindBulk: round(p99BehindBulk, 1),
      p99Added: p99Alone === null || p99BehindBulk === null ? null : round(p99BehindBulk - p99Alone, 1),
      bulkSentMeanwhile: behind.bulkSent,
    });
  }
  context.say(
    `\n${table(
      ['resets', 'count', 'behind bulk', 'p50 s', 'with bulk', 'p99 s', 'with bulk', 'added'],
      cases.map((each) => [
        each.arrival,
        each.resets,
        each.bulk,
        each.p50Alone,
        each.p50BehindBulk,
        each.p99Alone,
        each.p99BehindBulk,
        each.p99Added,
      ]),
    )}`,
  );
  return cases;
}

async function waits(
  context: BenchContext,
  arrival: Arrival,
  resets: number,
  bulk: number,
): Promise<{ readonly seconds: readonly number[]; readonly bulkSent: number }> {
  await using folder = await temporaryFolder(context.folder);
  const rig = await openRig({
    folder: join(folder.path, 'data'),
    connector: { limits, registrationConcurrency: limits.concurrency },
    dispatcher: { first: () => 'high' },
    startLater: true,
  });
  const acceptedAt = new Map<string, number>();
  const seconds: number[] = [];
  let bulkSent = 0;
  let told = Promise.withResolvers<void>();
  rig.answer = ({ message: { id, priority } }) => {
    if (priority === 'high') seconds.push((rig.clock.time - (acceptedAt.get(id) ?? rig.clock.time)) / 1_000);
    else bulkSent += 1;
    return sent;
  };
  const accept = async (count: number) => {
    told = Promise.withResolvers();
    const ids = await Promise.all(
      Array.from({ length: count }, () => rig.accept({ client: 'portal', priority: 'high' })),
    );
    for (const id of ids) acceptedAt.set(id, rig.clock.time);
    // The store tells the dispatcher a moment later, and no time is to go by meanwhile.
    await told.promise;
    await rig.dispatcher.settled();
  };
  try {
    for (let left = bulk; left > 0; left -= 500)
      await Promise.all(Array.from({ length: Math.min(500, left) }, () => rig.accept({ client: 'newsletter' })));
    await rig.dispatcher.start();
    rig.store.onReady(() => told.resolve());
    await passUntil(rig, rig.clock.time + headStartMs);
    const bulkBefore = bulkSent;
    await rig.dispatcher.settled();
    if (arrival === 'burst') for (let left = resets; left > 0; left -= 500) await accept(Math.min(500, left));
    else
      for (let reset = 0; reset < resets; reset += 1) {
        await passUntil(rig, rig.clock.time + gapMs(reset));
        await accept(1);
      }
    while (seconds.length < resets) await step(rig, Number.POSITIVE_INFINITY);
    return { seconds, bulkSent: bulkSent - bulkBefore };
  } finally {
    await rig[Symbol.asyncDispose]();
  }
}

async function passUntil(rig: Rig, end: number): Promise<void> {
  while (rig.clock.time < end) await step(rig, end);
}

/** To what is due next, once nothing is under way. */
async function step(rig: Rig, end: number): Promise<void> {
  await rig.dispatcher.settled();
  await rig.advance(Math.min(rig.clock.nextAt, end) - rig.clock.time);
}

/** Exponential gaps as of arrivals at random, the same ones in each run. */
function gapMs(index: number): number {
  const random = (((index + 1) * 2_654_435_761) % 4_294_967_296) / 4_294_967_296;
  return Math.max(1, Math.round(-Math.log(1 - random) * betweenResetsMs));
}
