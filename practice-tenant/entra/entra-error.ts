/**
 * Error bodies of the token endpoint, to the letter. Source: Entra "Microsoft Entra authentication and authorization error
 * codes" for the codes; bodies as clients have seen them for the rest.
 */
import { randomUUID } from 'node:crypto';
import type { TenantResponse } from '../http/exchange.ts';
import { type EntraRow, onDemandRows } from './on-demand-rows.ts';

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
  700024: {
    error: 'invalid_client',
    status: 401,
    text: (times) =>
      `Client assertion is not within its valid time range. ${times} Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .`,
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
  700025: {
    error: 'invalid_client',
    status: 401,
    text: (app) =>
      `Client is public so neither 'client_assertion' nor 'client_secret' should be presented. Application: '${app}'.`,
  },
  700213: {
    error: 'invalid_client',
    status: 401,
    text: (subject) =>
      `No matching federated identity record found for presented assertion subject '${subject}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion.`,
  },
  7002138: {
    error: 'invalid_client',
    status: 401,
    text: (subject) =>
      `No matching federated identity record found for presented assertion subject '${subject}'. The subject matches with case-insensitive comparison, but not with case-sensitive comparison.`,
  },
  7000272: {
    error: 'invalid_client',
    status: 401,
    text: (reason) => `The signing key of the presented assertion is not found in the issuer's metadata: ${reason}.`,
  },
  9002326: {
    error: 'invalid_request',
    status: 400,
    text: () =>
      "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type or 'Native' client-type with origin registered in AllowedOriginForNativeAppCorsRequestInOAuthToken allow list.",
  },
  901002: {
    error: 'invalid_request',
    status: 400,
    text: () => "The 'resource' request parameter isn't supported.",
  },
  90038: {
    error: 'invalid_request',
    status: 400,
    text: (tenant) => `Tenant ${tenant}.`,
  },
  50057: {
    error: 'invalid_grant',
    status: 400,
    text: (user) => `The user account is disabled. Account: '${user}'.`,
  },
  54005: {
    error: 'invalid_grant',
    status: 400,
    text: () =>
      'OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.',
  },
  70008: {
    error: 'invalid_grant',
    status: 400,
    text: () =>
      'The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource.',
  },
  70000: {
    error: 'invalid_grant',
    status: 400,
    text: () => 'Provided grant is invalid or malformed.',
  },
  501481: {
    error: 'invalid_grant',
    status: 400,
    text: () => 'The Code_Verifier does not match the code_challenge supplied in the authorization request.',
  },
  50011: {
    error: 'invalid_request',
    status: 400,
    text: (uri) =>
      `The redirect URI '${uri}' specified in the request does not match the redirect URIs configured for the application.`,
  },
  70016: {
    error: 'authorization_pending',
    status: 400,
    text: () => 'OAuth 2.0 device flow error. Authorization is pending. Continue polling.',
  },
  70018: {
    error: 'bad_verification_code',
    status: 400,
    text: () => 'Invalid verification code: the device code was not recognized.',
  },
  70019: {
    error: 'expired_token',
    status: 400,
    text: () => 'The device code has expired. Polling for it should stop.',
  },
  70020: {
    error: 'authorization_declined',
    status: 400,
    text: () => 'The end user denied the authorization request.',
  },
  65001: {
    error: 'invalid_grant',
    status: 400,
    text: (app) =>
      `The user or administrator has not consented to use the application with ID '${app}'. Send an interactive authorization request for this user and resource.`,
  },
  50049: {
    error: 'invalid_instance',
    status: 400,
    text: (host) => `Unknown or invalid instance. Host: ${host}.`,
  },
  ...onDemandRows,
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
    headers: {
      'cache-control': 'no-store, no-cache',
      'x-ms-request-id': traceId,
      ...(row.retryAfterSeconds === undefined ? {} : { 'retry-after': String(row.retryAfterSeconds) }),
    },
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

export const aadstsCodes: readonly Aadsts[] = Object.keys(rows).map((code) => aadstsOf(Number(code)));

/** @throws Error for a number that has no row */
export function aadstsOf(code: number): Aadsts {
  if (!isAadsts(code)) throw new Error(`AADSTS${code} has no row.`);
  return code;
}

export function isAadsts(code: number): code is Aadsts {
  return Object.hasOwn(rows, code);
}

/** Leaves with an answer from wherever a rule is broken; caught where the routes are. */
export class EntraRefusal extends Error {
  readonly code: Aadsts;
  readonly value: string;
  constructor(code: Aadsts, value = '') {
    super(`AADSTS${code}`);
    this.code = code;
    this.value = value;
  }
}

/** Number and text, as a redirect or a page shows them. */
export function entraText({ code, value }: EntraRefusal): string {
  const row: EntraRow = rows[code];
  return `AADSTS${code}: ${row.text(value)}`;
}
