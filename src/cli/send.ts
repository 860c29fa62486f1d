/** `mailroom send`: a test message, or a ready one, through the running server. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import MailComposer from 'nodemailer/lib/mail-composer';
import { stringify } from 'yaml';
import { isAddress } from '../config/schema-values.ts';
import type { MessageTrail } from '../domain/message.ts';
import { type CommandContext, type CommonOptions, readConfig } from './context.ts';
import { ControlClient } from './control-client.ts';
import { CommandError, exitCodes } from './exit-codes.ts';
import { addressesIn } from './header-recipients.ts';
import { type ElsewhereOptions, type ReadyMessage, sendByHttp, sendBySmtp } from './send-elsewhere.ts';
import { trailText } from './trail-text.ts';

interface SendOptions extends CommonOptions, ElsewhereOptions {
  readonly from?: string;
  readonly to?: string[];
  readonly subject: string;
  readonly text: string;
  readonly attach?: string[];
  readonly client?: string;
  readonly wait: number;
}

const finalStates = ['sent', 'failed', 'uncertain', 'held', 'cancelled'];

export function addSendCommand(program: Command, context: CommandContext): void {
  program
    .command('send [eml]')
    .description('Send a test message, or a ready message from a file ("-" is stdin), and show what became of it.')
    .option('--from <address>', 'envelope sender; the system account of the first connector when not given', address)
    .option('--to <addresses...>', 'envelope recipients; those of the header when not given')
    .option('--subject <text>', 'subject of a test message', 'Test message from Mailroom')
    .option('--text <text>', 'text of a test message', 'If you can read this, mail is going out.')
    .option('--attach <files...>', 'files to attach to a test message')
    .option('--client <name>', 'hand it in as this client; the first one when not given')
    .option('--wait <seconds>', 'wait so long for its end', seconds, 30)
    .option(
      '--smtp <url>',
      'hand it in by SMTP instead, as an application would: smtp://host:port or smtps://host:port',
    )
    .option('--http <url>', 'hand it in by HTTP instead: https://host:port')
    .option('--user <login>', 'login for --smtp')
    .option('--password-file <file>', 'file with the password for --user')
    .option('--api-key-file <file>', 'file with the API key for --http')
    .option('--ca-file <file>', 'certificate authority of the listener')
    .option('--config <file>', 'configuration file')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  mailroom send --to you@contoso.com\n  mailroom send --to you@contoso.com --subject Scan --attach scan.pdf\n  mailroom send message.eml --to ada@contoso.com\n  mailroom send --smtp smtp://localhost:2525 --user printer --password-file printer.password --from noreply@contoso.com --to you@contoso.com\n\nExit code 1 when it came to another end than sent within --wait. By --smtp, accepted is all that can be known.',
    )
    .action((eml: string | undefined, options: SendOptions) => send(context, eml, options));
}

function address(text: string): string {
  if (!isAddress(text)) throw new InvalidArgumentError('It must be an address such as noreply@contoso.com.');
  return text;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new InvalidArgumentError('It must be a number of seconds.');
  return value;
}

async function send(context: CommandContext, eml: string | undefined, options: SendOptions): Promise<void> {
  const { smtp, http } = options;
  if (smtp !== undefined && http !== undefined) throw new CommandError('usage', 'Choose one of --smtp and --http.');
  const isElsewhere = smtp !== undefined || http !== undefined;
  // An application's way in is tried from where the application runs: there is no configuration there.
  const config = isElsewhere ? undefined : readConfig(context, options).config;
  const from = options.from ?? config?.connectors[0]?.userName;
  if (from === undefined) throw new CommandError('usage', 'Name the sender with --from ADDRESS.');
  const message = await readyMessage(context, eml, from, options);
  const wait = { ms: options.wait * 1000, isFinal: (state: string) => finalStates.includes(state) };
  if (smtp !== undefined) {
    await sendBySmtp(smtp, options, message);
    context.out.write(options.json ? `${JSON.stringify({ accepted: true })}\n` : 'Accepted.\n');
  } else if (http !== undefined) {
    const fate = await sendByHttp(http, options, message, wait);
    context.out.write(options.json ? `${JSON.stringify(fate)}\n` : stringify(fate));
    if (fate.state !== 'sent') context.exitCode = exitCodes.bad[0];
  } else if (config) await sendToServer(context, config.control.socket, message, options);
}

async function readyMessage(
  context: CommandContext,
  eml: string | undefined,
  from: string,
  options: SendOptions,
): Promise<ReadyMessage> {
  const bytes = eml === undefined ? await testMessage(from, options) : await readMessage(context, eml);
  const to = options.to ?? addressesIn(bytes);
  for (const each of to)
    if (!isAddress(each)) throw new CommandError('usage', `--to ${each}: not an address such as ada@contoso.com.`);
  if (to.length === 0) throw new CommandError('usage', 'Nobody to send to. Name recipients with --to ADDRESS.');
  return { from, to, bytes };
}

async function sendToServer(
  context: CommandContext,
  socket: string,
  { from, to, bytes }: ReadyMessage,
  options: SendOptions,
): Promise<void> {
  const control = new ControlClient(socket);
  try {
    if (!(await control.alive()))
      throw new CommandError('tempFail', `No server answers on ${socket}. Start it with mailroom serve.`);
    const query = new URLSearchParams([['from', from], ...to.map((each) => ['to', each])]);
    if (options.client) query.set('client', options.client);
    const accepted = await control.json<{ id: string }>('POST', `/messages?${query}`, bytes);
    if (!accepted) throw new CommandError('unavailable', 'The server gave no id for the message.');
    const trail = await waitForEnd(control, accepted.id, options.wait * 1000);
    context.out.write(options.json ? `${JSON.stringify(trail)}\n` : trailText(trail));
    if (trail.message.state !== 'sent') context.exitCode = exitCodes.bad[0];
  } finally {
    await control.close();
  }
}

async function testMessage(from: string, options: SendOptions): Promise<Buffer> {
  const attachments = (options.attach ?? []).map((file) => ({ filename: basename(file), content: bytesOf(file) }));
  const composer = new MailComposer({
    from,
    to: options.to ?? [],
    subject: options.subject,
    text: options.text,
    attachments,
    newline: '\r\n',
  });
  return composer.compile().build();
}

async function readMessage(context: CommandContext, file: string): Promise<Buffer> {
  return file === '-' ? buffer(context.stdin) : bytesOf(file);
}

function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new CommandError('data', `${file} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

/** Asks until the message has come to an end, or the time is over. */
async function waitForEnd(control: ControlClient, id: string, waitMs: number): Promise<MessageTrail> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    const trail = await control.json<MessageTrail>('GET', `/messages/${id}`);
    if (!trail) throw new CommandError('software', `The server accepted ${id} and does not know it.`);
    if (finalStates.includes(trail.message.state) || Date.now() > deadline) return trail;
    await pause(200);
  }
}
