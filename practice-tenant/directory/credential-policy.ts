/**
 * Tenant policies for the credentials of apps: whether secrets may be added at all, and how long secrets and certificates
 * may live. A policy that is assigned to the app stands in place of the default one.
 * Source: Graph "appManagementPolicy", "passwordCredentialConfiguration".
 */
import type { Directory } from './directory.ts';
import type { Application, AppManagementPolicy } from './directory-state.ts';

export interface PolicyViolation {
  readonly code: 'CredentialInvalidLifetimeAsPerAppPolicy' | 'CredentialTypeNotAllowedAsPerAppPolicy';
  readonly message: string;
  readonly details: readonly { readonly code: string; readonly message: string; readonly target: string }[];
}

const dayMs = 24 * 3600 * 1000;

/** Holds a credential that is to be added against the policies; undefined where nothing forbids it. Times are in ms. */
export function checkCredentialPolicy(
  directory: Directory,
  application: Application,
  kind: 'password' | 'certificate',
  endDateTime: string,
  now: number,
): PolicyViolation | undefined {
  const policy = policyFor(directory, application);
  if (!policy) return undefined;
  const { passwordCredentials, keyCredentials } = policy.restrictions;
  const rows = kind === 'password' ? passwordCredentials : keyCredentials;
  const active = rows.filter(
    ({ state, restrictForAppsCreatedAfterDateTime: since }) =>
      state === 'enabled' && (since === null || Date.parse(application.createdDateTime) >= Date.parse(since)),
  );
  if (active.some(({ restrictionType }) => restrictionType === 'passwordAddition'))
    return violation(
      'CredentialTypeNotAllowedAsPerAppPolicy',
      `Credential type not allowed as per assigned policy '${policy.id}'.`,
      'CredentialTypeNotAllowed',
      'PasswordCredentials',
    );
  const lifetime = kind === 'password' ? 'passwordLifetime' : 'asymmetricKeyLifetime';
  const longest = active
    .filter(({ restrictionType, maxLifetime }) => restrictionType === lifetime && maxLifetime !== null)
    .map(({ maxLifetime }) => durationMs(maxLifetime ?? '') ?? Number.POSITIVE_INFINITY);
  // A minute's grace: "in 90 days" was said by the client's clock, a moment ago.
  if (longest.every((ms) => Date.parse(endDateTime) - now <= ms + 60_000)) return undefined;
  return violation(
    'CredentialInvalidLifetimeAsPerAppPolicy',
    `Credential lifetime exceeds the max value allowed as per assigned policy '${policy.id}'.`,
    'InvalidKeyEndDate',
    'EndDate',
  );
}

/** The policy that holds for an application, when one is enabled. */
function policyFor(directory: Directory, application: Application): AppManagementPolicy | undefined {
  const { appManagementPolicies, defaultAppManagementPolicy } = directory.state;
  const own = appManagementPolicies.find(({ appliesTo, isEnabled }) => isEnabled && appliesTo.includes(application.id));
  return own ?? (defaultAppManagementPolicy.isEnabled ? defaultAppManagementPolicy : undefined);
}

function violation(code: PolicyViolation['code'], message: string, detail: string, target: string): PolicyViolation {
  return { code, message, details: [{ code: detail, message, target }] };
}

/** An ISO 8601 duration in ms, years and months taken as 365 and 30 days; undefined when it is none. */
export function durationMs(text: string): number | undefined {
  const match =
    /^P(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9})S)?)?$/.exec(text);
  if (!match || text.length < 3 || text.endsWith('T')) return undefined;
  const [, years, months, days, hours, minutes, seconds] = match.map((part) => Number(part ?? 0));
  const daysInAll = (years ?? 0) * 365 + (months ?? 0) * 30 + (days ?? 0);
  return daysInAll * dayMs + ((hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0)) * 1000;
}
