/**
 * Graph v1.0: each request goes token → batch, mail or directory → answer, and whatever refuses it becomes its answer in
 * one place. `/v1.0/myorganization/` is an alias that some clients still use.
 */
import { headerText, type TenantRequest, type TenantResponse } from '../http/exchange.ts';
import type { Service } from '../service.ts';
import { callerOf } from './authorise.ts';
import { answerBatch } from './batch.ts';
import { answerDirectory } from './directory-routes.ts';
import { withDiagnostics } from './graph-answer.ts';
import { GraphRefusal, refusal, refusalAnswer, unknownSegment } from './graph-error.ts';
import { graphPath } from './graph-path.ts';
import { answerMail } from './mail/answer-mail.ts';

/** Parts of a user that live in the mailbox. */
const mailParts = new Set(['sendmail', 'messages', 'mailfolders', 'mailboxsettings']);

/** Answers a request whose path begins with v1.0. Never throws for anything that a client can send. */
export async function answerGraph(service: Service, request: TenantRequest): Promise<TenantResponse> {
  const context = { now: service.clock.now(), clientRequestId: headerText(request.headers, 'client-request-id') };
  try {
    return withDiagnostics(await answerPath(service, request), context);
  } catch (error) {
    if (error instanceof GraphRefusal) return refusalAnswer(error, context);
    throw error;
  }
}

async function answerPath(service: Service, request: TenantRequest): Promise<TenantResponse> {
  const path = graphPath(request.segments);
  const caller = await callerOf(service, request);
  if (path[0]?.toLowerCase() === '$batch') {
    if (request.method !== 'POST') throw refusal('methodNotAllowed');
    if (path.length > 1) throw unknownSegment(path[1] ?? '');
    return answerBatch(request, (item) => answerGraph(service, item));
  }
  const mail = mailPath(path);
  return mail ? answerMail(service, request, caller, mail) : answerDirectory(service, request, caller, path);
}

/** The mailbox and the path in it, for a path that goes there. */
function mailPath(path: readonly string[]): { user: string; rest: readonly string[] } | undefined {
  const [collection, id] = path;
  const isMe = collection?.toLowerCase() === 'me';
  const user = isMe ? 'me' : id;
  const rest = path.slice(isMe ? 1 : 2);
  const isUser = isMe || collection?.toLowerCase() === 'users';
  if (!isUser || user === undefined || !mailParts.has(rest[0]?.toLowerCase() ?? '')) return undefined;
  return { user, rest };
}
