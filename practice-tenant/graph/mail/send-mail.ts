/**
 * POST /users/{id}/sendMail: 202 with an empty body when the message is taken, whatever becomes of it later.
 * Source: Graph v1.0 "user: sendMail". Raw MIME comes as base64 in text/plain.
 */
import { z } from 'zod';
import type { TenantResponse } from '../../http/exchange.ts';
import { submitMessage } from '../../mailboxes/transport.ts';
import { refusal } from '../graph-error.ts';
import { decodeBase64 } from './base64.ts';
import { composeMessage } from './compose-message.ts';
import { bodyRefusal, kindOfBody, readLowerCaseJson, validated } from './lower-case-json.ts';
import { type MailCall, recipientsOf, requireRoom, requireSendAs, withSender } from './mail-call.ts';
import { attachmentsFrom, contentFrom, readMessageBody } from './message-schema.ts';
import { readHeader } from './mime-message.ts';

/** The official sample passes the string "false" (Graph "user: sendMail", example 1). */
const saveSchema = z
  .union([z.boolean(), z.string().regex(/^(?:true|false)$/i)])
  .nullish()
  .transform((save) => String(save ?? true).toLowerCase() === 'true');

const parameters = new Set(['message', 'savetosentitems']);

const accepted: TenantResponse = { status: 202 };

/** @throws GraphRefusal for what the service finds out before it answers */
export async function sendMail(call: MailCall): Promise<TenantResponse> {
  requireRoom(call);
  if (kindOfBody(call.request) === 'mime') await sendMime(call);
  else await sendJson(call);
  return accepted;
}

/** The header names the recipients: there is no envelope beside it. */
async function sendMime(call: MailCall): Promise<void> {
  const { service, tenant, mailbox, request } = call;
  const raw = decodeBase64(request.body.toString('latin1'));
  if (!raw || raw.length === 0) throw refusal('invalidBase64');
  const { recipients, from, internetMessageId, subject } = await readHeader(raw);
  if (recipients.length === 0) throw refusal('invalidRecipients');
  requireSendAs(call, from);
  submitMessage(service, tenant, {
    sender: mailbox,
    recipients,
    raw,
    from,
    saveToSentItems: true,
    internetMessageId,
    subject,
  });
}

async function sendJson(call: MailCall): Promise<void> {
  const { service, tenant, mailbox, now } = call;
  const body = readLowerCaseJson(call.request);
  if (!('message' in body)) throw refusal(Object.keys(body).length === 0 ? 'badRequest' : 'missingMessage');
  const unknown = Object.keys(body).find((name) => !parameters.has(name) && !name.includes('@odata.'));
  if (unknown !== undefined)
    throw bodyRefusal(
      `The parameter '${unknown}' in the request payload is not a valid parameter for the operation 'sendMail'.`,
    );
  const message = readMessageBody(body['message']);
  const saveToSentItems = validated(body['savetosentitems'], saveSchema, 'user');
  const content = withSender(contentFrom(message), mailbox);
  const recipients = recipientsOf(content);
  if (recipients.length === 0) throw refusal('invalidRecipients');
  const attachments = await attachmentsFrom(message.attachments ?? [], now, (inner, within) =>
    composeMessage(inner, within, now),
  );
  requireSendAs(call, content.from?.address, content.sender?.address);
  const raw = await composeMessage(content, attachments, now);
  // The composer makes a Message-ID up where the body has none; only the header knows it then.
  const internetMessageId = content.internetMessageId || (await readHeader(raw)).internetMessageId;
  submitMessage(service, tenant, {
    sender: mailbox,
    recipients,
    raw,
    from: content.from?.address,
    saveToSentItems,
    internetMessageId,
    subject: content.subject,
  });
}
