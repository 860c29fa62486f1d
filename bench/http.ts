/**
 * `http`: how many messages a second are durably accepted by `POST /v1/messages` on kept connections over TLS, beside Node's
 * bare HTTPS server in front of an append log in the same run.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startInBackground } from '../test/harness/background-process.ts';
import { writeLocalhostCertificate } from '../test/harness/certificate.ts';
import { freePort } from '../test/harness/free-port.ts';
import { writeMailroomConfig } from '../test/harness/mailroom-config.ts';
import { startServerProcess } from '../test/harness/server-process.ts';
import { temporaryFolder } from '../test/harness/temporary-folder.ts';
import type { BenchContext, BenchResult } from './bench.ts';
import { runGenerator } from './load/run-generator.ts';
import { portOf } from './peers/node-peers.ts';
import { load, type PeerFolder } from './peers/peer.ts';
import { processFigures } from './process-figures.ts';
import { settle } from './settle.ts';
import { median, ratio, round } from './statistics.ts';
import { table } from './table.ts';

const apiKey = 'mk_a-key-for-one-run-only-0123456789abcdef';
const bytes = 10_240;

interface Case {
  readonly connections: number;
  readonly bytes: number;
  /** The message as it is, or JSON with its text. */
  readonly form: 'mime' | 'json';
}

const cases: readonly Case[] = (['mime', 'json'] as const).flatMap((form) =>
  [1, 20, 100].map((connections) => ({ connections, bytes, form })),
);

interface Running extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
}

interface Sample {
  readonly messagesPerSecond: number;
  readonly p99Ms: number | null;
  readonly cpuMicros: number | null;
}

/** Runs it; see README.md of this folder for what the columns say. */
export async function http(context: BenchContext): Promise<BenchResult> {
  const rounds = context.rounds ?? (context.short ? 1 : 5);
  const own = new Map<Case, Sample[]>();
  const bare = new Map<Case, Sample[]>();
  for (let turn = 1; turn <= rounds; turn += 1) {
    await using folder = await temporaryFolder(context.folder);
    const certificate = await writeLocalhostCertificate(join(folder.path, 'tls'));
    await using mailroom = await startMailroom({ folder: join(folder.path, 'mailroom'), ...certificate });
    await using peer = await startBare({ folder: join(folder.path, 'bare'), ...certificate });
    for (const form of ['mime', 'json'] as const)
      for (const server of [mailroom, peer]) await warm(server, form, context.short);
    for (const one of cases)
      for (const [server, samples, name] of [
        [mailroom, own, 'mailroom'],
        [peer, bare, 'bare https'],
      ] as const) {
        const sample = await measure(server, one, context.short);
        samples.set(one, [...(samples.get(one) ?? []), sample]);
        context.say(
          `round ${turn}  ${one.connections} ${one.form}  ${name}  ${round(sample.messagesPerSecond, 0)} msg/s`,
        );
      }
  }
  const rows = cases.map((one) => rowOf(one, own.get(one) ?? [], bare.get(one) ?? []));
  context.say(
    table(
      ['connections', 'form', 'msg/s', 'p99 ms', 'CPU µs', 'bare https', 'ratio'],
      rows.map((row) => [
        row.connections,
        row.form,
        row.messagesPerSecond,
        row.p99Ms,
        row.serverCpuMicros,
        row.peerMessagesPerSecond,
        row.ratio,
      ]),
    ),
  );
  return { ok: true, report: { cases: rows, rounds } };
}

function rowOf(one: Case, own: readonly Sample[], bare: readonly Sample[]) {
  const middle = (samples: readonly Sample[], pick: (sample: Sample) => number | null, places: number) =>
    round(median(samples.map(pick).filter((value) => value !== null)), places);
  const messagesPerSecond = middle(own, (sample) => sample.messagesPerSecond, 0);
  const peerMessagesPerSecond = middle(bare, (sample) => sample.messagesPerSecond, 0);
  return {
    ...one,
    messagesPerSecond,
    p99Ms: middle(own, (sample) => sample.p99Ms, 1),
    serverCpuMicros: middle(own, (sample) => sample.cpuMicros, 0),
    peer: 'bare https server with an append log',
    peerMessagesPerSecond,
    peerP99Ms: middle(bare, (sample) => sample.p99Ms, 1),
    ratio: ratio(messagesPerSecond, peerMessagesPerSecond),
  };
}

function loadOf(server: Running, one: Case) {
  return {
    port: server.port,
    sessions: one.connections,
    bytes: one.bytes,
    connections: 'kept' as const,
    http: { form: one.form, apiKey },
    mailFrom: load.mailFrom,
    rcptTo: load.rcptTo,
  };
}

/** Until a server has compiled what it runs, it compiles more than it takes mail. */
async function warm(server: Running, form: Case['form'], short: boolean): Promise<void> {
  const measureMs = short ? 3_000 : 6_000;
  await runGenerator({ ...loadOf(server, { connections: 20, bytes, form }), warmUpMs: 0, measureMs });
}

/** @throws Error when the server refused anything: there is no figure then. */
async function measure(server: Running, one: Case, short: boolean): Promise<Sample> {
  const before = processFigures(server.pid);
  const report = await runGenerator({
    ...loadOf(server, one),
    warmUpMs: short ? 200 : 600,
    measureMs: short ? 800 : 2_000,
  });
  if (report.failure !== null) throw new Error(`${one.connections} connections, ${one.form}: ${report.failure}`);
  await settle(server.pid, 4_000);
  const after = processFigures(server.pid);
  return {
    messagesPerSecond: report.messagesPerSecond,
    p99Ms: report.p99Ms,
    cpuMicros: before && after ? ((after.cpuMs - before.cpuMs) * 1000) / report.acceptedInAll : null,
  };
}

async function startMailroom(place: PeerFolder): Promise<Running> {
  const port = await freePort();
  const { configFile } = await writeMailroomConfig(place.folder, {
    smtpPort: await freePort(),
    httpPort: port,
    certificateFile: place.certificateFile,
    keyFile: place.keyFile,
    // Nobody listens there: what is accepted is not sent meanwhile.
    service: {
      origin: `https://localhost:${await freePort()}`,
      caFile: place.caFile,
      tenantId: '11111111-1111-4111-8111-111111111111',
      clientId: '22222222-2222-4222-8222-222222222222',
      clientSecret: 'for-one-run-only',
    },
    logins: [],
    apiKey: { name: 'load', key: apiKey, senders: [load.mailFrom] },
    userName: load.mailFrom,
    lanes: 'unlimited',
    overrides: { smtp: [] },
  });
  const server = await startServerProcess({ configFile, ports: [port], launcher: true });
  return { port, pid: server.pid, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

async function startBare(place: PeerFolder): Promise<Running> {
  await mkdir(place.folder);
  const program = join(import.meta.dirname, 'peers', 'bare-http.ts');
  const args = [program, join(place.folder, 'log'), place.certificateFile, place.keyFile];
  const running = await startInBackground({ command: process.execPath, args }, portOf);
  return { port: running.ready, pid: running.pid, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
}
