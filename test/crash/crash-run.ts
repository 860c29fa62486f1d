/**
 * One data folder, one practice tenant, and a server that is killed again and again while clients hand mail in. At the end
 * it runs once more in peace, and the books are held against what the mailboxes hold.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { stringify } from 'yaml';
import { startPracticeTenant } from '../../practice-tenant/tenant.ts';
import { ControlClient } from '../../src/cli/control-client.ts';
import type { CrashPoint } from '../../src/domain/crash-point.ts';
import type { MessageTrail, QueuedMessage } from '../../src/domain/message.ts';
import type { Books } from '../../src/queue/store.ts';
import { openDialogue } from '../harness/smtp-dialogue.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { until } from '../harness/until.ts';
import { type OpenWay, openWay, type WayOut } from './ways-out.ts';

const root = join(import.meta.dirname, '..', '..');
const sender = 'noreply@contoso.example';
const recipient = 'ada@contoso.example';
/** ms that a life may take to come to the point where it ends, once all mail is in. */
const slowLifeMs = 10_000;
/** Larger than what the journal keeps inline, so that bodies with a file of their own are cut off too. */
const largeBody = `${'x'.repeat(998)}\r\n`.repeat(1200);

/** What is handed in during each life. */
const ordinary = {
  clients: 6,
  messages: 60,
  rest: (random: () => number) => `\r\n${random() < 0.03 ? largeBody : 'a line\r\n'}`,
};

/** One file that a request takes, and one that goes in pieces; a third has room in the draft. */
const files = [2_000_000, 4_500_000, 2_000_000].map(
  (size) =>
    `--b\r\nContent-Type: application/x-scan; name=${size}.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n${`${'QUJD'.repeat(19)}\r\n`.repeat(size / 57)}`,
);
const large = {
  clients: 2,
  messages: 3,
  rest: () => `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n${files.join('')}--b--\r\n`,
};

/** How a life of the server ends: at the n-th passing of a point, or by a kill after so many answers. */
export type Death = { readonly at: CrashPoint; readonly passing: number } | { readonly afterAnswers: number };

export interface CrashReport {
  readonly kills: number;
  /** Points at which a life did end by itself, and not because it had to end some time. */
  readonly reachedPoints: ReadonlySet<CrashPoint>;
  /** Ids that were answered 250. */
  readonly answered: number;
  /** What is wrong, in words; empty when the books balance. */
  readonly complaints: readonly string[];
  readonly books: Books;
}

/** Lives through these deaths, then balances the books. `way`: how the server sends. */
export async function liveThrough(
  deaths: readonly Death[],
  random: () => number,
  way: WayOut = 'graph',
): Promise<CrashReport> {
  await using folder = await temporaryFolder();
  const tenant = await startPracticeTenant({
    profile: 'unlimited',
    users: [sender, recipient],
    keepBodies: 'none',
    smtpPort: 0,
  });
  try {
    await using out = await openWay({ way, tenant, folder: folder.path, sender, recipient });
    const configFile = writeConfig(folder.path, out);
    const answered = new Set<string>();
    const { clients, messages, rest } = way === 'uploads' ? large : ordinary;
    let kills = 0;
    let sequence = 0;
    const reachedPoints = new Set<CrashPoint>();
    const nextId = () => {
      sequence += 1;
      return `${sequence}@crash`;
    };
    for (const death of deaths) {
      const server = await startServer(configFile, death);
      let answers = 0;
      const sending = Array.from({ length: clients }, () =>
        handIn(
          server.smtpPort,
          () => (answers < messages ? nextId() : undefined),
          () => rest(random),
          (id) => {
            answered.add(id);
            answers += 1;
            if ('afterAnswers' in death && answers >= death.afterAnswers) server.kill();
          },
        ),
      );
      await Promise.all(sending);
      // By these ways mail is still on its way when the last of it is in.
      if (way !== 'graph' && 'at' in death) {
        const lifeMs = way === 'uploads' ? 4 * slowLifeMs : slowLifeMs;
        await Promise.race([server.ended, pause(lifeMs, 0, { ref: false })]);
      }
      // A point that this life never came to ends it all the same: in the middle of sending what was taken.
      const reached = server.kill();
      await server.ended;
      kills += 1;
      if ('at' in death && !reached) reachedPoints.add(death.at);
    }
    const report = await balance(configFile, folder.path, out, answered, kills);
    return { ...report, reachedPoints };
  } finally {
    await tenant.close();
  }
}

function writeConfig(folder: string, { connectors, routes }: OpenWay): string {
  const config = {
    dataDir: join(folder, 'data'),
    hostname: 'localhost',
    smtp: [{ name: 'in', listen: '127.0.0.1:0', auth: 'optional' }],
    clients: [{ name: 'load', addresses: ['127.0.0.0/8'], senders: [sender] }],
    connectors,
    routes,
    queue: { reserve: 0, drain: '5 s' },
    observe: { logLevel: 'warn' },
  };
  const file = join(folder, 'mailroom.yaml');
  writeFileSync(file, stringify(config), { mode: 0o600 });
  return file;
}

interface LivingServer {
  /** 0 when it died before it listened. */
  readonly smtpPort: number;
  readonly ended: Promise<unknown>;
  /** Returns whether it was still alive. */
  kill(signal?: NodeJS.Signals): boolean;
  stderr(): string;
}

async function startServer(configFile: string, death?: Death): Promise<LivingServer> {
  const plan = death && 'at' in death ? `${death.at}:${death.passing}` : '';
  const child = spawn(process.execPath, [join(root, 'src/cli/main.ts'), 'serve', '--json', '--config', configFile], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, MAILROOM_CRASH_AT: plan },
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-20_000);
  });
  const ended = once(child, 'exit');
  const { promise: port, resolve } = Promise.withResolvers<number>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const found = /"kind":"smtp","address":"127\.0\.0\.1:(\d+)"/.exec(line);
    if (found) resolve(Number(found[1]));
  });
  const smtpPort = await Promise.race([port, ended.then(() => 0)]);
  if (smtpPort === 0 && child.signalCode !== 'SIGKILL') throw new Error(`the server did not start: ${stderr}`);
  return { smtpPort, ended, kill: (signal = 'SIGKILL') => child.kill(signal), stderr: () => stderr };
}

/** Sends message after message over one connection until there is no next id or the server has gone. */
async function handIn(
  port: number,
  nextId: () => string | undefined,
  rest: () => string,
  acknowledged: (id: string) => void,
): Promise<void> {
  if (port === 0) return;
  try {
    await using dialogue = await openDialogue({ port, deadlineMs: 15_000 });
    await dialogue.reply();
    await dialogue.command('EHLO crash');
    for (let id = nextId(); id !== undefined; id = nextId()) {
      const header = `From: ${sender}\r\nTo: ${recipient}\r\nSubject: ${id}\r\nMessage-ID: <${id}>\r\n`;
      const { code } = await dialogue.send(sender, [recipient], header + rest());
      if (code === 250) acknowledged(id);
    }
  } catch {
    // The server was killed; what was not answered may or may not be there.
  }
}

async function balance(
  configFile: string,
  folder: string,
  out: OpenWay,
  answered: ReadonlySet<string>,
  kills: number,
): Promise<Omit<CrashReport, 'reachedPoints'>> {
  const server = await startServer(configFile);
  const control = new ControlClient(join(folder, 'data', 'control.sock'));
  try {
    const books = await until(
      'everything that was taken has come to an end',
      async () => {
        const { books: now } = (await control.json<{ books: Books }>('GET', '/status')) ?? {};
        return now && now.queued + now.sending === 0 ? now : undefined;
      },
      { deadlineMs: 60_000 },
    );
    const messages = await everyMessage(control);
    const copies = new Map<string, number>();
    for (const id of out.arrived()) copies.set(id, (copies.get(id) ?? 0) + 1);
    const complaints: string[] = [...out.left()];
    if (books.accepted !== messages.length)
      complaints.push(`the books say ${books.accepted} accepted, the list has ${messages.length}`);
    const onRecord = new Set(messages.map((message) => message.summary.messageId));
    for (const id of answered)
      if (!onRecord.has(`<${id}>`)) complaints.push(`${id} was answered 250 and is not on record`);
    for (const message of messages) {
      const arrived = copies.get(message.summary.messageId) ?? 0;
      const complaint = await judge(control, message, arrived);
      if (complaint) complaints.push(complaint);
    }
    for (const id of copies.keys()) if (!onRecord.has(id)) complaints.push(`${id} arrived and is not on record`);
    return { kills, answered: answered.size, complaints, books };
  } finally {
    await control.close();
    server.kill('SIGTERM');
    await server.ended;
  }
}

/** What is wrong with a message that has come to its end, seen from the mailbox. */
async function judge(control: ControlClient, message: QueuedMessage, arrived: number): Promise<string | undefined> {
  const { id, state, summary } = message;
  const what = `${summary.messageId} (${id}) is ${state} and arrived ${arrived} times`;
  switch (state) {
    case 'sent':
      return arrived === 1 ? undefined : what;
    case 'uncertain': {
      const trail = await control.json<MessageTrail>('GET', `/messages/${id}`);
      const last = trail?.attempts.at(-1)?.result?.outcome;
      return arrived <= 1 && last === 'uncertain' ? undefined : `${what}, its last attempt ${last}`;
    }
    default:
      return what;
  }
}

async function everyMessage(control: ControlClient): Promise<QueuedMessage[]> {
  const found: QueuedMessage[] = [];
  for (;;) {
    const after = found.at(-1)?.id;
    const page =
      (await control.json<QueuedMessage[]>('GET', `/messages?limit=1000${after ? `&after=${after}` : ''}`)) ?? [];
    found.push(...page);
    if (page.length < 1000) return found;
  }
}
