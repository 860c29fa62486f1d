/**
 * `depth`: whether a queue that is deep costs anything. The same server with an empty queue and with many messages waiting:
 * how fast it accepts, how fast it sends, how soon after a kill the first message goes out, how long a look at the queue
 * takes, what a message costs on the disk, and whether the space comes back.
 *
 * The peer is the server itself with an empty queue: what is measured is the depth and nothing else.
 */
import { join } from 'node:path';
import { systemClock } from '../src/observe/system-clock.ts';
import { openEmbeddedStore } from '../src/storage/embedded/open.ts';
import { temporaryFolder } from '../test/harness/temporary-folder.ts';
import { until } from '../test/harness/until.ts';
import type { BenchContext, BenchResult } from './bench.ts';
import { fillQueue } from './depth/fill.ts';
import { type DepthPlace, preparePlace } from './depth/place.ts';
import { runGenerator } from './load/run-generator.ts';
import { load } from './peers/peer.ts';
import { median, ratio, round } from './statistics.ts';
import { table } from './table.ts';

const messageBytes = 2_048;
const sessions = 20;
const looks = 15;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

interface Plan {
  readonly waiting: number;
  /** Messages in the queue of the server that stands for an empty one: what it has to send. */
  readonly few: number;
  readonly acceptMs: number;
  /** Messages that are sent while the rate is measured. */
  readonly sent: number;
}

interface Measured {
  readonly waiting: number;
  readonly acceptedPerSecond: number;
  readonly p99Ms: number | null;
  readonly sentPerSecond: number;
  readonly restartToFirstSendMs: number;
  readonly lookMs: Readonly<Record<string, number | null>>;
  readonly diskBytesPerMessage: number | null;
}

export async function depth(context: BenchContext): Promise<BenchResult> {
  const plan: Plan = context.short
    ? { waiting: 50_000, few: 5_000, acceptMs: 2_000, sent: 2_500 }
    : { waiting: 1_000_000, few: 20_000, acceptMs: 5_000, sent: 10_000 };
  await using empty = await temporaryFolder(context.folder);
  await using deep = await temporaryFolder(context.folder);
  context.say(`a queue of ${plan.few.toLocaleString('en-GB')} messages, for comparison`);
  const shallow = await measure(context, empty.path, plan.few, plan);
  context.say(`a queue of ${plan.waiting.toLocaleString('en-GB')} messages`);
  const full = await measure(context, deep.path, plan.waiting, plan);
  const spaceBack = await spaceAfterDraining(empty.path);
  const cases = [shallow, full].map((one) => ({ sessions, bytes: messageBytes, connections: 'kept', ...one }));
  const compared = {
    peer: 'the same server with next to nothing waiting',
    acceptRatio: ratio(full.acceptedPerSecond, shallow.acceptedPerSecond),
    sendRatio: ratio(full.sentPerSecond, shallow.sentPerSecond),
    ...spaceBack,
  };
  context.say(
    `\n${table(
      [
        'waiting',
        'accepted/s',
        'p99 ms',
        'sent/s',
        'restart to first send ms',
        'slowest look ms',
        'disk bytes/message',
      ],
      [shallow, full].map((one) => [
        one.waiting.toLocaleString('en-GB'),
        one.acceptedPerSecond,
        one.p99Ms,
        one.sentPerSecond,
        one.restartToFirstSendMs,
        Math.max(...Object.values(one.lookMs).map((ms) => ms ?? 0)),
        one.diskBytesPerMessage,
      ]),
    )}\nspace of a queue that was sent: ${spaceBack.diskBytesBefore} bytes, then ${spaceBack.diskBytesAfter}\n`,
  );
  return { ok: true, report: { cases, ...compared } };
}

async function measure(context: BenchContext, folder: string, waiting: number, plan: Plan): Promise<Measured> {
  await using place = await preparePlace(folder);
  const { bodyBytes } = await fillQueue(place.dataDir, waiting, messageBytes, context.say);
  const diskBytesPerMessage = round((place.diskBytes() - bodyBytes) / waiting, 0);
  const accepting = await acceptAt(place, plan);
  const lookMs = accepting.lookMs;
  const sending = await sendAt(place, plan);
  return { waiting, ...accepting, lookMs, ...sending, diskBytesPerMessage };
}

async function acceptAt(place: DepthPlace, plan: Plan) {
  await using server = await place.start();
  const lookMs = await look(place);
  const report = await runGenerator({
    port: place.smtpPort,
    sessions,
    bytes: messageBytes,
    connections: 'kept',
    pipelining: false,
    mailFrom: load.mailFrom,
    rcptTo: load.rcptTo,
    warmUpMs: 500,
    measureMs: plan.acceptMs,
  });
  if (report.failure !== null) throw new Error(report.failure);
  await server.end('SIGTERM');
  return { acceptedPerSecond: round(report.messagesPerSecond, 0), p99Ms: round(report.p99Ms, 1), lookMs };
}

/** Resumes the connector, sees how fast its mail goes, and kills the server in the middle of it. */
async function sendAt(place: DepthPlace, plan: Plan) {
  const server = await place.start();
  const control = place.control();
  await control.request('POST', '/connectors/default/resume', { by: 'bench' });
  const first = await until('the first message goes out', () => place.service.delivered > 0 && place.service.delivered);
  const startedAt = place.service.lastDeliveredAt;
  await until('the rate is known', () => place.service.delivered >= first + plan.sent, { deadlineMs: 120_000 });
  const sentPerSecond = ((place.service.delivered - first) / (place.service.lastDeliveredAt - startedAt)) * 1000;
  await server.end('SIGKILL');
  await control.close();
  const before = place.service.delivered;
  const killedAt = performance.now();
  await using again = await place.start();
  await until('the first message goes out after the restart', () => place.service.delivered > before, {
    deadlineMs: 120_000,
  });
  const restartToFirstSendMs = Math.round(performance.now() - killedAt);
  await again.end('SIGTERM');
  return { sentPerSecond: round(sentPerSecond, 0), restartToFirstSendMs };
}

/** How long what an operator asks takes, ms, median of some. */
async function look(place: DepthPlace): Promise<Record<string, number | null>> {
  const control = place.control();
  const questions = {
    status: () => control.request('GET', '/status'),
    list: () => control.request('GET', '/messages?limit=100'),
    queued: () => control.request('GET', '/messages?limit=100&state=queued'),
    address: () => control.request('GET', `/messages?limit=100&address=${load.rcptTo}`),
    messageId: () => control.request('GET', '/messages?limit=10&messageId=%3C77@depth.example%3E'),
    metrics: async () => (await fetch(`http://127.0.0.1:${place.metricsPort}/metrics`)).text(),
  };
  const figures: Record<string, number | null> = {};
  for (const [name, ask] of Object.entries(questions)) {
    const taken: number[] = [];
    for (let turn = 0; turn < looks; turn += 1) {
      const startedAt = performance.now();
      const answer = await ask();
      taken.push(performance.now() - startedAt);
      if (typeof answer === 'object' && answer.status !== 200) throw new Error(`${name}: ${answer.bytes.toString()}`);
    }
    figures[name] = round(median(taken), 1);
  }
  await control.close();
  return figures;
}

/** What the folder takes while its mail waits for the next sweep, and after it; the mail has been sent, bodies are not kept. */
async function spaceAfterDraining(folder: string) {
  await using place = await preparePlace(folder);
  const server = await place.start();
  const control = place.control();
  await until(
    'everything has been sent',
    async () => {
      const status = await control.json<{ books: { queued: number; sending: number } }>('GET', '/status');
      return status && status.books.queued + status.books.sending === 0;
    },
    { deadlineMs: 120_000 },
  );
  await control.close();
  await server.end('SIGTERM');
  const diskBytesBefore = place.diskBytes();
  const dir = join(folder, 'data');
  const options = { reserveBytes: 0, keepSentBodiesMs: 0 };
  const store = await openEmbeddedStore({ dir, clock: systemClock, logger: silent, options });
  // What the kill left in doubt is held for a person, who would look into the mailbox and decide.
  const inDoubt = await store.list({ states: ['uncertain'], limit: 1_000 });
  const ids = inDoubt.map(({ id }) => id);
  if (ids.length > 0) await store.intervene({ ids, kind: 'cancel', by: 'bench', at: Date.now() });
  await store.sweep();
  await store.close();
  return { diskBytesBefore, diskBytesAfter: place.diskBytes() };
}
