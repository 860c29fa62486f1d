/**
 * Error bodies of the token endpoint, to the letter. Source: Entra "Microsoft Entra authentication and authorization error
 * codes" for the codes; bodies as clients have seen them for the rest.
 */
import { randomUUID } from 'node:crypto';
import type { TenantResponse } from '../http/exchange.ts';

interface EntraRow {
  readonly error: string;
  readonly status: number;
  readonly text: (value: string) => string;
}

const rows = {
  7000215: {
    error: 'invalid_client',
    status: 401,
    text: (app) =>
      `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${app}'.`,
  },
  7000222: {
    error: 'invalid_client',
    status: 401,
    text: (app) =>
      `The provided client secret keys for app '${app}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.`,
  },
  7000218: {
    error: 'invalid_client',
    status: 401,
    text: () => "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
  },
  700016: {
    error: 'unauthorized_client',
    status: 400,
    text: (app) =>
      `Application with identifier '${app}' was not found in the directory. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`,
  },
  7000112: {
    error: 'unauthorized_client',
    status: 400,
    text: (app) => `Application '${app}' is disabled.`,
  },
  90002: {
    error: 'invalid_request',
    status: 400,
    text: (tenant) =>
      `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`,
  },
  700027: {
    error: 'invalid_client',
    status: 401,
    text: (reason) => `The certificate with identifier used to sign the client assertion is not valid: ${reason}.`,
  },
  50012: {
    error: 'invalid_client',
    status: 401,
    text: (reason) => `Authentication failed: ${reason}.`,
  },
  500133: {
    error: 'invalid_client',
    status: 401,
    text: () =>
      'Assertion is not within its valid time range. Ensure that the access token is not expired before using it for user assertion, or request a new token.',
  },
  1002012: {
    error: 'invalid_scope',
    status: 400,
    text: (scope) =>
      `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
  },
  70011: {
    error: 'invalid_scope',
    status: 400,
    text: (scope) =>
      `The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope ${scope} is not valid.`,
  },
  700022: {
    error: 'invalid_scope',
    status: 400,
    text: () =>
      'The provided value for the input parameter scope is not valid because it contains more than one resource.',
  },
  500011: {
    error: 'invalid_resource',
    status: 400,
    text: (resource) =>
      `The resource principal named ${resource} was not found in the tenant. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.`,
  },
  900144: {
    error: 'invalid_request',
    status: 400,
    text: (parameter) => `The request body must contain the following parameter: '${parameter}'.`,
  },
  9001023: {
    error: 'invalid_request',
    status: 400,
    text: () =>
      'The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations or tenant-specific endpoint.',
  },
  70003: {
    error: 'unsupported_grant_type',
    status: 400,
    text: (grant) => `The app requested an unsupported grant type '${grant}'.`,
  },
} satisfies Record<number, EntraRow>;

export type Aadsts = keyof typeof rows;

/** The answer for an AADSTS code; `value` is the app, tenant, scope or parameter that its text names. */
export function entraError(code: Aadsts, value: string, now: number, correlationId?: string): TenantResponse {
  const row: EntraRow = rows[code];
  const traceId = randomUUID();
  const correlation = correlationId ?? randomUUID();
  const timestamp = new Date(now)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
  return {
    status: row.status,
    headers: { 'cache-control': 'no-store, no-cache', 'x-ms-request-id': traceId },
    body: {
      error: row.error,
      error_description: `AADSTS${code}: ${row.text(value)} Trace ID: ${traceId} Correlation ID: ${correlation} Timestamp: ${timestamp}`,
      error_codes: [code],
      timestamp,
      trace_id: traceId,
      correlation_id: correlation,
      error_uri: `https://login.microsoftonline.com/error?code=${code}`,
    },
  };
}
