/** The console's own app registration in Entra, and the way there. */
import { readFileSync } from 'node:fs';
import type { EntraApp } from './admin/http/entra-sign-in.ts';
import type { Config } from './config/schema.ts';
import { clouds } from './microsoft/clouds.ts';
import { openConnections } from './microsoft/connections.ts';

/** ms for one answer of Entra. */
const answerMs = 20_000;

/**
 * Opens nothing yet; the caller closes it.
 * @throws the system's error when the CA file cannot be read.
 */
export function openEntraApp({
  cloud,
  tenantId,
  oauthClientId,
  secret,
  caFile,
}: NonNullable<Config['console']['entra']>): {
  readonly app: EntraApp;
  close(): Promise<void>;
} {
  const login = typeof cloud === 'string' ? clouds[cloud].login : cloud.custom.login;
  const connections = openConnections(caFile ? { ca: readFileSync(caFile, 'utf8') } : {});
  return {
    app: {
      issuer: `${login}/${tenantId}/v2.0`,
      clientId: oauthClientId,
      secret: () => secret.reveal(),
      async fetch(url, { method, headers, body = null }) {
        const { origin, pathname, search } = new URL(url);
        const answer = await connections.request({
          origin,
          path: pathname + search,
          method: method === 'POST' ? 'POST' : 'GET',
          headers,
          body,
          signal: AbortSignal.timeout(answerMs),
        });
        const type = [answer.headers['content-type'] ?? ''].flat().join();
        return new Response(await answer.body.arrayBuffer(), {
          status: answer.statusCode,
          headers: { 'content-type': type },
        });
      },
    },
    close: () => connections.close(),
  };
}
