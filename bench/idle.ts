/**
 * `idle`: what a server costs while nothing happens, and how soon after its start it greets its first client.
 */
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { writeLocalhostCertificate } from '../test/harness/certificate.ts';
import { temporaryFolder } from '../test/harness/temporary-folder.ts';
import type { BenchContext, BenchResult } from './bench.ts';
import { mailroom } from './peers/mailroom.ts';
import { bareEngine } from './peers/node-peers.ts';
import type { Peer } from './peers/peer.ts';
import { postfix } from './peers/postfix.ts';
import { processFigures } from './process-figures.ts';
import { settle } from './settle.ts';
import { median, round } from './statistics.ts';
import { table } from './table.ts';

/** ms after which a start is over: what it leaves to be done when nothing else is, such as a collection, is no rest. */
const startMs = 2_000;

interface Sample {
  readonly startMs: number;
  readonly residentMegabytes: number | null;
  readonly processes: number | null;
  /** ms of CPU for each second at rest. */
  readonly cpuMsPerSecond: number | null;
}

export async function idle(context: BenchContext): Promise<BenchResult> {
  const rounds = context.rounds ?? (context.short ? 3 : 7);
  const restMs = context.short ? 1_500 : 10_000;
  const samples = new Map<string, Sample[]>();
  const complaints: string[] = [];
  for (let done = 0; done < rounds; done += 1)
    for (const peer of [mailroom, postfix, bareEngine]) {
      const why = peer.missing();
      if (why && done === 0) context.say(`${peer.name} is missing: ${why}`);
      if (why) continue;
      try {
        const sample = await measure(context, peer, restMs);
        samples.set(peer.name, [...(samples.get(peer.name) ?? []), sample]);
        context.say(`round ${done + 1}  ${peer.name.padEnd(12)} first 220 after ${Math.round(sample.startMs)} ms`);
      } catch (error) {
        complaints.push(`${peer.name}: ${error instanceof Error ? error.message : String(error)}`);
        context.say(complaints.at(-1) ?? '');
      }
    }
  const rowOf = (peer: Peer) => {
    const own = samples.get(peer.name) ?? [];
    const middle = (pick: (sample: Sample) => number | null) =>
      round(median(own.map(pick).filter((value) => value !== null)), 1);
    return {
      startMs: middle((sample) => sample.startMs),
      residentMegabytes: middle((sample) => sample.residentMegabytes),
      processes: middle((sample) => sample.processes),
      cpuMsPerSecond: middle((sample) => sample.cpuMsPerSecond),
    };
  };
  const own = rowOf(mailroom);
  const peers = Object.fromEntries([postfix, bareEngine].map((peer) => [peer.name, rowOf(peer)]));
  context.say(
    `\n${table(
      ['server', 'first 220 ms', 'RSS MB', 'processes', 'CPU ms/s at rest'],
      [[mailroom.name, own] as const, ...Object.entries(peers)].map(([name, row]) => [
        name,
        row.startMs,
        row.residentMegabytes,
        row.processes,
        row.cpuMsPerSecond,
      ]),
    )}`,
  );
  return {
    ok: complaints.length === 0,
    report: { cases: [{ ...own, restMs, peer: postfix.name, peers }], rounds },
  };
}

async function measure(context: BenchContext, peer: Peer, restMs: number): Promise<Sample> {
  await using folder = await temporaryFolder(context.folder);
  // Postfix's own users must be able to pass through.
  await chmod(folder.path, 0o755);
  const certificate = await writeLocalhostCertificate(join(folder.path, 'tls'));
  const own = join(folder.path, 'data');
  await mkdir(own);
  await using server = await peer.start({ folder: own, ...certificate });
  await settle(server.pid, 3_000);
  await pause(startMs);
  const before = processFigures(server.pid);
  const startedAt = performance.now();
  // The measurement itself: nothing happens for this long.
  await pause(restMs);
  const after = processFigures(server.pid);
  const seconds = (performance.now() - startedAt) / 1000;
  return {
    startMs: server.startMs,
    residentMegabytes: after?.residentMegabytes ?? null,
    processes: after?.processes ?? null,
    cpuMsPerSecond: before && after ? (after.cpuMs - before.cpuMs) / seconds : null,
  };
}
