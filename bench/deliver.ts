/**
 * `deliver`: from SMTP in to the service behind, nothing throttled: messages a second that have arrived there, and the CPU
 * that the relay took for each. Mailroom and a bare relay post to the same stand-in over TLS; Postfix relays to an SMTP
 * sink, since it knows no other way out. Then under Microsoft's documented limits (`limits/`), where the share of what
 * they allow counts, and with a bulk job before password resets.
 */
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type CertificateFiles, writeLocalhostCertificate } from '../test/harness/certificate.ts';
import { temporaryFolder } from '../test/harness/temporary-folder.ts';
import { until } from '../test/harness/until.ts';
import type { BenchContext, BenchResult } from './bench.ts';
import { documented } from './limits/documented.ts';
import { fair } from './limits/fair.ts';
import { runGenerator } from './load/run-generator.ts';
import { startBareSmtp } from './peers/bare-smtp.ts';
import { startGraphStandIn } from './peers/graph-stand-in.ts';
import { mailroom, mailroomSendingTo } from './peers/mailroom.ts';
import { bareRelayTo } from './peers/node-peers.ts';
import { load, type Peer } from './peers/peer.ts';
import { postfix, postfixRelayingTo } from './peers/postfix.ts';
import { processFigures } from './process-figures.ts';
import { median, ratio, round } from './statistics.ts';
import { table } from './table.ts';

interface Sample {
  readonly sessions: number;
  readonly peer: string;
  readonly acceptedPerSecond: number;
  readonly deliveredPerSecond: number;
  readonly cpuMicros: number | null;
  readonly residentMegabytes: number | null;
  readonly failure: string | null;
}

/** Where a peer's messages end, and how many have. */
interface End extends AsyncDisposable {
  readonly delivered: number;
  /** ms since the epoch, with fractions. */
  readonly lastDeliveredAt: number;
  readonly relay: Peer;
}

/** How long a backlog may take to arrive after the last 250. */
const drainDeadlineMs = 60_000;

export async function deliver(context: BenchContext): Promise<BenchResult> {
  const sessionCounts = context.short ? [20] : [20, 100];
  const rounds = context.rounds ?? (context.short ? 1 : 5);
  const measureMs = context.short ? 1_500 : 4_000;
  const names = [mailroom.name, postfix.name, 'bare-relay'];
  const samples: Sample[] = [];
  const whyNoPostfix = postfix.missing();
  if (whyNoPostfix) context.say(`postfix is missing: ${whyNoPostfix}`);
  for (let done = 0; done < rounds; done += 1)
    for (const sessions of sessionCounts)
      for (const name of names) {
        if (name === postfix.name && whyNoPostfix) continue;
        const sample = await measure(context, name, sessions, measureMs);
        samples.push(sample);
        const said = sample.failure ?? `${Math.round(sample.deliveredPerSecond)} msg/s delivered`;
        context.say(`round ${done + 1}  ${sessions} sessions  ${name.padEnd(12)} ${said}`);
      }
  const cases = sessionCounts.map((sessions) => rowOf(sessions, samples));
  context.say(
    `\n${table(
      ['sessions', 'accepted/s', 'delivered/s', 'CPU µs', 'RSS MB', 'postfix', 'ratio', 'bare relay', 'ratio'],
      cases.map((row) => [
        String(row.sessions),
        row.acceptedPerSecond,
        row.deliveredPerSecond,
        row.cpuMicros,
        row.residentMegabytes,
        row.peerDeliveredPerSecond,
        row.ratio,
        row.bareRelayDeliveredPerSecond,
        row.bareRelayRatio,
      ]),
    )}`,
  );
  return {
    ok: samples.every((sample) => sample.failure === null) && cases.every((row) => row.deliveredPerSecond !== null),
    report: { cases, documented: await documented(context), fair: await fair(context), rounds },
  };
}

function rowOf(sessions: number, samples: readonly Sample[]) {
  const of = (peer: string, pick: (sample: Sample) => number | null) => {
    const own = samples.filter((one) => one.sessions === sessions && one.peer === peer && one.failure === null);
    return round(median(own.map(pick).filter((value) => value !== null)), 0);
  };
  const deliveredPerSecond = of(mailroom.name, (one) => one.deliveredPerSecond);
  const peerDeliveredPerSecond = of(postfix.name, (one) => one.deliveredPerSecond);
  const bareRelayDeliveredPerSecond = of('bare-relay', (one) => one.deliveredPerSecond);
  return {
    sessions,
    bytes: 10_240,
    connections: 'kept',
    acceptedPerSecond: of(mailroom.name, (one) => one.acceptedPerSecond),
    deliveredPerSecond,
    cpuMicros: of(mailroom.name, (one) => one.cpuMicros),
    residentMegabytes: of(mailroom.name, (one) => one.residentMegabytes),
    peer: 'postfix to an SMTP sink',
    peerDeliveredPerSecond,
    ratio: ratio(deliveredPerSecond, peerDeliveredPerSecond),
    bareRelayDeliveredPerSecond,
    bareRelayRatio: ratio(deliveredPerSecond, bareRelayDeliveredPerSecond),
  };
}

async function measure(context: BenchContext, name: string, sessions: number, measureMs: number): Promise<Sample> {
  const warmUpMs = context.short ? 5_000 : 6_000;
  await using folder = await temporaryFolder(context.folder);
  // Postfix's own users must be able to pass through.
  await chmod(folder.path, 0o755);
  const certificate = await writeLocalhostCertificate(join(folder.path, 'tls'));
  await using end = await endOf(name, certificate);
  const own = join(folder.path, 'data');
  await mkdir(own);
  await using server = await end.relay.start({ folder: own, ...certificate });
  const plan = {
    port: server.port,
    bytes: 10_240,
    connections: 'kept' as const,
    pipelining: context.pipelining,
    mailFrom: load.mailFrom,
    rcptTo: load.rcptTo,
    warmUpMs: 0,
  };
  // The first message has a token asked for and connections made; that is a server's first second, and not its rate.
  const first = await runGenerator({ ...plan, sessions: 1, maxMessages: 1, measureMs: 2_000 });
  await until('the first message has arrived', () => end.delivered >= first.acceptedInAll, {
    deadlineMs: drainDeadlineMs,
  });
  // Then load: until a server has compiled what it runs, it compiles more than it sends.
  const warm = await runGenerator({ ...plan, sessions, measureMs: warmUpMs });
  await until('what it was warmed with has arrived', () => end.delivered >= first.acceptedInAll + warm.acceptedInAll, {
    deadlineMs: drainDeadlineMs,
  });
  const before = end.delivered;
  const cpuBefore = processFigures(server.pid);
  const report = await runGenerator({ ...plan, sessions, measureMs });
  const delivered = () => end.delivered - before;
  let failure = report.failure;
  try {
    await until('all that was accepted has arrived', () => delivered() >= report.acceptedInAll, {
      deadlineMs: drainDeadlineMs,
    });
  } catch {
    failure ??= `${report.acceptedInAll} accepted, ${delivered()} arrived`;
  }
  if (delivered() > report.acceptedInAll) failure ??= `${report.acceptedInAll} accepted, ${delivered()} arrived`;
  const after = processFigures(server.pid);
  const tookMs = Math.max(1, end.lastDeliveredAt - report.startedAt);
  return {
    sessions,
    peer: name,
    acceptedPerSecond: report.messagesPerSecond,
    deliveredPerSecond: (delivered() / tookMs) * 1000,
    cpuMicros: cpuBefore && after && delivered() > 0 ? ((after.cpuMs - cpuBefore.cpuMs) * 1000) / delivered() : null,
    residentMegabytes: after?.residentMegabytes ?? null,
    failure,
  };
}

/** The service that a peer delivers to, and the peer wired to it. */
async function endOf(name: string, certificate: CertificateFiles): Promise<End> {
  if (name !== postfix.name) {
    const service = await startGraphStandIn(certificate.certificateFile, certificate.keyFile);
    const relayTo = name === mailroom.name ? mailroomSendingTo : bareRelayTo;
    return Object.assign(service, { relay: relayTo(service.origin, certificate.caFile) });
  }
  let delivered = 0;
  let lastDeliveredAt = 0;
  const sink = await startBareSmtp(async () => {
    delivered += 1;
    lastDeliveredAt = performance.timeOrigin + performance.now();
  });
  return {
    get delivered() {
      return delivered;
    },
    get lastDeliveredAt() {
      return lastDeliveredAt;
    },
    relay: postfixRelayingTo(sink.port),
    [Symbol.asyncDispose]: () => sink[Symbol.asyncDispose](),
  };
}
