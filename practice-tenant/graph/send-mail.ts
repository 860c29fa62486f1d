/**
 * POST /users/{id}/sendMail: 202 with an empty body when the message is taken, whatever becomes of it later.
 * Source: Graph v1.0 "user: sendMail". Raw MIME comes as base64 in text/plain.
 */
import { randomUUID } from 'node:crypto';
import type { TenantUser } from '../directory.ts';
import { headerText, type TenantRequest, type TenantResponse } from '../http/exchange.ts';
import type { Mailboxes } from '../mailboxes/mailboxes.ts';
import { callerOf, type GraphContext, mailboxFor } from './authorise.ts';
import { graphError, invalidHeaderName } from './graph-error.ts';
import { readJsonMessage } from './json-message.ts';
import { readMessage } from './mime-message.ts';

/** Largest request that Graph takes, in bytes. */
export const requestLimitBytes = 4 * 1024 * 1024;

/** Held against text without its white space: with both in one pattern, a megabyte of blanks would take minutes. */
const base64Text = /^[A-Za-z0-9+/]+={0,2}$/;

export async function sendMail(
  context: GraphContext & { readonly mailboxes: Mailboxes },
  request: TenantRequest,
  userName: string,
): Promise<TenantResponse> {
  const caller = await callerOf(context, request);
  if ('refusal' in caller) return caller.refusal;
  const mailbox = mailboxFor(context, caller.value, userName, 'Mail.Send');
  if ('refusal' in mailbox) return mailbox.refusal;
  const now = context.now();
  if (request.body.length > requestLimitBytes) return graphError('tooLarge', now);
  const contentType = (headerText(request.headers, 'content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  switch (contentType) {
    case 'text/plain': {
      const mime = decodeBase64(request.body);
      return mime ? deliver(context, mailbox.value, mime, true) : graphError('invalidBase64', now);
    }
    case 'application/json': {
      const message = await readJsonMessage(request.body);
      switch (message.kind) {
        case 'message':
          return deliver(context, mailbox.value, message.mime, message.saveToSentItems);
        case 'missing-message':
          return graphError('missingMessage', now);
        case 'invalid-recipients':
          return graphError('invalidRecipients', now);
        case 'too-many-headers':
          return graphError('tooManyHeaders', now);
        case 'header-name':
          return invalidHeaderName(message.name, now);
        case 'malformed':
          return graphError('badRequest', now);
      }
      break;
    }
    default:
      return graphError('unsupportedMediaType', now);
  }
}

function decodeBase64(body: Buffer): Buffer | undefined {
  const text = body.toString('latin1').replace(/\s+/g, '');
  return text.length % 4 === 0 && base64Text.test(text) ? Buffer.from(text, 'base64') : undefined;
}

async function deliver(
  context: GraphContext & { readonly mailboxes: Mailboxes },
  sender: TenantUser,
  mime: Buffer,
  saveToSentItems: boolean,
): Promise<TenantResponse> {
  const { mailboxes, now } = context;
  const message = await readMessage(mime);
  if (message.recipients.length === 0) return graphError('invalidRecipients', now());
  if (message.from !== undefined && !maySendAs(sender, message.from)) return graphError('sendAsDenied', now());
  const { internetMessageId, subject } = message;
  const copy = { raw: message.withoutBcc, internetMessageId, subject, at: now() };
  for (const recipient of message.recipients) mailboxes.deliver(recipient, 'inbox', copy);
  // Sent Items keeps the Bcc: it is the sender's own copy.
  if (saveToSentItems) mailboxes.deliver(sender.address, 'sentitems', { ...copy, raw: mime });
  mailboxes.accepted += 1;
  return { status: 202, headers: { 'request-id': randomUUID() } };
}

function maySendAs(sender: TenantUser, from: string): boolean {
  if (sender.maySendAs.includes('*')) return true;
  const wanted = from.toLowerCase();
  return [sender.address, ...sender.aliases, ...sender.maySendAs].some((address) => address.toLowerCase() === wanted);
}
