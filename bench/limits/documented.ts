/**
 * A backlog under the limits that Microsoft documents, as the practice tenant enforces them: what was sent, of what the
 * limits allow in the time that it took, and how many requests were refused. The time is that of `test/harness/limited-run.ts`:
 * product and tenant share a clock that goes on when nothing is under way, so that an hour takes seconds and nothing is
 * late by this machine. The wire, TLS, the store and the limits are the real ones.
 */
import { documentedLimits } from '../../src/queue/lane-limits.ts';
import {
  type Backlog,
  type LimitedConnectors,
  otherAccount,
  reader,
  startLimitedRun,
} from '../../test/harness/limited-run.ts';
import { until } from '../../test/harness/until.ts';
import type { BenchContext } from '../bench.ts';
import { round } from '../statistics.ts';
import { table } from '../table.ts';

export interface DocumentedCase {
  readonly case: string;
  /** Messages that the limits allow in the time that it took, from a standing start: sent / share. */
  readonly allowed: number;
  readonly sent: number;
  /** The time that it takes whoever sends as soon as each limit allows it, of the time that it took. */
  readonly share: number;
  readonly requests: number;
  /** Requests answered 429, or 432 by SMTP, as a share of all. */
  readonly throttledShare: number;
  /** In the mailbox of whoever reads it: less than was sent would have been held back for a later minute. */
  readonly arrived: number;
  /** Of the time that product and tenant share. */
  readonly seconds: number;
}

interface Plan {
  readonly name: string;
  readonly connectors?: LimitedConnectors;
  /** Mailboxes that send, each with limits of its own. */
  readonly mailboxes: number;
  /** Of each mailbox. */
  readonly count: number;
  readonly bytes?: number;
  readonly backlogs: readonly Omit<Backlog, 'count' | 'bytes'>[];
}

/** Two thirds of what one request of Graph takes; with base64, the volume of five minutes is used up before its messages. */
const largeBytes = 2_000_000;

function plansFor(short: boolean): readonly Plan[] {
  const { messagesPerMinute } = documentedLimits;
  const few = { mailboxes: 1, count: messagesPerMinute * (short ? 5 : 61) };
  return [
    { name: 'one mailbox', ...few, backlogs: [{}] },
    { name: 'two mailboxes, one registration', ...few, mailboxes: 2, backlogs: [{}, { sender: otherAccount }] },
    {
      name: 'one mailbox, two registrations',
      connectors: { main: {}, other: {} },
      ...few,
      backlogs: [{}, { connector: 'other' }],
    },
    { name: 'messages of 2 MB', mailboxes: 1, count: short ? 90 : 420, bytes: largeBytes, backlogs: [{}] },
    { name: 'by smtp-oauth', connectors: { main: { kind: 'smtp-oauth' } }, ...few, backlogs: [{}] },
  ];
}

/** Seconds that a mailbox needs that sends each message as soon as the documented windows have room for it. */
function leastSeconds(count: number, requestBytes: number): number {
  const { messagesPerMinute, uploadBytesPer5Minutes } = documentedLimits;
  const perFiveMinutes = Math.floor(uploadBytesPer5Minutes / requestBytes);
  const starts: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const afterMinute = (starts[index - messagesPerMinute] ?? -60) + 60;
    const afterVolume = (starts[index - perFiveMinutes] ?? -300) + 300;
    starts.push(Math.max(starts.at(-1) ?? 0, afterMinute, afterVolume));
  }
  return starts.at(-1) ?? 0;
}

/** Runs all cases and says them. */
export async function documented(context: BenchContext): Promise<readonly DocumentedCase[]> {
  const cases: DocumentedCase[] = [];
  for (const plan of plansFor(context.short)) cases.push(await measure(context, plan));
  context.say(
    `\n${table(
      ['documented limits', 'allowed', 'sent', 'share', '429 share', 'arrived', 'hours'],
      cases.map((each) => [
        each.case,
        each.allowed,
        each.sent,
        each.share,
        each.throttledShare,
        each.arrived,
        round(each.seconds / 3_600, 2),
      ]),
    )}`,
  );
  return cases;
}

async function measure(context: BenchContext, plan: Plan): Promise<DocumentedCase> {
  const { backlogs, mailboxes, count, bytes = 0, connectors } = plan;
  await using run = await startLimitedRun({ parent: context.folder, ...(connectors ? { connectors } : {}) });
  const inAll = count * mailboxes;
  for (const backlog of backlogs) await run.backlog({ ...backlog, bytes, count: inAll / backlogs.length });
  await run.start();
  const least = leastSeconds(count, (Math.ceil(bytes / 3) + 1) * 4);
  const seconds = await run.secondsUntil(inAll, 2 * least + 60);
  const share = round(least / seconds, 4);
  const { attempts, sent, throttled } = run.tally;
  const arrived = () => run.tenant.mailbox(reader, 'inbox').length;
  await until('what was sent has arrived', () => arrived() >= sent, { deadlineMs: 2_000 }).catch(() => undefined);
  return {
    case: plan.name,
    allowed: Math.round(sent / share),
    sent,
    share,
    requests: attempts,
    throttledShare: round(throttled / attempts, 4),
    arrived: arrived(),
    seconds,
  };
}
