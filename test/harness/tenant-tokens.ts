/** Tokens of a practice tenant for one of its apps, got as the product gets them. */
import type { PracticeTenant } from '../../practice-tenant/tenant.ts';
import type { Connections } from '../../src/microsoft/connections.ts';
import { type Credential, TokenSource } from '../../src/microsoft/token-source.ts';

/** @param credential a client secret, or what else the app proves itself with; @param more in place of Graph, and of the machine's clock */
export function tenantTokens(
  { origin: login, tenantId: tenant }: PracticeTenant,
  clientId: string,
  credential: string | Credential,
  connections: Connections,
  more: { readonly resource?: string; readonly now?: () => number } = {},
): TokenSource {
  return new TokenSource({
    ...{ login, tenant, clientId, connections },
    credential: typeof credential === 'string' ? { kind: 'secret', secret: credential } : credential,
    resource: more.resource ?? 'https://graph.microsoft.com',
    now: more.now ?? Date.now,
  });
}
