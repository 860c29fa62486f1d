/**
 * The part of Graph that lives in mailboxes: /users/{id}/… and /me/… Each request goes permission → limits → size → what
 * stands at the path.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { TenantRequest, TenantResponse } from '../../http/exchange.ts';
import type { Caller } from '../authorise.ts';
import { refusal, unknownSegment } from '../graph-error.ts';
import { type MailPermission, mailboxFor } from '../mailbox-access.ts';
import { asksForImmutableIds, type MailCall, type MailService, throttled } from './mail-call.ts';
import { answerFolders } from './mail-folders.ts';
import { answerMessages } from './messages.ts';
import { sendMail } from './send-mail.ts';

export interface MailPath {
  /** Address, object id, or `me`. */
  readonly user: string;
  /** The segments behind the user. */
  readonly rest: readonly string[];
}

/** @throws GraphRefusal with whatever the service would refuse */
export async function answerMail(
  service: MailService,
  request: TenantRequest,
  caller: Caller,
  { user, rest }: MailPath,
): Promise<TenantResponse> {
  const { tenant } = caller;
  const mailbox = mailboxFor(service, caller, user, permissionFor(request.method, rest));
  const admission = tenant.limits.enter({
    appId: caller.appId,
    mailbox: mailbox.id,
    bytes: request.method === 'GET' ? 0 : request.body.length,
  });
  if ('refused' in admission) throw throttled(admission.refused);
  try {
    const { requestBytes, mailboxAnswerMs } = tenant.profile;
    if (mailboxAnswerMs > 0) await pause(mailboxAnswerMs);
    if (requestBytes !== null && request.body.length > requestBytes) throw refusal('tooLarge');
    const name = user === 'me' ? mailbox.id : user;
    const base = `users('${encodeURIComponent(name.replaceAll("'", "''"))}')`;
    const immutableIds = asksForImmutableIds(request);
    const now = service.clock.now();
    return await answerPath({ service, request, caller, tenant, mailbox, now, base, immutableIds }, rest);
  } finally {
    admission.leave();
  }
}

async function answerPath(call: MailCall, [first = '', ...rest]: readonly string[]): Promise<TenantResponse> {
  switch (first.toLowerCase()) {
    case 'sendmail':
      if (rest[0] !== undefined) throw unknownSegment(rest[0]);
      if (call.request.method !== 'POST') throw refusal('methodNotAllowed');
      return sendMail(call);
    case 'messages':
      return answerMessages(call, undefined, rest);
    case 'mailfolders':
      return answerFolders(call, rest);
    default:
      throw unknownSegment(first);
  }
}

function permissionFor(method: string, rest: readonly string[]): MailPermission {
  const last = rest.at(-1)?.toLowerCase();
  if (last === 'sendmail' || (last === 'send' && method === 'POST')) return 'Mail.Send';
  return method === 'GET' ? 'Mail.Read' : 'Mail.ReadWrite';
}
