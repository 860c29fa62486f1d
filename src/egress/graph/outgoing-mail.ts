/**
 * Makes the body of sendMail from a stored message: the envelope decides who stands in the header, and the bytes below it
 * stay as they came. Made anew for each attempt, since a body that was read once posts nothing the second time.
 */
import type { QueuedMessage } from '../../domain/message.ts';
import type { ExchangeBody } from '../../microsoft/exchange.ts';
import { headerForEnvelope } from '../../mime/envelope-header.ts';
import { withFrom, withHarmlessFromName } from '../../mime/from-header.ts';
import { toJsonForm } from '../../mime/graph-json.ts';
import { repairQuotedPrintable } from '../../mime/quoted-printable-repair.ts';
import { parseRootHeader, type RootHeader } from '../../mime/root-header.ts';

/** Graph's limit for a whole request, in bytes (https://learn.microsoft.com/graph/api/user-sendmail: 413 above it). */
const requestLimitBytes = 4 * 1024 * 1024;
/** Left for request line and header fields; a token alone can take 8 KB. */
const requestHeaderBytes = 16 * 1024;
/** Left for a Bcc of as many recipients as there may be. */
const addedHeaderBytes = 64 * 1024;

/** Largest body, in bytes. */
export const bodyLimitBytes = requestLimitBytes - requestHeaderBytes;

/**
 * Largest message that one request can take, in bytes: base64 makes four of three, and the header may grow by a Bcc.
 * floor((4,194,304 - 16,384) / 4) * 3 - 65,536 = 3,067,904.
 */
export const maxMessageBytes = Math.floor(bodyLimitBytes / 4) * 3 - addedHeaderBytes;

/**
 * Bytes that go out at a time, so that it is known how much is out and only a piece is copied; smaller bodies go in one write. A multiple
 * of three, so that pieces in base64 join without padding between them.
 */
const pieceBytes = 48 * 1024;

export type OutgoingMail =
  | {
      readonly fit: true;
      readonly contentType: string;
      readonly body: () => ExchangeBody;
      readonly size: number;
      readonly notes: readonly string[];
    }
  | { readonly fit: false; readonly fault: 'too-large' | 'message-unfit'; readonly why: string };

export async function makeOutgoingMail(
  message: QueuedMessage,
  stored: Buffer,
  { repairsQuotedPrintable = false }: { readonly repairsQuotedPrintable?: boolean } = {},
): Promise<OutgoingMail> {
  const { route, envelope } = message;
  const recipients = envelope.recipients.map(({ address }) => address);
  const notes: string[] = [];
  const whole = repairsQuotedPrintable ? repaired(stored, notes) : stored;
  const root = rewriteFrom(parseRootHeader(whole), route, notes);
  const mail =
    route.form === 'json' ? await asJson(root.bytes, recipients, route.saveToSentItems) : asMime(root, recipients);
  if (!mail.fit) return mail;
  if (mail.size > bodyLimitBytes)
    return { fit: false, fault: 'too-large', why: `The request would have ${mail.size} bytes; ${bodyLimitBytes} fit.` };
  return { ...mail, notes: [...notes, ...mail.notes] };
}

function repaired(stored: Buffer, notes: string[]): Buffer {
  const { bytes, parts } = repairQuotedPrintable(stored);
  if (parts > 0) notes.push(`quoted-printable parts sent as base64, because Graph could mangle them: ${parts}`);
  return bytes;
}

/**
 * The message with From as the route wants it; where it is to be kept, only a display name that holds an @ is written so that nobody takes
 * it for the address: Exchange has been seen to answer such mail with ErrorSendAsDenied.
 */
function rewriteFrom(header: RootHeader, { fromHeader, sender }: QueuedMessage['route'], notes: string[]): RootHeader {
  const change = fromHeader === 'system-account' ? withFrom(header, sender) : withHarmlessFromName(header);
  if (change.changed) {
    notes.push(change.note);
    return parseRootHeader(Buffer.concat([change.header.bytes, header.bytes.subarray(header.bodyStart)]));
  }
  if (change.why === 'signed' && fromHeader === 'system-account')
    notes.push('From was kept, because the message is signed');
  return header;
}

function asMime(root: RootHeader, recipients: readonly string[]): OutgoingMail {
  const { header, trimmed, blind } = headerForEnvelope(root, recipients);
  return {
    fit: true,
    contentType: 'text/plain',
    size: base64Length(header.length + root.bytes.length - root.bodyStart),
    body: () => base64Body(header, root.bytes.subarray(root.bodyStart)),
    notes: [
      ...listNote('left out of the header, because the envelope does not name them', trimmed),
      ...listNote('sent as blind copies', blind),
    ],
  };
}

async function asJson(bytes: Buffer, recipients: readonly string[], saveToSentItems: boolean): Promise<OutgoingMail> {
  const form = await toJsonForm(bytes, recipients);
  if (!form.possible) return { fit: false, fault: 'message-unfit', why: `The JSON form cannot bear it: ${form.why}.` };
  const body = Buffer.from(JSON.stringify({ message: form.message, saveToSentItems }));
  return {
    fit: true,
    contentType: 'application/json',
    size: body.length,
    body: () =>
      body.length <= pieceBytes
        ? { kind: 'whole', bytes: body }
        : { kind: 'pieces', length: body.length, pieces: cut(body) },
    notes: listNote('lost in the JSON form', form.lost),
  };
}

function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

/** Header and body as one text, without a copy of the body that joins them. */
function base64Body(header: Buffer, body: Buffer): ExchangeBody {
  // Bytes of the body that fill up the header's last group of three, so that no padding comes between the two.
  const borrowed = Math.min((3 - (header.length % 3)) % 3, body.length);
  const head = Buffer.concat([header, body.subarray(0, borrowed)]);
  const rest = body.subarray(borrowed);
  const length = base64Length(header.length + body.length);
  if (header.length + body.length > pieceBytes) return { kind: 'pieces', length, pieces: inBase64(head, rest) };
  const bytes = Buffer.allocUnsafe(length);
  bytes.write(rest.toString('base64'), bytes.write(head.toString('base64'), 'latin1'), 'latin1');
  return { kind: 'whole', bytes };
}

function* inBase64(head: Buffer, rest: Buffer): Generator<Buffer> {
  yield Buffer.from(head.toString('base64'), 'latin1');
  for (const piece of cut(rest)) yield Buffer.from(piece.toString('base64'), 'latin1');
}

function* cut(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

/** Names in a note; a list of hundreds would bury the rest of the trail. */
const namesInNote = 20;

function listNote(what: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const more = names.length > namesInNote ? `, and ${names.length - namesInNote} more` : '';
  return [`${what}: ${names.slice(0, namesInNote).join(', ')}${more}`];
}
