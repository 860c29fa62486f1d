/**
 * The paths of Graph v1.0 that the practice tenant serves. `/v1.0/myorganization/` is an alias that some clients still use.
 */
import { randomUUID } from 'node:crypto';
import { headerText, type TenantRequest, type TenantResponse } from '../http/exchange.ts';
import type { Mailboxes } from '../mailboxes/mailboxes.ts';
import { callerOf, type GraphContext, mailboxFor } from './authorise.ts';
import { graphError, resourceNotFound } from './graph-error.ts';
import { sendMail } from './send-mail.ts';

export type GraphRoutesContext = GraphContext & { readonly mailboxes: Mailboxes };

/** Answers a request whose path begins with v1.0; `segments` are those behind it. */
export async function answerGraph(context: GraphRoutesContext, request: TenantRequest): Promise<TenantResponse> {
  const path = request.segments.slice(request.segments[1] === 'myorganization' ? 2 : 1);
  const [collection, id = '', ...rest] = path;
  const action = rest
    .join('/')
    .toLowerCase()
    .replace(/^microsoft\.graph\./, '');
  if (collection === 'users' && action === 'sendmail')
    return request.method === 'POST' ? sendMail(context, request, id) : graphError('methodNotAllowed', context.now());
  if (request.method !== 'GET') return graphError('unknownSegment', context.now());
  const caller = await callerOf(context, request);
  if ('refusal' in caller) return caller.refusal;
  if (collection === 'organization' && id === '') return organization(context);
  if (collection === 'users' && action === '') return user(context, request, id);
  if (collection === 'users' && action === 'mailfolders/sentitems/messages') {
    const mailbox = mailboxFor(context, caller.value, id, 'Mail.Read');
    return 'refusal' in mailbox ? mailbox.refusal : sentItems(context, request, mailbox.value.address);
  }
  return graphError('unknownSegment', context.now(), headerText(request.headers, 'client-request-id'));
}

function organization({ directory, origin }: GraphRoutesContext): TenantResponse {
  const value = [
    {
      id: directory.tenantId,
      displayName: 'Practice tenant',
      verifiedDomains: [{ name: directory.domain, isDefault: true }],
    },
  ];
  return json({ '@odata.context': `${origin}/v1.0/$metadata#organization`, value });
}

function user({ directory, origin, now }: GraphRoutesContext, request: TenantRequest, id: string): TenantResponse {
  const found = directory.user(id);
  if (!found) return resourceNotFound(id, now(), headerText(request.headers, 'client-request-id'));
  return json({
    '@odata.context': `${origin}/v1.0/$metadata#users/$entity`,
    id: found.id,
    displayName: found.address.split('@')[0],
    mail: found.address,
    userPrincipalName: found.address,
    proxyAddresses: [`SMTP:${found.address}`, ...found.aliases.map((alias) => `smtp:${alias}`)],
  });
}

function sentItems({ mailboxes, origin }: GraphRoutesContext, request: TenantRequest, address: string): TenantResponse {
  const wanted = /^internetMessageId eq '((?:[^']|'')*)'$/
    .exec(request.query.get('$filter') ?? '')?.[1]
    ?.replaceAll("''", "'");
  const value = mailboxes
    .of(address, 'sentitems')
    .filter((copy) => wanted === undefined || copy.internetMessageId === wanted)
    .slice(0, Number(request.query.get('$top') ?? 10) || 10)
    .map(({ id, subject, internetMessageId }) => ({ id, subject, internetMessageId }));
  return json({ '@odata.context': `${origin}/v1.0/$metadata#messages`, value });
}

function json(body: object): TenantResponse {
  return {
    status: 200,
    headers: {
      'content-type':
        'application/json; odata.metadata=minimal; odata.streaming=true; IEEE754Compatible=false; charset=utf-8',
      'request-id': randomUUID(),
    },
    body,
  };
}
