/** Errors that are put in on purpose: a check that finds none of them would prove nothing. */
import { describe, expect, it } from 'vitest';
import type { TenantRequest } from '../../practice-tenant/http/exchange.ts';
import { reportTraffic, type Traffic } from '../../practice-tenant/http/traffic.ts';
import { trafficProblems } from './check-traffic.ts';
import { readGraphSchema } from './schema.ts';

const schema = readGraphSchema();
const context = { '@odata.context': 'https://localhost:8443/v1.0/$metadata#x' };
const id = '9c1f7f5c-4b2e-4a54-8a2e-1a2b3c4d5e6f';
const draft = { id: 'AAMk1', subject: 'hello', isDraft: true };

interface Exchange {
  readonly method?: string;
  readonly path: string;
  readonly sent?: unknown;
  readonly type?: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly got?: object | string;
}

function traffic({ method = 'GET', path, sent, type, status, headers, got }: Exchange): Traffic {
  const url = new URL(`https://localhost/${path}`);
  const body = typeof sent === 'string' ? sent : JSON.stringify(sent ?? '');
  const request: TenantRequest = {
    method,
    segments: url.pathname.split('/').filter(Boolean).map(decodeURIComponent),
    query: url.searchParams,
    headers: { 'content-type': type ?? 'application/json' },
    body: Buffer.from(sent === undefined ? '' : body),
  };
  return {
    request,
    response: { status, ...(headers ? { headers } : {}), ...(got === undefined ? {} : { body: got }) },
  };
}
const problems = (exchange: Exchange) => trafficProblems(schema, traffic(exchange));

const send = (message: object, more: object = {}): Exchange => ({
  method: 'POST',
  path: 'v1.0/users/a@contoso.example/sendMail',
  sent: { message, ...more },
  status: 202,
});
const message = (got: object): Exchange => ({
  path: 'v1.0/users/a@contoso.example/messages/AAMk1',
  status: 200,
  got: { ...context, ...draft, ...got },
});
const patched = (sent: object): Exchange => ({ method: 'PATCH', path: `v1.0/applications/${id}`, sent, status: 204 });
const refused = (error: object): Exchange => ({ path: 'v1.0/users/x', status: 404, got: { error } });
const inner = { date: '2026-11-24T09:00:00', 'request-id': id, 'client-request-id': id };

const right: Readonly<Record<string, Exchange>> = {
  'a message': message({ toRecipients: [], body: { contentType: 'html', content: '' }, importance: 'low' }),
  'a selected message': {
    path: 'v1.0/me/messages/AAMk1?$select=subject',
    status: 200,
    got: { ...context, '@odata.etag': 'W/"1"', id: 'AAMk1', subject: '' },
  },
  'a message of which nothing in particular was selected': {
    path: 'v1.0/me/messages/AAMk1?$select=,',
    status: 200,
    got: { ...context, id: 'AAMk1', subject: '' },
  },
  'names in another case, words for booleans': send(
    { SUBJECT: 'x', Importance: 'LOW', body: { ContentType: 'HTML' } },
    { saveToSentItems: 'false' },
  ),
  'a wrong request that was refused': {
    ...send({ subject: 1 }),
    status: 400,
    got: { error: { code: 'RequestBodyRead', message: 'x', innerError: inner } },
  },
  'an error of the directory': refused({ code: 'Request_ResourceNotFound', message: 'x', innerError: inner }),
  'an error of Exchange': refused({ code: 'ErrorItemNotFound', message: 'x' }),
  'a list': { path: 'v1.0/users', status: 200, got: { ...context, '@odata.count': 1, value: [{ id, mail: null }] } },
  'members by their types': {
    path: `v1.0/groups/${id}/members`,
    status: 200,
    got: { ...context, value: [{ '@odata.type': '#microsoft.graph.user', id, mail: 'a@contoso.example' }] },
  },
  'a number': { path: 'v1.0/users/$count', status: 200, got: '12' },
  'a key that is added': {
    ...patched({ passwordCredential: { displayName: 'x' } }),
    method: 'POST',
    path: `v1.0/applications/${id}/addPassword`,
    status: 200,
    got: { ...context, keyId: id, secretText: 'x', endDateTime: '2028-11-24T09:00:00Z' },
  },
};

/** What is wrong → the exchange, and a part of what is said of it. */
const wrong: Readonly<Record<string, readonly [Exchange, string]>> = {
  'an answer with a number for a text': [message({ subject: 3 }), 'response.subject is no Edm.String'],
  'an answer with a property that is unknown': [message({ colour: 'red' }), 'response.colour is unknown to message'],
  'an answer whose property has the wrong case': [message({ Subject: 'x' }), 'response.Subject is unknown'],
  'an answer with null for what cannot be null': [
    {
      path: 'v1.0/me/messages/AAMk1/attachments/AT1',
      status: 200,
      got: { ...context, '@odata.type': '#microsoft.graph.fileAttachment', id: 'AT1', size: null },
    },
    'response.size is null',
  ],
  'an answer with an unknown member of an enum': [
    message({ importance: 'huge' }),
    'response.importance is no importance',
  ],
  'an answer whose enum has the wrong case': [message({ importance: 'Low' }), 'response.importance is no importance'],
  'an answer with a date without zone': [
    message({ sentDateTime: '2026-11-24T09:00:00' }),
    'response.sentDateTime is no',
  ],
  'an answer with a day that is not in the calendar': [
    message({ sentDateTime: '2026-02-30T09:00:00Z' }),
    'is no Edm.Date',
  ],
  'an answer with one object for a list': [message({ toRecipients: {} }), 'response.toRecipients is no list'],
  'an answer with a text for an object': [message({ body: 'x' }), 'response.body is no object'],
  'an answer with something wrong deep inside': [
    message({ toRecipients: [{ emailAddress: { address: 1 } }] }),
    'response.toRecipients[0].emailAddress.address is no Edm.String',
  ],
  'an answer of an abstract type': [message({ attachments: [{ id: 'AT1', name: 'x' }] }), 'which is abstract'],
  'an answer of a type that does not belong there': [
    message({ attachments: [{ '@odata.type': '#microsoft.graph.user', id }] }),
    'which is no attachment',
  ],
  'an answer with a GUID that is none': [
    {
      path: `v1.0/servicePrincipals/${id}/appRoleAssignments/x`,
      status: 200,
      got: { ...context, id: 'x', appRoleId: 'Mail.Send' },
    },
    'response.appRoleId is no Edm.Guid',
  ],
  'an answer with base64 that is none': [
    { path: `v1.0/applications/${id}`, status: 200, got: { ...context, id, keyCredentials: [{ key: 'no base64!' }] } },
    'response.keyCredentials[0].key is no Edm.Binary',
  ],
  'an answer with an integer that is too large': [
    { path: 'v1.0/me/mailFolders/inbox', status: 200, got: { ...context, id: 'x', totalItemCount: 2 ** 31 } },
    'response.totalItemCount is no Edm.Int32',
  ],
  'an answer without its id': [
    { path: `v1.0/users/${id}`, status: 200, got: { ...context, mail: null } },
    'id is missing',
  ],
  'an answer without its context': [{ path: `v1.0/users/${id}`, status: 200, got: { id } }, 'no @odata.context'],
  'an answer with more than was selected': [
    { path: 'v1.0/users?$select=id', status: 200, got: { ...context, value: [{ id, mail: null }] } },
    'response.value[0].mail was not selected',
  ],
  'a list that is none': [{ path: 'v1.0/users', status: 200, got: { ...context, value: {} } }, 'list.value'],
  'a count that is a text': [
    { path: 'v1.0/users', status: 200, got: { ...context, '@odata.count': '1', value: [] } },
    'list.@odata.count',
  ],
  'a status that nothing documents': [{ ...send({ subject: 'x' }), status: 200 }, 'is 200, not 202'],
  'an empty answer that is called JSON': [
    { ...send({ subject: 'x' }), headers: { 'content-type': 'application/json' } },
    'is empty and has a Content-Type',
  ],
  'a body where there is none': [{ ...send({ subject: 'x' }), got: {} }, 'response has a body'],
  'a path that leads nowhere': [{ path: 'v1.0/users/x/inbox', status: 200, got: context }, 'leads nowhere'],
  'a request with a wrong type that was taken': [send({ subject: 3 }), 'request.message.subject is no Edm.String'],
  'a request with an unknown property that was taken': [send({ colour: 'red' }), 'request.message.colour is unknown'],
  'a request with an unknown parameter that was taken': [send({}, { extra: 1 }), 'request.extra is no parameter'],
  'a request without a parameter that was taken': [{ ...send({}), sent: {} }, 'request.Message is missing'],
  'an attachment that does not say what it is': [
    send({ attachments: [{ name: 'x', contentBytes: 'AAAA' }] }),
    'request.message.attachments[0] is a attachment, which is abstract',
  ],
  'a request with a duration that is none': [
    {
      ...patched({ restrictions: { passwordCredentials: [{ maxLifetime: '2 years' }] } }),
      path: `v1.0/policies/appManagementPolicies/${id}`,
    },
    'maxLifetime is no Edm.Duration',
  ],
  'a request that is no JSON and was taken': [{ ...patched({}), sent: '{' }, 'request is no JSON'],
  'MIME that is no base64 and was taken': [{ ...send({}), sent: 'From: x', type: 'text/plain' }, 'no base64'],
  'an error without innerError where the directory has one': [
    refused({ code: 'Request_BadRequest', message: 'x' }),
    'has no innerError',
  ],
  'an error with innerError where Exchange has none': [
    refused({ code: 'ErrorItemNotFound', message: 'x', innerError: inner }),
    "is one of Exchange's",
  ],
  'an error that is no object': [{ path: 'v1.0/users/x', status: 404, got: 'Not found' }, 'error'],
  'an error whose date has a zone': [
    refused({ code: 'BadRequest', message: 'x', innerError: { ...inner, date: '2026-11-24T09:00:00Z' } }),
    'error.error.innerError.date',
  ],
  'a batch whose answer has no status': [
    { method: 'POST', path: 'v1.0/$batch', sent: { requests: [] }, status: 200, got: { responses: [{ id: '1' }] } },
    'batch.responses.0.status',
  ],
  'an upload in the wrong case': [
    {
      method: 'PUT',
      path: "api/v2.0/Users('x')/Messages('y')/AttachmentSessions('z')",
      status: 200,
      got: { ...context, expirationDateTime: '2026-11-24T09:00:00Z', nextExpectedRanges: ['1'] },
    },
    'upload',
  ],
  'a token that lives for a text': [
    {
      method: 'POST',
      path: 'contoso.example/oauth2/v2.0/token',
      status: 200,
      got: { token_type: 'Bearer', expires_in: '3599', ext_expires_in: 3599, access_token: 'x' },
    },
    'oauth2/v2.0/token.expires_in',
  ],
  'an error of Entra without its number': [
    {
      method: 'POST',
      path: 'contoso.example/oauth2/v2.0/token',
      status: 401,
      got: { error: 'invalid_client', error_description: 'No.', error_codes: [] },
    },
    'oauth2/v2.0/token.error_description',
  ],
};

describe('the check of traffic', () => {
  it.each(Object.entries(right))('takes-%s', (_name, exchange) => {
    expect(problems(exchange)).toEqual([]);
  });

  it.each(Object.entries(wrong))('finds-%s', (_name, [exchange, said]) => {
    expect(problems(exchange)?.join('\n')).toContain(said);
  });

  it('says-nothing-of-pages', () => {
    expect(problems({ path: 'portal/apps', status: 200, got: '<p>' })).toBeUndefined();
  });

  // The watch over the suite stands behind each test: what it finds makes this one fail, as it should.
  it.fails('makes-the-test-fail-in-which-something-does-not-fit', () => {
    reportTraffic(traffic(message({ colour: 'red' })));
  });
});
