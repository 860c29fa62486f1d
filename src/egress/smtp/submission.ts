/**
 * Makes what goes onto the wire out of a message. By SMTP the envelope decides by itself, so that To and Cc stay as they
 * are; Bcc is taken out of the root header, since recipients would read it, and the bytes below stay as they came.
 */
import { domainToASCII } from 'node:url';
import type { Envelope } from '../../domain/envelope.ts';
import type { QueuedMessage } from '../../domain/message.ts';
import { headerWithoutBcc } from '../../mime/envelope-header.ts';
import { withFrom } from '../../mime/from-header.ts';
import type { RootHeader } from '../../mime/root-header.ts';
import type { DeliveredBody } from '../courier.ts';
import { readRootHeader, withRootHeader } from '../rooted-body.ts';

export interface Submission {
  readonly mailFrom: string;
  /** Address on the wire → address of the envelope. */
  readonly recipients: ReadonlyMap<string, string>;
  readonly body: DeliveredBody;
  /** An address has a local part beyond ASCII: only a server with SMTPUTF8 can take it. */
  readonly needsUtf8: boolean;
  readonly dsn?: { readonly ret?: string; readonly notify?: string };
  readonly notes: readonly string[];
}

export async function makeSubmission(message: QueuedMessage, stored: DeliveredBody): Promise<Submission> {
  const { route, envelope } = message;
  const notes: string[] = [];
  const body = await rewritten(stored, route, notes);
  let { mailFrom } = envelope;
  if (route.fromHeader === 'system-account' && mailFrom !== '' && mailFrom !== route.sender) {
    notes.push(`the envelope sender ${mailFrom} became ${route.sender}`);
    mailFrom = route.sender;
  }
  const recipients = new Map(envelope.recipients.map(({ address }) => [onTheWire(address), address]));
  return {
    mailFrom: onTheWire(mailFrom),
    recipients,
    body,
    needsUtf8: ![onTheWire(mailFrom), ...recipients.keys()].every(isAscii),
    ...dsnOf(envelope),
    notes,
  };
}

async function rewritten(
  stored: DeliveredBody,
  route: QueuedMessage['route'],
  notes: string[],
): Promise<DeliveredBody> {
  const root = await readRootHeader(stored);
  let header: RootHeader = root;
  if (route.fromHeader === 'system-account') {
    const change = withFrom(root, route.sender);
    if (change.changed) {
      header = change.header;
      notes.push(change.note);
    } else if (change.why === 'signed') notes.push('From was kept, because the message is signed');
  }
  const hasBcc = header.fields.some(({ name }) => name === 'bcc' || name === 'resent-bcc');
  if (hasBcc) notes.push('Bcc was taken out of the header');
  if (!hasBcc && header === root) return stored;
  return withRootHeader(stored, root.bodyStart, hasBcc ? headerWithoutBcc(header) : header.bytes);
}

/** Domains go as A-labels, which every server knows; a local part has no such form. */
function onTheWire(address: string): string {
  const at = address.lastIndexOf('@');
  if (at === -1 || isAscii(address.slice(at))) return address;
  return `${address.slice(0, at)}@${domainToASCII(address.slice(at + 1)) || address.slice(at + 1)}`;
}

function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

/** Nobody is to be told where the client wants it so (RFC 3461); other wishes are met by Mailroom's own notices. */
function dsnOf({ recipients, returnContent }: Envelope): Pick<Submission, 'dsn'> {
  const isSilent = recipients.every(({ notify }) => notify?.includes('never'));
  if (!isSilent) return {};
  return {
    dsn: {
      notify: 'NEVER',
      ...(returnContent === undefined ? {} : { ret: returnContent === 'full' ? 'FULL' : 'HDRS' }),
    },
  };
}
