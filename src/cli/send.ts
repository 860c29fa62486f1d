/** `mailroom send`: a test message, or a ready one, through the running server. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type Command, InvalidArgumentError } from 'commander';
import MailComposer from 'nodemailer/lib/mail-composer';
import { isAddress } from '../config/schema-values.ts';
import type { MessageTrail } from '../domain/message.ts';
import { type CommandContext, type CommonOptions, readConfig } from './context.ts';
import { ControlClient } from './control-client.ts';
import { CommandError } from './exit-codes.ts';
import { addressesIn } from './header-recipients.ts';
import { trailText } from './queue.ts';

interface SendOptions extends CommonOptions {
  readonly from?: string;
  readonly to?: string[];
  readonly subject: string;
  readonly text: string;
  readonly attach?: string[];
  readonly client?: string;
  readonly wait: string;
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
    .option('--wait <seconds>', 'wait so long for its end', '30')
    .option('--config <file>', 'configuration file')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  mailroom send --to you@contoso.com\n  mailroom send --to you@contoso.com --subject Scan --attach scan.pdf\n  mailroom send message.eml --to ada@contoso.com',
    )
    .action((eml: string | undefined, options: SendOptions) => send(context, eml, options));
}

function address(text: string): string {
  if (!isAddress(text)) throw new InvalidArgumentError('It must be an address such as noreply@contoso.com.');
  return text;
}

async function send(context: CommandContext, eml: string | undefined, options: SendOptions): Promise<void> {
  const { config } = readConfig(context, options);
  const from = options.from ?? config.connectors[0]?.userName ?? '';
  const bytes = eml === undefined ? await testMessage(from, options) : await readMessage(context, eml);
  const to = options.to ?? addressesIn(bytes);
  for (const each of to)
    if (!isAddress(each)) throw new CommandError('usage', `--to ${each}: not an address such as ada@contoso.com.`);
  if (to.length === 0) throw new CommandError('usage', 'Nobody to send to. Name recipients with --to ADDRESS.');
  const control = new ControlClient(config.control.socket);
  try {
    if (!(await control.alive()))
      throw new CommandError(
        'tempFail',
        `No server answers on ${config.control.socket}. Start it with mailroom serve.`,
      );
    const query = new URLSearchParams([['from', from], ...to.map((each) => ['to', each])]);
    if (options.client) query.set('client', options.client);
    const accepted = await control.json<{ id: string }>('POST', `/messages?${query}`, bytes);
    if (!accepted) throw new CommandError('unavailable', 'The server gave no id for the message.');
    const trail = await waitForEnd(control, accepted.id, Number(options.wait) * 1000);
    context.out.write(options.json ? `${JSON.stringify(trail)}\n` : trailText(trail));
    if (trail.message.state !== 'sent') context.exitCode = 1;
  } finally {
    await control.close();
  }
}

async function testMessage(from: string, options: SendOptions): Promise<Buffer> {
  const attachments = (options.attach ?? []).map((file) => ({ filename: basename(file), content: readFileSync(file) }));
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
  try {
    return file === '-' ? await buffer(context.stdin) : readFileSync(file);
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
    const { promise, resolve } = Promise.withResolvers<void>();
    setTimeout(resolve, 200);
    await promise;
  }
}
