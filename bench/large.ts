/**
 * `large`: what messages of 150 MB add to the memory of the process, one and ten at once, in by SMTP and by HTTP (as they
 * are, and as JSON) and out by SMTP with OAuth and by uploads to Graph; and how long they take. Mailroom runs as a process of its own; what is behind it is a practice tenant,
 * in this process.
 */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type PracticeTenant, startPracticeTenant } from '../practice-tenant/tenant.ts';
import { type CertificateFiles, writeLocalhostCertificate } from '../test/harness/certificate.ts';
import { freePort } from '../test/harness/free-port.ts';
import { writeMailroomConfig } from '../test/harness/mailroom-config.ts';
import { startServerProcess } from '../test/harness/server-process.ts';
import { openDialogue } from '../test/harness/smtp-dialogue.ts';
import { temporaryFolder } from '../test/harness/temporary-folder.ts';
import { until } from '../test/harness/until.ts';
import type { BenchContext, BenchResult } from './bench.ts';
import { load } from './peers/peer.ts';
import { processFigures } from './process-figures.ts';
import { median, round } from './statistics.ts';
import { table } from './table.ts';

const megabyte = 1_000_000;
const messageBytes = 150 * megabyte;
/** What one message, and ten at once, may add to the process, in MB. */
const goals = { 1: 32, 10: 128 } as const;
const key = 'for-one-run-only-0123456789';

/** `json`: the same bytes as an attachment in the JSON of a request. */
type Ingress = 'smtp' | 'http' | 'json';

interface Row {
  readonly in: Ingress;
  readonly out: 'held' | 'smtp-oauth' | 'upload';
  readonly messages: 1 | 10;
  readonly megabytes: number;
  readonly addedMegabytes: number | null;
  readonly goalMegabytes: number;
  readonly acceptSeconds: number;
  /** Until the last one had arrived in its mailbox; null where none is to leave. */
  readonly deliverSeconds: number | null;
  readonly peer: string;
  readonly peerAddedMegabytes: null;
}

export async function large(context: BenchContext): Promise<BenchResult> {
  const rounds = context.rounds ?? (context.short ? 1 : 3);
  const cases = (['smtp', 'http', 'json'] as const).flatMap((ingress) =>
    // What comes in as JSON goes out as all else does.
    (ingress === 'json' ? (['held'] as const) : (['held', 'smtp-oauth', 'upload'] as const)).flatMap((out) =>
      [1, 10].map((messages) => ({ ingress, out, messages })),
    ),
  );
  // In short: each way in, each way out and ten at once, each of them in one case only.
  const wanted = context.short
    ? cases.filter(({ ingress, out, messages }) =>
        ingress === 'smtp' ? (out === 'held') === (messages === 10) : out === 'held' && messages === 1,
      )
    : cases;
  const rows: Row[] = [];
  await using certificateFolder = await temporaryFolder(context.folder);
  const certificate = await writeLocalhostCertificate(certificateFolder.path);
  for (const { ingress, out, messages } of wanted) {
    const measured: Row[] = [];
    for (let count = 0; count < rounds; count += 1)
      measured.push(await measure(context, certificate, ingress, out, messages === 1 ? 1 : 10));
    const [first] = measured;
    if (!first) continue;
    const added = measured.flatMap(({ addedMegabytes }) => addedMegabytes ?? []);
    const row = { ...first, addedMegabytes: added.length > 0 ? median(added) : null };
    rows.push(row);
    context.say(
      `${ingress} ${out} ${messages}: ${row.addedMegabytes ?? 'unknown'} MB added, ${row.acceptSeconds} s to take`,
    );
  }
  context.say(
    `\n${table(
      ['in', 'out', 'messages', 'added MB', 'goal MB', 'taken s', 'arrived s'],
      rows.map((row) => [
        row.in,
        row.out,
        String(row.messages),
        row.addedMegabytes,
        row.goalMegabytes,
        row.acceptSeconds,
        row.deliverSeconds,
      ]),
    )}`,
  );
  return { ok: rows.length === wanted.length, report: { cases: rows, rounds, saturated: 'disk and, behind TLS, CPU' } };
}

async function measure(
  context: BenchContext,
  certificate: CertificateFiles,
  ingress: Ingress,
  out: Row['out'],
  messages: 1 | 10,
): Promise<Row> {
  await using folder = await temporaryFolder(context.folder);
  const tenant = await tenantWithSubmission();
  try {
    const ports = { smtp: await freePort(), http: await freePort() };
    const configFile = await configure(folder.path, tenant, certificate, ports, out);
    await using server = await startServerProcess({ configFile, ports: [ports.smtp, ports.http] });
    const hand = (bytes: number) =>
      ingress === 'smtp'
        ? bySmtp(ports.smtp, bytes)
        : byHttp(ports.http, ingress, bytes, readFileSync(certificate.caFile, 'utf8'));
    const arrived = () => tenant.mailbox(load.rcptTo, 'inbox').length;
    // One of ordinary size first: code that is loaded on the way is no memory of large mail.
    await hand((out === 'upload' ? 6 : 2) * megabyte);
    if (out !== 'held') await until('the first message to arrive', () => arrived() === 1, { deadlineMs: 20_000 });
    await pause(500);
    const memory = watchMemory(server.pid);
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: messages }, () => hand(messageBytes)));
    const acceptSeconds = round((performance.now() - startedAt) / 1000, 1);
    let deliverSeconds: number | null = null;
    if (out !== 'held') {
      await until('all messages to arrive', () => arrived() === messages + 1, { deadlineMs: 240_000 });
      deliverSeconds = round((performance.now() - startedAt) / 1000, 1);
    }
    return {
      in: ingress,
      out,
      messages,
      megabytes: messageBytes / megabyte,
      addedMegabytes: memory.stop(),
      goalMegabytes: goals[messages],
      acceptSeconds,
      deliverSeconds,
      peer: 'SMTP2Graph',
      peerAddedMegabytes: null,
    };
  } finally {
    await tenant.close();
  }
}

async function tenantWithSubmission(): Promise<PracticeTenant> {
  const tenant = await startPracticeTenant({
    profile: 'unlimited',
    limits: { smtpConnectionsPerMailbox: 3, maxSendBytes: null },
    users: [load.mailFrom, load.rcptTo],
    smtpPort: 0,
    // Ten of them would fill the memory of this process.
    keepBodies: 'none',
  });
  tenant.directory.state.exchange.smtpClientAuthenticationDisabled = false;
  return tenant;
}

async function configure(
  folder: string,
  tenant: PracticeTenant,
  certificate: CertificateFiles,
  ports: { readonly smtp: number; readonly http: number },
  out: Row['out'],
): Promise<string> {
  const { app, secret } = tenant.addApp({ roles: ['Mail.Send', 'Mail.ReadWrite', 'SMTP.SendAsApp'] });
  tenant.directory.state.exchange.servicePrincipals = [
    { objectId: app.servicePrincipalId, appId: app.clientId, displayName: 'Mailroom' },
  ];
  const mailbox = tenant.directory.user(load.mailFrom);
  if (mailbox) mailbox.fullAccess = [{ trusteeId: app.servicePrincipalId, effectiveAt: 0 }];
  const caFile = join(folder, 'tenant-ca.pem');
  writeFileSync(caFile, tenant.caPem);
  const secretFile = join(folder, 'tenant.secret');
  writeFileSync(secretFile, secret, { mode: 0o600 });
  const tls = { certificate: certificate.certificateFile, key: certificate.keyFile };
  const { configFile } = await writeMailroomConfig(folder, {
    smtpPort: ports.smtp,
    httpPort: ports.http,
    certificateFile: tls.certificate,
    keyFile: tls.key,
    service: { origin: tenant.origin, caFile, tenantId: tenant.tenantId, clientId: app.clientId, clientSecret: secret },
    logins: [],
    localClient: { name: 'local', senders: [load.mailFrom] },
    apiKey: { name: 'api', key, senders: [load.mailFrom] },
    userName: load.mailFrom,
    lanes: 'unlimited',
    overrides: {
      smtp: [{ name: 'in', listen: `127.0.0.1:${ports.smtp}`, auth: 'optional', maxMessageBytes: '160 MB' }],
      http: [{ name: 'api', listen: `127.0.0.1:${ports.http}`, tls, maxMessageBytes: '160 MB' }],
      connectors: [
        {
          cloud: { custom: { login: tenant.origin, graph: tenant.origin, smtp: `localhost:${tenant.smtpPort}` } },
          caFile,
          oauthClientId: app.clientId,
          tenantId: tenant.tenantId,
          userName: load.mailFrom,
          secret: { file: secretFile },
          largeMessages: out === 'upload' ? 'upload' : 'smtp-oauth',
          mailboxLimit: '160 MB',
          limits: { ...unlimitedButThree },
        },
      ],
      routes: out === 'held' ? [{ name: 'all', hold: true }] : [],
    },
  });
  return configFile;
}

/** Exchange lets a mailbox have three connections; nothing else is to slow this down. */
const unlimitedButThree = {
  concurrency: 3,
  messagesPerMinute: 1_000_000,
  requestsPer10Minutes: 1_000_000,
  uploadBytesPer5Minutes: '1000 GB',
  recipientsPerDay: 1_000_000,
};

function* message(bytes: number): Generator<Buffer> {
  const head = `From: ${load.mailFrom}\r\nTo: ${load.rcptTo}\r\nSubject: large\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream; name="scan.bin"\r\nContent-Transfer-Encoding: base64\r\n\r\n`;
  yield Buffer.from(head);
  const line = `${'QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoK'.repeat(2)}AAAA\r\n`;
  const block = Buffer.from(line.repeat(Math.ceil(65_536 / line.length)));
  let left = bytes - head.length;
  for (; left > block.length; left -= block.length) yield block;
  const rest = Math.max(1, Math.floor(left / line.length));
  yield Buffer.from(line.repeat(rest));
}

function* json(bytes: number): Generator<Buffer> {
  const [before = '', after = ''] = JSON.stringify({
    from: load.mailFrom,
    to: load.rcptTo,
    attachments: [{ filename: 'scan.bin', content: '…' }],
  }).split('…');
  yield Buffer.from(before);
  const block = Buffer.from('QUJD'.repeat(16_384));
  // Line ends, of two bytes for each 76, come with the MIME that is made of it.
  for (let left = (bytes * 76) / 78; left > block.length; left -= block.length) yield block;
  yield Buffer.from(after);
}

async function bySmtp(port: number, bytes: number): Promise<void> {
  await using dialogue = await openDialogue({ port, deadlineMs: 120_000 });
  await dialogue.reply();
  await dialogue.command('EHLO bench');
  await dialogue.command(`MAIL FROM:<${load.mailFrom}> SIZE=${bytes}`);
  await dialogue.command(`RCPT TO:<${load.rcptTo}>`);
  await dialogue.command('DATA');
  for (const piece of message(bytes)) await dialogue.writeFully(piece);
  const { code, lines } = await dialogue.command('.');
  if (code !== 250) throw new Error(`The message was refused: ${lines.join(' ')}`);
}

async function byHttp(port: number, form: 'http' | 'json', bytes: number, ca: string): Promise<void> {
  const post = request({
    host: 'localhost',
    port,
    ca,
    method: 'POST',
    path: form === 'json' ? '/v1/messages' : `/v1/messages?from=${load.mailFrom}&to=${load.rcptTo}`,
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': form === 'json' ? 'application/json' : 'message/rfc822',
    },
    agent: false,
  });
  const answered = once(post, 'response');
  for (const piece of form === 'json' ? json(bytes) : message(bytes)) if (!post.write(piece)) await once(post, 'drain');
  post.end();
  const [response] = await answered;
  response.resume();
  await once(response, 'end');
  if (response.statusCode !== 202) throw new Error(`The message was refused: ${response.statusCode}`);
}

/** Samples the memory of a process; `stop` gives the most that was there above what there was at first, in MB. */
function watchMemory(pid: number): { stop(): number | null } {
  const first = processFigures(pid);
  let most = first?.residentMegabytes ?? 0;
  const timer = setInterval(() => {
    most = Math.max(most, processFigures(pid)?.residentMegabytes ?? 0);
  }, 25);
  return {
    stop() {
      clearInterval(timer);
      return first ? round(most - first.residentMegabytes, 1) : null;
    },
  };
}
