/** A stand-in for the platform of a managed identity, on loopback, which answers as the documentation says. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openConnections } from '../microsoft/connections.ts';
import type { ManagedIdentity } from '../microsoft/managed-identity.ts';
import { TokenError } from '../microsoft/token-error.ts';
import { TokenSource } from '../microsoft/token-source.ts';
import { classifyToken } from './classify.ts';

let asked: IncomingMessage[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let origin: string;
let close: () => Promise<void>;
beforeEach(async () => {
  asked = [];
  const server = createServer((request, response) => {
    asked.push(request);
    answer(request, response);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port }: AddressInfo = Object(server.address());
  origin = `http://127.0.0.1:${port}`;
  close = () => new Promise((closed) => server.close(() => closed()));
});
afterEach(() => close());

function json(status: number, body: object, headers: Record<string, string> = {}) {
  return (_request: IncomingMessage, response: ServerResponse) =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

async function tokenOf(identity: ManagedIdentity, now = Date.now()) {
  const connections = openConnections();
  const source = new TokenSource({
    login: 'https://127.0.0.1:9',
    tenant: 'contoso.example',
    clientId: '11111111-2222-4333-8444-555555555555',
    credential: { kind: 'managed-identity', identity },
    resource: 'https://graph.microsoft.com',
    connections,
    now: () => now,
  });
  try {
    return { first: await source.token(), second: await source.token() };
  } finally {
    await connections.close();
  }
}

const faultOf = async (identity: ManagedIdentity) => {
  const error = await tokenOf(identity).catch((caught: unknown) => caught);
  if (!(error instanceof TokenError)) throw new Error('no TokenError', { cause: error });
  const verdict = classifyToken(error.refusal);
  return `${'scope' in verdict ? verdict.scope : ''} ${'fault' in verdict ? verdict.fault : ''}: ${error.refusal.description}`;
};

const imds = (): ManagedIdentity => ({ endpoint: { kind: 'imds', origin } });
const inAnHour = () => String(Math.floor(Date.now() / 1000) + 3600);

test('the metadata service is asked once for a token that is still good', async () => {
  answer = json(200, { access_token: 'a-token', expires_on: inAnHour(), token_type: 'Bearer' });
  const clientId = '99999999-2222-4333-8444-555555555555';
  expect(await tokenOf({ ...imds(), clientId })).toEqual({ first: 'a-token', second: 'a-token' });
  expect(asked).toHaveLength(1);
  const url = new URL(asked[0]?.url ?? '', origin);
  expect(url.pathname).toBe('/metadata/identity/oauth2/token');
  expect(Object.fromEntries(url.searchParams)).toEqual({
    'api-version': '2018-02-01',
    resource: 'https://graph.microsoft.com',
    client_id: clientId,
  });
  expect(asked[0]?.headers['metadata']).toBe('true');
});

test('App Service is shown the header that it has put into the environment', async () => {
  answer = json(200, { access_token: 'a-token', expires_on: Number(inAnHour()) });
  const endpoint = { kind: 'app-service', url: `${origin}/msi/token`, header: 'of-the-platform' } as const;
  expect((await tokenOf({ endpoint })).first).toBe('a-token');
  expect(asked[0]?.headers['x-identity-header']).toBe('of-the-platform');
  expect(asked[0]?.url).toContain('/msi/token?api-version=2019-08-01');
});

test('an-answer-that-names-any-file-does-not-get-its-content', async () => {
  answer = json(401, {}, { 'www-authenticate': 'Basic realm=/etc/hostname' });
  expect(await faultOf({ endpoint: { kind: 'arc', url: `${origin}/metadata/identity/oauth2/token` } })).toBe(
    'connector managed-identity-refused: The answer names no key file of the Azure Arc agent.',
  );
  expect(asked).toHaveLength(1);
});

test('an identity that is not there, a platform that is not there, and one that is busy are told apart', async () => {
  answer = json(400, { error: 'invalid_request', error_description: 'Identity not found' });
  expect(await faultOf(imds())).toBe('connector managed-identity-refused: Identity not found');
  answer = json(429, {}, { 'retry-after': '7' });
  expect(await faultOf(imds())).toMatch(/^lane token-throttled/);
  answer = json(503, {});
  expect(await faultOf(imds())).toMatch(/^lane token-unavailable/);
  const nowhere: ManagedIdentity = { endpoint: { kind: 'imds', origin } };
  await close();
  close = () => Promise.resolve();
  expect(await faultOf(nowhere)).toMatch(
    /^connector managed-identity-missing: The managed identity service of this machine does not answer/,
  );
});
