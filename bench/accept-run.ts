/**
 * Runs the cases of `accept` round by round, peer after peer within each case, so that a machine that drifts drifts for all.
 */
import { chmod, mkdir } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { writeLocalhostCertificate } from '../test/harness/certificate.ts';
import { temporaryFolder } from '../test/harness/temporary-folder.ts';
import { type AcceptCase, nameOf } from './accept-cases.ts';
import { runGenerator } from './load/run-generator.ts';
import { load, type Peer, type RunningPeer } from './peers/peer.ts';
import { processFigures } from './process-figures.ts';
import { settle } from './settle.ts';

export interface Sample {
  readonly case: AcceptCase;
  readonly peer: string;
  readonly messagesPerSecond: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** µs of CPU that the server took for one message, with what it still had to do after the last 250. */
  readonly serverCpuMicros: number | null;
  readonly generatorCpuMicros: number | null;
  /** Share of all cores that was busy, 0 to 1. */
  readonly busy: number;
  readonly failure: string | null;
}

export interface AcceptPlan {
  /** Below which folder the peers keep their data. */
  readonly parentFolder: string;
  readonly cases: readonly AcceptCase[];
  readonly peers: readonly Peer[];
  /** Whether a peer takes part in a case. */
  readonly takesPart: (peer: Peer, one: AcceptCase) => boolean;
  readonly rounds: number;
  /** No further round is begun that would not end within this many ms from the start. */
  readonly budgetMs: number;
  readonly warmUpMs: number;
  /** ms of load, of `warmUpCase`, on each server before any of its figures count: until then it compiles more than it takes mail. */
  readonly firstWarmUpMs: number;
  readonly warmUpCase: AcceptCase;
  readonly measureMs: number;
  readonly pipelining: boolean;
  readonly say: (line: string) => void;
}

/** All samples of all rounds. A peer that does not start is named by `say` and has no samples. */
export async function runAccept(plan: AcceptPlan): Promise<{ readonly samples: Sample[]; readonly rounds: number }> {
  const startedAt = performance.now();
  const samples: Sample[] = [];
  let rounds = 0;
  let longestMs = 0;
  while (rounds < plan.rounds && performance.now() - startedAt + longestMs < plan.budgetMs) {
    const roundStartedAt = performance.now();
    // Small messages first: what the large ones leave on the disk, gigabytes, goes with the round.
    samples.push(...(await runRound(plan, rounds)));
    rounds += 1;
    longestMs = Math.max(longestMs, performance.now() - roundStartedAt);
  }
  return { samples, rounds };
}

async function runRound(plan: AcceptPlan, round: number): Promise<Sample[]> {
  const { cases } = plan;
  await using folder = await temporaryFolder(plan.parentFolder);
  // Postfix's own users must be able to pass through.
  await chmod(folder.path, 0o755);
  await using running = new AsyncDisposableStack();
  const certificate = await writeLocalhostCertificate(join(folder.path, 'tls'));
  const started: { readonly peer: Peer; readonly server: RunningPeer }[] = [];
  for (const peer of plan.peers) {
    if (!cases.some((one) => plan.takesPart(peer, one))) continue;
    const own = join(folder.path, peer.name);
    await mkdir(own);
    try {
      started.push({ peer, server: running.use(await peer.start({ folder: own, ...certificate })) });
    } catch (error) {
      plan.say(
        `${peer.name} did not start: ${error instanceof Error ? `${error.message} ${String(error.cause ?? '')}` : error}`,
      );
    }
  }
  for (const { server } of started) {
    await runGenerator({ ...loadOf(plan, plan.warmUpCase, server), warmUpMs: 0, measureMs: plan.firstWarmUpMs });
    await settle(server.pid, plan.firstWarmUpMs);
  }
  const samples: Sample[] = [];
  for (const one of cases)
    for (const { peer, server } of started) {
      if (!plan.takesPart(peer, one)) continue;
      const sample = await measure(plan, one, peer, server);
      samples.push(sample);
      const rate = sample.failure ?? `${Math.round(sample.messagesPerSecond)} msg/s`;
      plan.say(`round ${round + 1}  ${nameOf(one).padEnd(24)} ${peer.name.padEnd(12)} ${rate}`);
    }
  return samples;
}

function loadOf(plan: AcceptPlan, one: AcceptCase, server: RunningPeer) {
  return {
    port: server.port,
    sessions: one.sessions,
    bytes: one.bytes,
    connections: one.connections,
    startTls: one.secure,
    ...(one.secure ? { auth: { user: load.user, password: load.password } } : {}),
    pipelining: plan.pipelining,
    mailFrom: load.mailFrom,
    rcptTo: load.rcptTo,
  };
}

async function measure(plan: AcceptPlan, one: AcceptCase, peer: Peer, server: RunningPeer): Promise<Sample> {
  const before = processFigures(server.pid);
  const coresBefore = coreTimes();
  const { warmUpMs, measureMs } = plan;
  const report = await runGenerator({ ...loadOf(plan, one, server), warmUpMs, measureMs });
  const coresAfter = coreTimes();
  await settle(server.pid, 4 * plan.measureMs);
  const after = processFigures(server.pid);
  return {
    case: one,
    peer: peer.name,
    messagesPerSecond: report.messagesPerSecond,
    p50Ms: report.p50Ms,
    p99Ms: report.p99Ms,
    serverCpuMicros:
      before && after && report.acceptedInAll > 0 ? ((after.cpuMs - before.cpuMs) * 1000) / report.acceptedInAll : null,
    generatorCpuMicros: report.generatorCpuMicros,
    busy: (coresAfter.busy - coresBefore.busy) / Math.max(1, coresAfter.all - coresBefore.all),
    failure: report.failure,
  };
}

function coreTimes(): { readonly busy: number; readonly all: number } {
  let busy = 0;
  let all = 0;
  for (const { times } of cpus()) {
    const used = times.user + times.nice + times.sys + times.irq;
    busy += used;
    all += used + times.idle;
  }
  return { busy, all };
}
