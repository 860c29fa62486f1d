/**
 * Makes a message out of what came on stdin: up to a lone dot, line ends CR LF, with a From that has a domain. Below the
 * header, line ends are all that changes.
 */
import { encodeWords } from 'nodemailer/lib/mime-funcs';
import { headerRecipients } from '../mime/addresses.ts';
import { headerWithoutBcc } from '../mime/envelope-header.ts';
import { fieldValue, parseRootHeader } from '../mime/root-header.ts';
import { completeRecipient, readBareName } from './sendmail-addresses.ts';

/** Exchange Online takes no more than 150 MB by any way; without a limit, a program in a loop fills the memory. */
export const mostMessageBytes = 150 * 1024 * 1024;

/** The message cannot be read, or the addresses in its header cannot. */
export class MessageDataError extends Error {}

/** Reads all of stdin. @throws MessageDataError beyond `mostBytes`. */
export async function readInput(input: AsyncIterable<Buffer>, mostBytes = mostMessageBytes): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input) {
    size += chunk.length;
    if (size > mostBytes) throw new MessageDataError(`the message is larger than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export interface MessageWishes {
  /** -i: a line with a single dot does not end the message. */
  readonly ignoreDots: boolean;
  /** Address for a From that is missing or has no domain. */
  readonly sender: string;
  /** -F */
  readonly fullName: string | undefined;
}

/** The message as it goes to the listener. */
export function prepareMessage(input: Buffer, wishes: MessageWishes): Buffer {
  const message = withoutMboxLine(withCrLf(wishes.ignoreDots ? input : upToLoneDot(input)));
  const header = parseRootHeader(message);
  const from = header.fields.find((field) => field.name === 'from');
  const bare = from && readBareName(fieldValue(header, from));
  if (from && !bare) return message;
  const line = Buffer.from(`From: ${mailbox(wishes.sender, bare?.display || wishes.fullName)}\r\n`);
  if (from) return Buffer.concat([message.subarray(0, from.start), line, message.subarray(from.end)]);
  // Text without any header is all body, and stays so.
  const gap = header.fields.length === 0 && header.bodyStart === 0 ? '\r\n' : '';
  return Buffer.concat([line, Buffer.from(gap), message]);
}

/** -t: the message without its Bcc, and the addresses of To, Cc and Bcc. @throws MessageDataError for one that cannot be read. */
export function takeRecipients(
  message: Buffer,
  domain: string,
  local: string | undefined,
): { message: Buffer; recipients: string[] } {
  const header = parseRootHeader(message);
  const { to, cc, bcc, unreadable } = headerRecipients(header);
  const completed = unreadable.map((text) => {
    if (!readBareName(text)) throw new MessageDataError(`a recipient in the header cannot be read: ${text}`);
    return completeRecipient(text, domain, local);
  });
  const hasBcc = header.fields.some((field) => field.name === 'bcc' || field.name === 'resent-bcc');
  return {
    recipients: [...to, ...cc, ...bcc, ...completed],
    message: hasBcc ? Buffer.concat([headerWithoutBcc(header), message.subarray(header.bodyStart)]) : message,
  };
}

function mailbox(address: string, name: string | undefined): string {
  if (!name) return address;
  const oneLine = name.replace(/[\r\n]+/g, ' ');
  if (/^[\x20-\x7e]*$/.test(oneLine)) return `"${oneLine.replace(/["\\]/g, '\\$&')}" <${address}>`;
  return `${encodeWords(oneLine, 'Q', 52, true)} <${address}>`;
}

function upToLoneDot(input: Buffer): Buffer {
  for (let at = 0; at !== -1 && at < input.length; ) {
    const end = input.indexOf('\n', at);
    const line = input.subarray(at, end === -1 ? input.length : end);
    if (line.length <= 2 && (line.equals(dot) || line.equals(dotCr))) return input.subarray(0, at);
    at = end === -1 ? -1 : end + 1;
  }
  return input;
}

const dot = Buffer.from('.');
const dotCr = Buffer.from('.\r');

/**
 * A bare CR becomes a line end too: progress bars in the output of cron jobs are full of them, and no mail may hold one.
 * CR CR LF, which text mode makes of CR LF, is one line end: as two it would end the header behind its first field.
 */
function withCrLf(input: Buffer): Buffer {
  // One character a byte: what is not a line end stays as it is.
  return Buffer.from(input.toString('latin1').replace(/\r*\n|\r/g, '\r\n'), 'latin1');
}

/** The `From ` line of an mbox file is no field; procmail and some mailers put it first. */
function withoutMboxLine(message: Buffer): Buffer {
  const isMbox = /^>?From /.test(message.toString('latin1', 0, 6));
  return isMbox ? message.subarray(message.indexOf('\n') + 1) : message;
}
