/**
 * Tokens of a managed identity: the platform that this machine runs on vouches for it, and there is nothing to keep or renew.
 *
 * Three forms, told apart by what the platform puts into the environment: App Service and Container Apps (`IDENTITY_ENDPOINT`
 * with `IDENTITY_HEADER`), Azure Arc (`IDENTITY_ENDPOINT` with `IMDS_ENDPOINT`: the answer to a challenge is a file that only
 * root and the agent's group may read), and everything else in Azure (the instance metadata service).
 * Source: https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
 *
 * Not by the library that makes the other tokens: it keeps the first endpoint and the first connections of a process for good.
 */
import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { openConnections } from './connections.ts';
import { type Exchanged, exchange } from './exchange.ts';
import { retryAfterMs } from './retry-after.ts';
import { TokenError, type TokenRefusal } from './token-error.ts';

export interface ManagedIdentity {
  /** Client ID of a user-assigned identity; the system-assigned one without it. */
  readonly clientId?: string;
  readonly endpoint:
    | { readonly kind: 'imds'; readonly origin: string }
    | { readonly kind: 'app-service'; readonly url: string; readonly header: string }
    | { readonly kind: 'arc'; readonly url: string };
}

const answerSchema = z.object({
  access_token: z.string().min(1),
  /** Seconds since the epoch, mostly as text. */
  expires_on: z.coerce.number().positive(),
});
const refusalSchema = z.object({
  error: z.union([z.string(), z.object({ code: z.string().optional(), message: z.string().optional() })]).optional(),
  error_description: z.string().optional(),
  message: z.string().optional(),
});

const deadlines = { uploadMs: 5_000, answerMs: 20_000 };
/** A key of Arc is some 300 bytes. */
const longestKeyBytes = 4096;

/**
 * @param now ms since the epoch
 * @throws TokenError
 */
export async function askManagedIdentity(
  { clientId, endpoint }: ManagedIdentity,
  resource: string,
  now: () => number,
): Promise<{ readonly token: string; readonly expiresAt: number }> {
  const url = new URL(endpoint.kind === 'imds' ? `${endpoint.origin}/metadata/identity/oauth2/token` : endpoint.url);
  url.searchParams.set('api-version', versions[endpoint.kind]);
  url.searchParams.set('resource', resource);
  if (clientId !== undefined) url.searchParams.set('client_id', clientId);
  // By itself and never through a proxy: the address means this machine's own platform.
  const connections = openConnections({ connectMs: 3_000 });
  const get = (headers: Record<string, string>): Promise<Exchanged> =>
    exchange(connections, {
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: 'GET',
      headers: { accept: 'application/json', ...headers },
      deadlines,
    });
  try {
    let exchanged = await get(
      endpoint.kind === 'app-service' ? { 'X-IDENTITY-HEADER': endpoint.header } : { Metadata: 'true' },
    );
    if (endpoint.kind === 'arc' && exchanged.kind === 'answered' && exchanged.answer.status === 401) {
      const key = keyOfChallenge(exchanged.answer.headers['www-authenticate']);
      exchanged = await get({ Metadata: 'true', authorization: `Basic ${key}` });
    }
    return tokenOf(exchanged, now);
  } finally {
    await connections.close();
  }
}

const versions = { imds: '2018-02-01', 'app-service': '2019-08-01', arc: '2020-06-01' } as const;

function tokenOf(exchanged: Exchanged, now: () => number): { token: string; expiresAt: number } {
  if (exchanged.kind === 'broken')
    throw new TokenError(refused(0, `The managed identity service of this machine does not answer: ${exchanged.why}`));
  const { status, headers, body } = exchanged.answer;
  const parsed = parseJson(body.toString());
  const read = answerSchema.safeParse(parsed);
  if (status === 200 && read.success) return { token: read.data.access_token, expiresAt: read.data.expires_on * 1000 };
  const { error, error_description: description, message } = refusalSchema.safeParse(parsed).data ?? {};
  const code = typeof error === 'string' ? error : error?.code;
  const words = description ?? message ?? (typeof error === 'object' ? error.message : undefined);
  throw new TokenError({
    ...refused(status, words?.slice(0, 1000) ?? `status ${status} without a reason`),
    error: code,
    retryAfterMs: retryAfterMs(headers['retry-after'], headers['date'], now()),
  });
}

/** Arc proves that we may read a file of its agent. Only a file of the agent is read, whoever may have answered. */
function keyOfChallenge(challenge: string | undefined): string {
  const file = /^Basic realm=(.+)$/i.exec(challenge ?? '')?.[1]?.trim() ?? '';
  const isOfAgent =
    /^\/var\/opt\/azcmagent\/tokens\/[^/]+\.key$/.test(file) ||
    /^[a-z]:\\ProgramData\\AzureConnectedMachineAgent\\Tokens\\[^\\/]+\.key$/i.test(file);
  if (!isOfAgent) throw new TokenError(refused(401, 'The answer names no key file of the Azure Arc agent.'));
  try {
    if (statSync(file).size > longestKeyBytes) throw new Error('it is longer than such a key is');
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new TokenError(
      refused(401, `The key of the Azure Arc agent cannot be read (${why}): put Mailroom's user into the group himds.`),
    );
  }
}

function refused(status: number, description: string): TokenRefusal {
  return {
    source: 'managed-identity',
    aadsts: undefined,
    error: undefined,
    description,
    traceId: undefined,
    status,
    retryAfterMs: undefined,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
