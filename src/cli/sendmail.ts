/**
 * sendmail(1): takes a message on stdin and hands it to the local SMTP listener. Quiet on success; exit codes of
 * sysexits.h, so that a caller knows whether to keep the message.
 *
 * As with Postfix, addresses on the command line and those that -t takes from the header both get the message.
 */
import { existsSync, readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { type ExitName, exitCodes } from './exit-codes.ts';
import { completeRecipient, completeSender } from './sendmail-addresses.ts';
import { parseSendmailArguments, type SendmailArguments, sendmailHelp } from './sendmail-arguments.ts';
import { MessageDataError, prepareMessage, readInput, takeRecipients } from './sendmail-message.ts';
import { readSendmailSettings, type SendmailSettings, sendmailSettingsFile } from './sendmail-settings.ts';
import { deliverBySmtp, exitFor, passThrough } from './sendmail-smtp.ts';

async function main(): Promise<number> {
  const parsed = parseSendmailArguments(process.argv.slice(2));
  if (parsed.kind === 'help') {
    process.stdout.write(sendmailHelp);
    return exitCodes.ok[0];
  }
  if (parsed.kind === 'wrong') return complain('usage', parsed.sentence);
  try {
    const settings = readSendmailSettings({
      env: process.env,
      readFile: (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
      hostname: hostname(),
      settingsFile: process.env['MAILROOM_SENDMAIL_CONF'] || sendmailSettingsFile,
    });
    if (parsed.arguments.mode === 'smtp') await passThrough(settings, process.stdin, process.stdout);
    else await handIn(parsed.arguments, settings);
    return exitCodes.ok[0];
  } catch (error) {
    if (error instanceof UsageError) return complain('usage', error.message);
    if (error instanceof MessageDataError) return complain('data', error.message);
    // Whatever else went wrong, the message is worth keeping: a wrong setting is mended by the administrator.
    const { name, sentence } = exitFor(error);
    return complain(name, sentence);
  }
}

class UsageError extends Error {}

async function handIn(wishes: SendmailArguments, settings: SendmailSettings): Promise<void> {
  const { domain, local } = settings;
  const ownSender = settings.from ?? `${userInfo().username}@${domain}`;
  const from = wishes.from === undefined ? ownSender : completeSender(wishes.from, domain);
  const { fullName, ignoreDots } = wishes;
  const prepared = prepareMessage(await readInput(process.stdin), { ignoreDots, fullName, sender: from || ownSender });
  const found = wishes.fromHeader
    ? takeRecipients(prepared, domain, local)
    : { message: prepared, recipients: [] as const };
  const named = wishes.recipients.map((recipient) => completeRecipient(recipient, domain, local));
  const recipients = [...new Set([...named, ...found.recipients])];
  if (recipients.length === 0) throw new UsageError('no recipients; name them, or use -t to take them from the header');
  await deliverBySmtp({ ...settings, from, recipients, message: found.message, dsn: wishes.dsn });
}

function complain(name: ExitName, sentence: string): number {
  process.stderr.write(`sendmail: ${sentence}\n`);
  return exitCodes[name][0];
}

process.exitCode = await main();
// What nobody read of stdin would keep the process waiting.
process.stdin.destroy();
