/**
 * The least that a relay needs of Microsoft 365, over TLS: a token for whoever asks, and 202 for each message. No limits and
 * no checks, so that what is measured is the relay. Runs inside the benchmark's own process, which is idle meanwhile.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';

export interface GraphStandIn extends AsyncDisposable {
  readonly origin: string;
  /** Messages answered 202 so far. */
  readonly delivered: number;
  /** When the last one was, in ms since the epoch, with fractions. */
  readonly lastDeliveredAt: number;
}

const lifetimeSeconds = 3_600;

/** Starts it on 127.0.0.1, port 0, as `localhost`. */
export async function startGraphStandIn(certificateFile: string, keyFile: string): Promise<GraphStandIn> {
  let delivered = 0;
  let lastDeliveredAt = 0;
  let origin = '';
  const server = createServer(
    { cert: readFileSync(certificateFile), key: readFileSync(keyFile) },
    (request, response) => {
      const path = request.url ?? '';
      request.resume();
      request.on('end', () => {
        if (path.endsWith('/sendMail')) {
          delivered += 1;
          lastDeliveredAt = performance.timeOrigin + performance.now();
          response.writeHead(202, { 'request-id': '00000000-0000-0000-0000-000000000000', 'content-length': 0 }).end();
        } else answerEntra(origin, request, response);
      });
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the stand-in is not listening');
  origin = `https://localhost:${address.port}`;
  return {
    origin,
    get delivered() {
      return delivered;
    },
    get lastDeliveredAt() {
      return lastDeliveredAt;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answerEntra(origin: string, request: IncomingMessage, response: ServerResponse): void {
  const path = request.url ?? '';
  const [, tenant = 'common'] = path.split('/');
  response.setHeader('content-type', 'application/json');
  if (path.includes('/.well-known/openid-configuration')) {
    response.end(
      JSON.stringify({
        issuer: `${origin}/${tenant}/v2.0`,
        authorization_endpoint: `${origin}/${tenant}/oauth2/v2.0/authorize`,
        token_endpoint: `${origin}/${tenant}/oauth2/v2.0/token`,
        jwks_uri: `${origin}/${tenant}/discovery/v2.0/keys`,
        end_session_endpoint: `${origin}/${tenant}/oauth2/v2.0/logout`,
      }),
    );
  } else if (path.includes('/oauth2/v2.0/token')) {
    response.end(JSON.stringify({ token_type: 'Bearer', expires_in: lifetimeSeconds, access_token: tokenOf(tenant) }));
  } else {
    response.statusCode = 404;
    response.end(JSON.stringify({ error: { code: 'NotFound', message: 'The stand-in knows no such path.' } }));
  }
}

/** A token that nobody verifies, in the shape of Entra's. */
function tokenOf(tenant: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const claims = { tid: tenant, roles: ['Mail.Send'], iat: now, exp: now + lifetimeSeconds };
  return `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.none`;
}
