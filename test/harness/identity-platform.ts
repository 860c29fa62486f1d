/**
 * The platform of a managed identity as a process of its own, by the documented protocol: App Service (`app-service`), or the
 * agent of Azure Arc (`arc`). What it gives out is a token that it gets from Entra as the app that it vouches for.
 *
 * Arc: a question without a key is refused with `WWW-Authenticate: Basic realm=<file>`; the file holds a key that only the
 * agent's group may read, is good for one question, and then goes.
 * Sources: "Azure Instance Metadata Service", "How to use managed identities for App Service", "Authenticate against Azure
 * resources with Azure Arc-enabled servers".
 */
import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';

export const arcTokens = '/var/opt/azcmagent/tokens';

const { KIND, HEADER = '', TOKEN_ENDPOINT = '', CLIENT_ID = '', CLIENT_SECRET = '' } = process.env;
const challenges = new Map<string, string>();

function answer(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

async function token(resource: string): Promise<object> {
  const got = await fetch(TOKEN_ENDPOINT, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
      scope: `${resource}/.default`,
      grant_type: 'client_credentials',
    }).toString(),
  });
  const { access_token, expires_in } = Object(await got.json());
  const expires_on = String(Math.floor(Date.now() / 1000) + Number(expires_in));
  return { access_token, expires_on, resource, token_type: 'Bearer', client_id: CLIENT_ID };
}

function same(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}

/** A key of a challenge, once. */
function isKey(authorization: string): boolean {
  for (const [file, key] of challenges) {
    if (!same(authorization, `Basic ${key}`)) continue;
    challenges.delete(file);
    rmSync(file, { force: true });
    return true;
  }
  return false;
}

function challenge(response: ServerResponse): void {
  mkdirSync(arcTokens, { recursive: true, mode: 0o750 });
  const file = join(arcTokens, `${randomUUID()}.key`);
  const key = randomBytes(96).toString('base64');
  writeFileSync(file, key, { mode: 0o640 });
  challenges.set(file, key);
  answer(response, 401, { error: 'unauthorized_client' }, { 'www-authenticate': `Basic realm=${file}` });
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const resource = url.searchParams.get('resource');
  const { headers } = request;
  const [path, version] =
    KIND === 'arc' ? ['/metadata/identity/oauth2/token', '2020-06-01'] : ['/msi/token', '2019-08-01'];
  if (request.method !== 'GET' || url.pathname !== path) return answer(response, 404, { error: 'not_found' });
  if (!resource || url.searchParams.get('api-version') !== version)
    return answer(response, 400, {
      error: 'invalid_request',
      error_description: 'api-version and resource are needed',
    });
  if (KIND === 'arc') {
    if (headers['metadata'] !== 'true') return answer(response, 400, { error: 'bad_request_102' });
    if (!isKey(headers.authorization ?? '')) return challenge(response);
  } else if (!same(String(headers['x-identity-header'] ?? ''), HEADER))
    return answer(response, 401, { error: 'unauthorized', message: 'X-IDENTITY-HEADER does not match' });
  return answer(response, 200, await token(resource));
}

if (import.meta.main) {
  const server = createServer((request, response) => void serve(request, response));
  server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify(server.address())}\n`));
  process.on('SIGTERM', () => {
    for (const file of challenges.keys()) rmSync(file, { force: true });
    process.exit(0);
  });
}
