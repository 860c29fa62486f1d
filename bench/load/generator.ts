/**
 * The load generator, a process of its own so that it shares nothing with what it measures.
 * `node bench/load/generator.ts PLAN` (JSON, see plan.ts); prints one line of JSON (LoadReport) on stdout.
 */
import { percentile } from '../statistics.ts';
import { runHttpConnection } from './http-connection.ts';
import { createLoadMessage } from './message.ts';
import { type LoadReport, loadPlan } from './plan.ts';
import { runSession, type SessionEvents } from './session.ts';

const plan = loadPlan.parse(JSON.parse(process.argv[2] ?? '{}'));
const latencies: number[] = [];
let acceptedInAll = 0;
let failure: string | null = null;
let running = plan.sessions;
let measuring = plan.warmUpMs === 0;
let stopped = false;
let startedAt = performance.now();
let endedAt = 0;
let cpuAtStart = process.cpuUsage();

function stopMeasuring(): void {
  if (stopped) return;
  stopped = true;
  endedAt = performance.now();
}

function report(): void {
  stopMeasuring();
  const elapsedMs = endedAt - startedAt;
  const cpu = process.cpuUsage(cpuAtStart);
  const result: LoadReport = {
    accepted: latencies.length,
    acceptedInAll,
    startedAt: performance.timeOrigin + startedAt,
    elapsedMs,
    messagesPerSecond: measuring ? (latencies.length / elapsedMs) * 1000 : 0,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    generatorCpuMicros: latencies.length === 0 ? null : (cpu.user + cpu.system) / latencies.length,
    failure,
  };
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(failure === null ? 0 : 1));
}

for (let session = 0; session < plan.sessions; session += 1) {
  const message = createLoadMessage(session, plan.bytes, plan.mailFrom, plan.rcptTo);
  const events: SessionEvents = {
    accepted(ms) {
      acceptedInAll += 1;
      if (measuring && !stopped) latencies.push(ms);
      if (plan.maxMessages !== undefined && acceptedInAll >= plan.maxMessages) stopMeasuring();
    },
    mayGoOn: () => !stopped && failure === null,
    failed(reason) {
      failure ??= reason;
      stopMeasuring();
    },
    ended() {
      running -= 1;
      if (running === 0) report();
    },
  };
  if (plan.http) runHttpConnection(plan, plan.http, message, events);
  else runSession(plan, message, events);
}

if (plan.warmUpMs > 0)
  setTimeout(() => {
    measuring = true;
    startedAt = performance.now();
    cpuAtStart = process.cpuUsage();
  }, plan.warmUpMs);
setTimeout(stopMeasuring, plan.warmUpMs + plan.measureMs);
// A server that no longer answers must not hang the run: what is missing then is named.
setTimeout(
  () => {
    failure ??= `${running} sessions got no answer for 30 s after the end`;
    report();
  },
  plan.warmUpMs + plan.measureMs + 30_000,
).unref();
