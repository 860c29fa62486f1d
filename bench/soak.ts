/**
 * `soak`: mixed load for half an hour against a practice tenant that fails in every way it can. What is looked for is what
 * only time shows: memory that grows, files that stay open, a message that is missing from the books.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startPracticeTenant } from '../practice-tenant/tenant.ts';
import { ControlClient } from '../src/cli/control-client.ts';
import type { Books } from '../src/queue/store.ts';
import { writeLocalhostCertificate } from '../test/harness/certificate.ts';
import { freePort } from '../test/harness/free-port.ts';
import { writeMailroomConfig } from '../test/harness/mailroom-config.ts';
import { startServerProcess } from '../test/harness/server-process.ts';
import { temporaryFolder } from '../test/harness/temporary-folder.ts';
import { until } from '../test/harness/until.ts';
import type { BenchContext, BenchResult } from './bench.ts';
import { processFigures } from './process-figures.ts';
import { soakFaults } from './soak/faults.ts';
import { handIn } from './soak/load.ts';
import { round } from './statistics.ts';
import { table } from './table.ts';

const sender = 'noreply@contoso.example';
const recipient = 'ada@contoso.example';
const apiKey = 'a-key-for-one-run-only-0123456789abcdef';
/** Bodies in memory, compiled code and caches come up to their size first. */
const warmUpShare = 0.3;
/** A slope over less than this tells of the warm-up alone. */
const leastForSlopeSeconds = 600;

interface Look {
  /** Seconds since the start of the load. */
  readonly at: number;
  readonly residentMegabytes: number;
  readonly files: number;
  readonly queued: number;
}

export async function soak(context: BenchContext): Promise<BenchResult> {
  const seconds = context.short ? 20 : 1_800;
  const perSecond = context.short ? 60 : 40;
  await using folder = await temporaryFolder(context.folder);
  const tenant = await startPracticeTenant({ profile: 'unlimited', users: [sender, recipient], keepBodies: 'none' });
  try {
    const certificate = await writeLocalhostCertificate(join(folder.path, 'tls'));
    const { app, secret } = tenant.addApp();
    const tenantCa = join(folder.path, 'tenant.pem');
    writeFileSync(tenantCa, tenant.caPem);
    const [smtpPort, httpPort] = [await freePort(), await freePort()];
    const { configFile, dataDir } = await writeMailroomConfig(folder.path, {
      smtpPort,
      httpPort,
      certificateFile: certificate.certificateFile,
      keyFile: certificate.keyFile,
      service: {
        origin: tenant.origin,
        caFile: tenantCa,
        tenantId: tenant.tenantId,
        clientId: app.clientId,
        clientSecret: secret,
      },
      logins: [],
      localClient: { name: 'local', senders: [sender] },
      apiKey: { name: 'portal', key: apiKey, senders: [sender] },
      userName: sender,
      lanes: 'unlimited',
      uncertain: 'hold',
      overrides: {
        observe: { logLevel: 'error', checks: false },
        queue: { keepBodies: '10 s', retry: { first: '1 s', factor: 1, max: '2 s' } },
      },
    });
    await using server = await startServerProcess({ configFile, ports: [smtpPort, httpPort], launcher: true });
    await using disposer = new AsyncDisposableStack();
    const control = new ControlClient(join(dataDir, 'control.sock'));
    disposer.defer(() => control.close());
    for (const { fault } of soakFaults) tenant.enqueueFault(fault);
    const startedAt = performance.now();
    const end = startedAt + seconds * 1_000;
    const looks: Look[] = [];
    const looking = lookOn(control, server.pid, startedAt, end, looks, context);
    const ca = readFileSync(certificate.caFile, 'utf8');
    const handed = await handIn({ smtpPort, httpPort, ca, apiKey, from: sender, to: recipient, perSecond }, end);
    await looking;
    tenant.clearFaults();
    const books = await until('everything has come to an end', () => ended(control), { deadlineMs: 600_000 });
    const arrived = tenant.mailbox(recipient, 'inbox').length;
    const complaints = judge(handed, books, arrived);
    const late = looks.filter(({ at }) => at >= seconds * warmUpShare);
    const report = {
      cases: [
        {
          seconds,
          perSecond,
          ...{ accepted: handed.accepted, putOff: handed.putOff, arrived },
          memorySlopeMegabytesPerHour: seconds < leastForSlopeSeconds ? null : round(slope(late), 1),
          residentMegabytes: {
            first: late[0]?.residentMegabytes ?? null,
            last: late.at(-1)?.residentMegabytes ?? null,
          },
          files: { first: late[0]?.files ?? null, last: late.at(-1)?.files ?? null },
          mostQueued: Math.max(0, ...looks.map(({ queued }) => queued)),
          books,
          peer: null,
        },
      ],
      faults: soakFaults.map(({ name }) => name),
      complaints,
    };
    context.say(
      `\n${table(
        ['seconds', 'accepted', 'arrived', 'sent', 'uncertain', 'RSS MB first', 'last', 'files first', 'last'],
        [
          [
            String(seconds),
            handed.accepted,
            arrived,
            books.sent,
            books.uncertain,
            late[0]?.residentMegabytes ?? null,
            late.at(-1)?.residentMegabytes ?? null,
            late[0]?.files ?? null,
            late.at(-1)?.files ?? null,
          ],
        ],
      )}${complaints.map((complaint) => `${complaint}\n`).join('')}`,
    );
    return { ok: complaints.length === 0, report };
  } finally {
    await tenant.close();
  }
}

async function lookOn(
  control: ControlClient,
  pid: number,
  startedAt: number,
  end: number,
  looks: Look[],
  context: BenchContext,
): Promise<void> {
  let saidAt = startedAt;
  while (performance.now() < end) {
    const figures = processFigures(pid);
    const status = await control.json<{ books: Books }>('GET', '/status');
    if (figures && status)
      looks.push({
        at: (performance.now() - startedAt) / 1_000,
        residentMegabytes: figures.residentMegabytes,
        files: openFiles(pid),
        queued: status.books.queued + status.books.sending,
      });
    if (performance.now() - saidAt > 60_000) {
      saidAt = performance.now();
      context.say(`${Math.round((saidAt - startedAt) / 60_000)} min: ${JSON.stringify(looks.at(-1))}`);
    }
    await pause(1_000);
  }
}

function openFiles(pid: number): number {
  return process.platform === 'linux' ? readdirSync(`/proc/${pid}/fd`).length : 0;
}

async function ended(control: ControlClient): Promise<Books | undefined> {
  const status = await control.json<{ books: Books }>('GET', '/status');
  return status && status.books.queued + status.books.sending === 0 ? status.books : undefined;
}

/** What is wrong, in words. What is uncertain is held, so that each message arrives once at most. */
function judge(
  handed: { readonly accepted: number; readonly failures: readonly string[] },
  books: Books,
  arrived: number,
): string[] {
  const complaints = handed.failures.map((failure) => `handing in: ${failure}`);
  if (books.accepted < handed.accepted)
    complaints.push(`${handed.accepted} were answered as taken, and the books have ${books.accepted}`);
  const sum = books.sent + books.failed + books.uncertain + books.cancelled + books.held + books.queued + books.sending;
  if (sum !== books.accepted) complaints.push(`the books do not balance: ${JSON.stringify(books)}`);
  if (books.failed > 0) complaints.push(`${books.failed} failed, and none had to`);
  if (arrived > books.sent + books.uncertain)
    complaints.push(`${arrived} arrived, and only ${books.sent + books.uncertain} can have`);
  if (arrived < books.sent) complaints.push(`${books.sent} are called sent, and ${arrived} arrived`);
  return complaints;
}

/** MB an hour, by least squares; null for fewer than three looks. */
function slope(looks: readonly Look[]): number | null {
  if (looks.length < 3) return null;
  const points = looks.map(({ at, residentMegabytes }) => [at, residentMegabytes] as const);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanAt, meanMegabytes] = [mean(points.map(([at]) => at)), mean(points.map(([, megabytes]) => megabytes))];
  const above = points.reduce((sum, [at, megabytes]) => sum + (at - meanAt) * (megabytes - meanMegabytes), 0);
  const below = points.reduce((sum, [at]) => sum + (at - meanAt) ** 2, 0);
  return below === 0 ? null : (above / below) * 3_600;
}
