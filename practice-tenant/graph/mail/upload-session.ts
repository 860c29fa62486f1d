/**
 * The host of uploads. It is not Graph: the token in the address is the only proof it takes, a request that carries a bearer
 * is refused, and names in its answers are cased as on the old Outlook API behind it.
 *
 * A session expects exactly the next byte: a piece in order moves it on, anything else leaves it as it was. The last piece
 * puts the attachment into the draft and ends the session; DELETE and time end it without one.
 * Source: Graph "Attach large files to Outlook messages or events".
 */
import { headerText, type TenantRequest, type TenantResponse } from '../../http/exchange.ts';
import type { UploadSession } from '../../mailboxes/upload-sessions.ts';
import type { Tenant } from '../../service.ts';
import { json, noContent, withDiagnostics } from '../graph-answer.ts';
import { exchangeRefusal, GraphRefusal, refusal, refusalAnswer } from '../graph-error.ts';
import { parseContentRange } from './content-range.ts';
import { type MailService, throttled } from './mail-call.ts';

/** The address that a client puts its pieces to. Whoever has it can write that one attachment, and nothing else. */
export function uploadAddress(service: MailService, tenant: Tenant, session: UploadSession, token: string): string {
  return `${service.uploadOrigin}${messagePath(tenant, session)}/AttachmentSessions('${session.id}')?authtoken=${token}`;
}

function messagePath({ directory }: Tenant, { userId, draftId }: UploadSession): string {
  return `/api/v2.0/Users('${userId}@${directory.tenantId}')/Messages('${draftId}')`;
}

/** Answers every request to the host of uploads. Never throws for anything that a client can send. */
export async function answerUpload(service: MailService, request: TenantRequest): Promise<TenantResponse> {
  const context = { now: service.clock.now(), clientRequestId: headerText(request.headers, 'client-request-id') };
  try {
    return withDiagnostics(answer(service, request), context);
  } catch (error) {
    if (error instanceof GraphRefusal) return refusalAnswer(error, context);
    throw error;
  }
}

function answer(service: MailService, request: TenantRequest): TenantResponse {
  if (request.headers.authorization !== undefined) throw refusal('wrongAudience');
  const { tenant, session } = sessionOf(service, request);
  switch (request.method) {
    case 'PUT':
      return put(service, tenant, session, request);
    case 'GET':
      return state(service, tenant, session);
    case 'DELETE':
      tenant.mailboxes.uploads.end(session);
      return noContent;
    default:
      throw refusal('methodNotAllowed');
  }
}

function sessionOf(service: MailService, request: TenantRequest): { tenant: Tenant; session: UploadSession } {
  const token = request.query.get('authtoken');
  if (!token) throw refusal('tokenMissing');
  const [tenantId] = /(?<=@)[^@']+(?='\)$)/.exec(request.segments[2] ?? '') ?? [];
  const id = /^AttachmentSessions\('([0-9a-f-]{36})'\)$/.exec(request.segments[4] ?? '')?.[1];
  const tenant = tenantId === undefined ? undefined : service.tenant(tenantId);
  const session = id === undefined ? undefined : tenant?.mailboxes.uploads.find(id, token);
  if (!tenant || !session || `/${request.segments.slice(0, 4).join('/')}` !== messagePath(tenant, session))
    throw refusal('itemNotFound');
  return { tenant, session };
}

function put(service: MailService, tenant: Tenant, session: UploadSession, request: TenantRequest): TenantResponse {
  const { body } = request;
  const { appId, userId, wish } = session;
  const admission = tenant.limits.enter({ appId, mailbox: userId, bytes: body.length });
  if ('refused' in admission) throw throttled(admission.refused);
  try {
    const { requestBytes } = tenant.profile;
    if (requestBytes !== null && body.length > requestBytes) throw refusal('tooLarge');
    const range = parseContentRange(headerText(request.headers, 'content-range') ?? '');
    if (!range) throw invalidRange('The Content-Range header is missing or malformed.');
    if (range.total !== wish.size)
      throw invalidRange('The total of the Content-Range header is not the declared size.');
    if (range.end - range.start + 1 !== body.length)
      throw invalidRange('The Content-Range header length does not match the provided number of bytes.');
    if (range.start !== session.received)
      throw invalidRange(`The next expected range begins at byte ${session.received}.`);
    session.pieces.push(body);
    session.received += body.length;
    return session.received === wish.size ? finish(service, tenant, session) : state(service, tenant, session);
  } finally {
    admission.leave();
  }
}

function finish(service: MailService, tenant: Tenant, session: UploadSession): TenantResponse {
  const { mailboxes } = tenant;
  const { wish, mailbox, draftId } = session;
  mailboxes.uploads.end(session);
  const copy = mailboxes.find(mailbox, draftId);
  const draft = copy?.draft;
  // The draft was sent or deleted meanwhile.
  if (!copy || !draft) throw refusal('itemNotFound');
  const { size: _size, ...fields } = wish;
  const id = `AAMkAT${session.id.replaceAll('-', '')}`;
  const added = { ...fields, id, content: Buffer.concat(session.pieces), lastModifiedAt: service.clock.now() };
  mailboxes.change(copy, { draft: { ...draft, attachments: [...draft.attachments, added] } });
  const location = `${service.uploadOrigin}${messagePath(tenant, session)}/Attachments('${id}')`;
  return { status: 201, headers: { location } };
}

function state({ uploadOrigin }: MailService, { directory }: Tenant, session: UploadSession): TenantResponse {
  const { userId, draftId, expiresAt, received } = session;
  const place = `Users('${userId}%40${directory.tenantId}')/Messages('${draftId}')/AttachmentSessions/$entity`;
  return json({
    '@odata.context': `${uploadOrigin}/api/v2.0/$metadata#${place}`,
    ExpirationDateTime: new Date(expiresAt).toISOString(),
    nextExpectedRanges: [String(received)],
  });
}

function invalidRange(message: string): GraphRefusal {
  return exchangeRefusal(400, 'ErrorInvalidRequest', message);
}
