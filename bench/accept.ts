/**
 * `accept`: how many messages a second are durably accepted, beside Postfix, Haraka, two servers built on npm's smtp-server
 * and a bare engine in the same run.
 */
import { type AcceptCase, allCases, nameOf, shortCases, small, warmUpCase } from './accept-cases.ts';
import { runAccept, type Sample } from './accept-run.ts';
import type { BenchContext, BenchResult } from './bench.ts';
import { fetchHaraka, haraka } from './peers/haraka.ts';
import { mailroom } from './peers/mailroom.ts';
import { bareEngine, smtpServer, smtpServerWithFiles } from './peers/node-peers.ts';
import { load, type Peer } from './peers/peer.ts';
import { postfix } from './peers/postfix.ts';
import { median, ratio, round } from './statistics.ts';
import { table } from './table.ts';

/** Above this share of busy cores the machine had nothing left to give. */
const busyShare = 0.85;

const yardsticks: readonly Peer[] = [bareEngine, smtpServer, smtpServerWithFiles, haraka];
const peers: readonly Peer[] = [mailroom, postfix, ...yardsticks];

/** ms that fetching a peer may take: of the fifty seconds, in a short run. */
const fetchMs = { short: 6_000, long: 120_000 } as const;
const shortMs = 43_000;

/** Runs it; see README.md of this folder for what the columns say. */
export async function accept(context: BenchContext): Promise<BenchResult> {
  const startedAt = performance.now();
  await fetchHaraka(context.short ? fetchMs.short : fetchMs.long);
  const present = peers.filter((peer) => {
    const why = peer.missing();
    if (why) context.say(`${peer.name} is missing: ${why}`);
    return !why;
  });
  const cases = context.short ? shortCases : allCases;
  const { samples, rounds } = await runAccept({
    parentFolder: context.folder,
    cases,
    peers: present,
    takesPart: (peer, one) => takesPart(peer, one, context.short),
    rounds: context.rounds ?? (context.short ? 3 : 5),
    budgetMs: context.short ? shortMs - (performance.now() - startedAt) : Number.POSITIVE_INFINITY,
    warmUpMs: context.short ? 200 : 600,
    firstWarmUpMs: context.short ? 2_500 : 6_000,
    warmUpCase,
    measureMs: context.short ? 600 : 2_000,
    pipelining: context.pipelining,
    say: context.say,
  });
  const rows = cases.map((one) => rowOf(one, samples));
  context.say(`\n${print(rows)}`);
  for (const peer of present) context.say(`${peer.name}: ${peer.durability}`);
  return {
    ok: samples.every((sample) => sample.failure === null) && rows.every((row) => row.messagesPerSecond !== null),
    report: {
      cases: rows,
      rounds,
      pipelining: context.pipelining,
      durability: Object.fromEntries(peers.map((peer) => [peer.name, peer.missing() ? null : peer.durability])),
      addresses: { mailFrom: load.mailFrom, rcptTo: load.rcptTo },
    },
  };
}

function takesPart(peer: Peer, one: AcceptCase, short: boolean): boolean {
  if (one.secure && !peer.secure) return false;
  if (peer === mailroom || peer === postfix || peer === bareEngine) return true;
  if (short && peer !== smtpServer) return one.connections === 'kept' && one.sessions === 20 && one.bytes === small;
  // smtp-server waits 100 ms at each new connection, which says nothing about a store: shown once, in the long run.
  if (one.connections === 'new' && peer !== haraka) return !short && one.sessions === 20 && !one.secure;
  return !short || one.sessions === 20;
}

interface Row extends AcceptCase {
  readonly messagesPerSecond: number | null;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly serverCpuMicros: number | null;
  readonly saturated: 'cpu' | 'disk or round trips' | null;
  readonly peer: 'postfix';
  readonly peerMessagesPerSecond: number | null;
  readonly peerP99Ms: number | null;
  readonly peerServerCpuMicros: number | null;
  readonly ratio: number | null;
  readonly yardsticks: Record<string, { messagesPerSecond: number | null; p99Ms: number | null; ratio: number | null }>;
}

function rowOf(one: AcceptCase, samples: readonly Sample[]): Row {
  const of = (peer: Peer) => figuresOf(samples.filter((sample) => sample.case === one && sample.peer === peer.name));
  const own = of(mailroom);
  const other = of(postfix);
  const beside = yardsticks.map((peer) => {
    const { messagesPerSecond, p99Ms } = of(peer);
    return [peer.name, { messagesPerSecond, p99Ms, ratio: ratio(own.messagesPerSecond, messagesPerSecond) }] as const;
  });
  return {
    ...one,
    messagesPerSecond: own.messagesPerSecond,
    p50Ms: own.p50Ms,
    p99Ms: own.p99Ms,
    serverCpuMicros: own.serverCpuMicros,
    saturated: own.busy === null ? null : own.busy > busyShare ? 'cpu' : 'disk or round trips',
    peer: 'postfix',
    peerMessagesPerSecond: other.messagesPerSecond,
    peerP99Ms: other.p99Ms,
    peerServerCpuMicros: other.serverCpuMicros,
    ratio: ratio(own.messagesPerSecond, other.messagesPerSecond),
    yardsticks: Object.fromEntries(beside),
  };
}

/** Medians over the rounds; a failed sample counts for nothing, and the run is not ok. */
function figuresOf(samples: readonly Sample[]) {
  const good = samples.filter((sample) => sample.failure === null);
  const middle = (pick: (sample: Sample) => number | null, places: number) =>
    round(median(good.map(pick).filter((value) => value !== null)), places);
  return {
    messagesPerSecond: middle((sample) => sample.messagesPerSecond, 0),
    p50Ms: middle((sample) => sample.p50Ms, 1),
    p99Ms: middle((sample) => sample.p99Ms, 1),
    serverCpuMicros: middle((sample) => sample.serverCpuMicros, 0),
    busy: middle((sample) => sample.busy, 2),
  };
}

function print(rows: readonly Row[]): string {
  return table(
    [
      'sessions × size',
      'msg/s',
      'p50',
      'p99 ms',
      'CPU µs',
      'postfix',
      'p99 ms',
      'ratio',
      'bare',
      'ratio',
      'smtp-server',
      'with files',
      'haraka',
      'saturated',
    ],
    rows.map((row) => [
      nameOf(row),
      row.messagesPerSecond,
      row.p50Ms,
      row.p99Ms,
      row.serverCpuMicros,
      row.peerMessagesPerSecond,
      row.peerP99Ms,
      row.ratio,
      row.yardsticks[bareEngine.name]?.messagesPerSecond ?? null,
      row.yardsticks[bareEngine.name]?.ratio ?? null,
      ...[smtpServer, smtpServerWithFiles, haraka].map((peer) => row.yardsticks[peer.name]?.messagesPerSecond ?? null),
      row.saturated,
    ]),
  );
}
