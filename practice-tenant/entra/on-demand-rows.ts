/**
 * Codes that nothing in the practice tenant leads to by itself: policies that it has not, services that nobody subscribed
 * to, trouble within Entra. They are given where a fault asks for them. Pairs of `error` and status are guessed where
 * Microsoft's documentation names the meaning alone.
 */
export interface EntraRow {
  readonly error: string;
  readonly status: number;
  readonly retryAfterSeconds?: number;
  readonly text: (value: string) => string;
}

const invalidGrant = { error: 'invalid_grant', status: 400 } as const;
const invalidClient = { error: 'invalid_client', status: 401 } as const;
const unavailable = { error: 'temporarily_unavailable', status: 503, retryAfterSeconds: 5 } as const;

export const onDemandRows = {
  70001: {
    error: 'unauthorized_client',
    status: 400,
    text: (app) => `The application named ${app} was not found in the tenant. It has not been installed there.`,
  },
  700011: {
    error: 'unauthorized_client',
    status: 400,
    text: (app) => `Application with identifier ${app} was not found in the directory.`,
  },
  70021: {
    error: 'invalid_request',
    status: 400,
    text: () => 'No matching federated identity record found for presented assertion.',
  },
  7002131: {
    ...invalidClient,
    text: () => 'No matching federated identity record found for the subject of the presented assertion.',
  },
  7002137: {
    ...invalidClient,
    text: () => 'No matching federated identity record found for the issuer and subject of the presented assertion.',
  },
  650052: {
    error: 'invalid_client',
    status: 400,
    text: (app) =>
      `The app '${app}' is trying to access a service that your organization lacks a service principal for. Subscribe to it or enable it first.`,
  },
  650056: {
    error: 'invalid_client',
    status: 400,
    text: (app) =>
      `Misconfigured application '${app}': it lists no permissions for the resource, or the consent is incomplete.`,
  },
  650057: {
    error: 'invalid_resource',
    status: 400,
    text: (app) => `Invalid resource: it is not listed in the requested permissions of the registration of '${app}'.`,
  },
  50194: {
    error: 'invalid_request',
    status: 400,
    text: (app) =>
      `Application '${app}' is not configured as a multi-tenant application. Usage of the /common endpoint is not supported for it.`,
  },
  500133: {
    error: 'invalid_grant',
    status: 400,
    text: () =>
      'Assertion is not within its valid time range. Ensure that the access token is not expired before using it for user assertion, or request a new token.',
  },
  700030: {
    error: 'invalid_client',
    status: 401,
    text: () => "Invalid certificate - subject name in certificate isn't authorized.",
  },
  50034: {
    error: 'invalid_grant',
    status: 400,
    text: (user) =>
      `The user account ${user} does not exist in the directory. To sign into this application, the account must be added to the directory.`,
  },
  53003: { ...invalidGrant, text: () => 'Access has been blocked by Conditional Access policies. No token is issued.' },
  530032: { ...invalidGrant, text: () => 'Access is blocked by a security policy of the tenant.' },
  530035: { ...invalidGrant, text: () => 'Access has been blocked by security defaults.' },
  50196: {
    ...invalidGrant,
    text: () => 'The server ended the operation because it met a loop of requests from this client.',
  },
  90055: {
    error: 'temporarily_unavailable',
    status: 429,
    retryAfterSeconds: 30,
    text: () => 'The tenant is throttled because of too many requests.',
  },
  90006: { ...unavailable, text: () => 'An external error happened. Try again.' },
  90024: {
    ...unavailable,
    text: () => 'A transient error has occurred while the request budget was checked. Try again.',
  },
  90033: { ...unavailable, text: () => 'A transient error has occurred. Please try again.' },
} satisfies Record<number, EntraRow>;
