/**
 * `mailroom demo`: a practice tenant, a Mailroom wired to it, real messages handed in by real clients, and the proof from
 * the mailboxes of the tenant that each got to exactly whom it was meant for.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { createServerCertificate } from '../../practice-tenant/certificate-authority.ts';
import { type PracticeTenant, startPracticeTenant } from '../../practice-tenant/tenant.ts';
import { loadConfig } from '../config/load.ts';
import type { QueuedMessage } from '../domain/message.ts';
import { type Mailroom, startMailroom } from '../main.ts';
import { createLogger } from '../observe/logger.ts';
import { systemClock } from '../observe/system-clock.ts';
import type { CommandContext, Output } from './context.ts';
import { type HandInTarget, handIn } from './demo/hand-in.ts';
import { prove } from './demo/proof.ts';
import { loadSamples, systemAccount, tenantUsers } from './demo/samples.ts';
import { type DemoServer, writeDemoConfig } from './demo/set-up.ts';
import { createTable, type Table } from './demo/table.ts';
import { CommandError } from './exit-codes.ts';

interface DemoOptions {
  readonly once?: boolean;
}

const endDeadlineMs = 60_000;
const lookMs = 50;

export function addDemoCommand(program: Command, context: CommandContext): void {
  program
    .command('demo')
    .description('See Mailroom at work against a practice tenant; nothing of Microsoft’s is needed.')
    .option('--once', 'on free ports, end by itself, and print the proof as JSON on the last line')
    .addHelpText('after', '\nExamples:\n  npm run demo\n  npm run demo -- --once')
    .action((options: DemoOptions) => demo(context, options));
}

async function demo(context: CommandContext, options: DemoOptions): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mailroom-demo-'));
  const closers: (() => Promise<void> | void)[] = [() => rmSync(folder, { recursive: true, force: true })];
  // With --once, stdout belongs to the JSON on its last line; the table is for people either way.
  const people: Output = context.out;
  try {
    people.write('Starting a practice tenant and a Mailroom …\n');
    const { tenant, secret, clientId } = await startTenant();
    closers.push(() => tenant.close());
    const { mailroom, server, caPem } = await startServer(
      context,
      folder,
      tenant,
      { clientId, secret },
      options.once === true,
    );
    let stopped = false;
    const stop = async () => {
      if (stopped) return;
      stopped = true;
      await mailroom.stop();
    };
    closers.push(stop);
    const target = targetOf(context.root, mailroom, server, caPem);
    const samples = loadSamples(context.root);
    const table = createTable(process.stdout);
    const watch = watchMessages(mailroom, table);
    for (const sample of samples)
      await handIn(sample, target).catch((error: unknown) => {
        throw new CommandError(
          'bad',
          `${sample.name} was not accepted by ${sample.via}: ${error instanceof Error ? error.message : error}`,
        );
      });
    await watch.untilSettled(samples.length);

    const copies = tenant.mailboxes.delivered().flatMap(({ address, raw }) => (raw ? [{ address, raw }] : []));
    const proof = await prove(samples, copies);
    const books = await mailroom.store.books();
    for (const complaint of proof.complaints) people.error(`${complaint}\n`);
    const { expected, reached, unexpected } = proof.recipients;
    people.write(
      `\n${reached} of ${expected} recipients reached, ${unexpected} others; bytes below the header ${proof.byteIdentical ? 'identical' : 'CHANGED'} (read from the tenant's mailboxes).\n`,
    );
    const balanced =
      books.accepted === samples.length && books.sent === samples.length && proof.complaints.length === 0;
    if (options.once) {
      watch.stop();
      const { accepted, sent, failed, uncertain, queued } = books;
      people.write(
        `${JSON.stringify({ accepted, sent, failed, uncertain, queued, recipients: proof.recipients, byteIdentical: proof.byteIdentical })}\n`,
      );
      context.exitCode = balanced ? 0 : 1;
      return;
    }
    people.write(invitation(target, tenant, server, join(folder, 'mailroom.yaml'), mailroom.console?.firstRunUrl));
    await interrupted();
    people.write('\nStopping: no more mail is taken, what is under way may end …\n');
    watch.stop();
    await stop();
    people.write('Stopped.\n');
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

async function startTenant(): Promise<{ tenant: PracticeTenant; secret: string; clientId: string }> {
  const tenant = await startPracticeTenant({ users: tenantUsers });
  const { app, secret } = tenant.addApp({ displayName: 'Mailroom demo' });
  return { tenant, secret, clientId: app.clientId };
}

async function startServer(
  context: CommandContext,
  folder: string,
  tenant: PracticeTenant,
  app: { readonly clientId: string; readonly secret: string },
  once: boolean,
): Promise<{ mailroom: Mailroom; server: DemoServer; caPem: string }> {
  const keep = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const certificate = await createServerCertificate(['localhost', '127.0.0.1'], Date.now());
  const files = {
    certificateFile: keep('server.crt', certificate.certificatePem),
    keyFile: keep('server.key', certificate.privateKeyPem),
  };
  keep('server-ca.crt', certificate.caPem);
  const service = {
    origin: tenant.origin,
    caFile: keep('tenant-ca.crt', tenant.caPem),
    tenantId: tenant.tenantId,
    clientId: app.clientId,
    clientSecret: app.secret,
  };
  const wanted = once
    ? [{ smtp: 0, http: 0, console: 0 }]
    : [
        { smtp: 2525, http: 8025, console: 8026 },
        { smtp: 0, http: 0, console: 0 },
      ];
  for (const [index, ports] of wanted.entries()) {
    const server = writeDemoConfig(folder, service, files, ports);
    const configuration = {
      file: server.configFile,
      env: {},
      readFile: (path: string) => readFileSync(path, 'utf8'),
      hostname: hostname(),
      settings: 'of-data-folder',
    } as const;
    const loaded = loadConfig(configuration);
    if (!loaded.ok) throw new CommandError('config', loaded.problems.map((problem) => problem.sentence).join('\n'));
    try {
      const mailroom = await startMailroom(loaded.config, {
        clock: systemClock,
        random: Math.random,
        logger: createLogger('warn'),
        version: context.version,
        configuration,
      });
      return { mailroom, server, caPem: certificate.caPem };
    } catch (error) {
      if (index === wanted.length - 1) throw error;
      context.out.write('Ports 2525, 8025 and 8026 are not all free; taking others.\n');
    }
  }
  throw new CommandError('cannotCreate', 'No port could be opened.');
}

function targetOf(root: string, mailroom: Mailroom, server: DemoServer, caPem: string): HandInTarget {
  const portOf = (kind: 'smtp' | 'http') =>
    Number(
      mailroom.listeners
        .find((listener) => listener.kind === kind)
        ?.address.split(':')
        .at(-1),
    );
  return {
    root,
    smtpPort: portOf('smtp'),
    httpUrl: `https://localhost:${portOf('http')}`,
    caPem,
    logins: server.logins,
    apiKey: server.apiKey,
  };
}

interface Watch {
  /** Resolves when so many messages have come to an end. */
  untilSettled(count: number): Promise<void>;
  stop(): void;
}

/** Looks at the queue some times a second and shows what has changed. */
function watchMessages(mailroom: Mailroom, table: Table): Watch {
  let stopped = false;
  const shown = new Map<string, string>();
  const look = async (): Promise<number> => {
    const messages = await mailroom.store.list({ limit: 200 });
    for (const message of messages.toReversed()) {
      if (shown.get(message.id) === message.state) continue;
      shown.set(message.id, message.state);
      table.update(rowOf(message));
    }
    return messages.filter(({ state }) => isFinal(state)).length;
  };
  const pause = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    setTimeout(resolve, lookMs);
    return promise;
  };
  const keepLooking = async () => {
    while (!stopped) {
      await pause();
      if (!stopped) await look();
    }
  };
  return {
    async untilSettled(count) {
      const deadline = Date.now() + endDeadlineMs;
      while ((await look()) < count) {
        if (Date.now() > deadline)
          throw new CommandError('bad', `Not every message came to an end within ${endDeadlineMs / 1000} s.`);
        await pause();
      }
      // From here on for what a person hands in; it ends with the server.
      keepLooking().catch(() => undefined);
    },
    stop: () => {
      stopped = true;
    },
  };
}

function isFinal(state: QueuedMessage['state']): boolean {
  return state !== 'queued' && state !== 'sending';
}

function rowOf(message: QueuedMessage) {
  return {
    key: message.id,
    client: message.client,
    via: message.origin.ingress,
    subject: message.summary.subject,
    recipients: message.envelope.recipients.length,
    outcome: message.state,
    ms: isFinal(message.state) ? message.changedAt - message.acceptedAt : undefined,
  };
}

function invitation(
  target: HandInTarget,
  tenant: PracticeTenant,
  server: DemoServer,
  configFile: string,
  consoleUrl = '',
): string {
  const { smtpPort, httpUrl, apiKey } = target;
  const login = server.logins['case-management'];
  const ca = configFile.replace(/mailroom\.yaml$/, 'server-ca.crt');
  return [
    '',
    'It stays up for you to try:',
    `  What has arrived   ${tenant.origin}/  (the browser warns: the certificate is the practice tenant's own)`,
    `  The console        ${consoleUrl}  (once: it makes you its Administrator)`,
    `  SMTP               127.0.0.1:${smtpPort}, STARTTLS, login ${login?.login}, password ${login?.password}`,
    `  HTTP               ${httpUrl}/v1/messages, API key ${apiKey}`,
    '',
    `  curl --ssl-reqd --cacert ${ca} --user ${login?.login}:${login?.password} \\`,
    `    --mail-from ${systemAccount} --mail-rcpt ada@contoso.example -T ${join(target.root, 'examples', 'mail', 'case-assigned.eml')} smtp://localhost:${smtpPort}`,
    `  swaks --server 127.0.0.1:${smtpPort} --tls --auth LOGIN --auth-user ${login?.login} --auth-password ${login?.password} \\`,
    `    --from ${systemAccount} --to ada@contoso.example`,
    `  curl --cacert ${ca} ${httpUrl}/v1/messages -H "Authorization: Bearer ${apiKey}" -H "Content-Type: application/json" \\`,
    `    -d '{"from":"${systemAccount}","to":["ada@contoso.example"],"subject":"Hello","text":"Hello."}'`,
    `  npm run mailroom -- status --config ${configFile}`,
    '',
    'Ctrl-C stops it.',
    '',
  ].join('\n');
}

function interrupted(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.once('SIGINT', resolve);
  process.once('SIGTERM', resolve);
  return promise;
}
