/**
 * What a tenant allows for the credentials of its apps. A policy that is assigned to the app stands in place of the tenant's
 * default. Source: Graph "tenantAppManagementPolicy", "appManagementPolicy".
 */
import { z } from 'zod';

const restriction = z.object({
  restrictionType: z.string(),
  state: z.string().nullish(),
  maxLifetime: z.string().nullish(),
  restrictForAppsCreatedAfterDateTime: z.string().nullish(),
});
const restrictions = z.object({
  passwordCredentials: z.array(restriction).nullish(),
  keyCredentials: z.array(restriction).nullish(),
});
export const tenantPolicySchema = z.object({
  isEnabled: z.boolean().nullish(),
  applicationRestrictions: restrictions.nullish(),
});
export const assignedPoliciesSchema = z.object({
  value: z.array(
    z.object({
      isEnabled: z.boolean().nullish(),
      displayName: z.string().nullish(),
      restrictions: restrictions.nullish(),
    }),
  ),
});

export interface CredentialPolicy {
  /** False where no client secret may be added at all. */
  readonly allowsSecrets: boolean;
  /** Days that a new one may be good for; undefined where nothing is said. */
  readonly longestSecretDays: number | undefined;
  readonly longestCertificateDays: number | undefined;
  /** `of the tenant`, or the name of the one that is assigned to the app. */
  readonly name: string;
}

/** Months that a client secret may be good for in any case: the portals offer no more. */
const longestDays = 730;
const dayMs = 86_400_000;

/**
 * @param createdAt of the app registration, ms since the epoch: some restrictions hold for newer apps alone
 * @returns undefined where nothing is restricted
 */
export function credentialPolicyOf(
  tenant: z.infer<typeof tenantPolicySchema> | undefined,
  assigned: z.infer<typeof assignedPoliciesSchema> | undefined,
  createdAt: number,
): CredentialPolicy | undefined {
  const own = assigned?.value.find(({ isEnabled }) => isEnabled);
  const rules = own ? own.restrictions : tenant?.isEnabled ? tenant.applicationRestrictions : undefined;
  if (!rules) return undefined;
  const active = (rows: z.infer<typeof restrictions>['passwordCredentials']) =>
    (rows ?? []).filter(
      ({ state, restrictForAppsCreatedAfterDateTime: since }) =>
        state === 'enabled' && (!since || createdAt >= Date.parse(since)),
    );
  const secrets = active(rules.passwordCredentials);
  const policy = {
    allowsSecrets: !secrets.some(({ restrictionType }) => restrictionType === 'passwordAddition'),
    longestSecretDays: shortest(secrets, 'passwordLifetime'),
    longestCertificateDays: shortest(active(rules.keyCredentials), 'asymmetricKeyLifetime'),
    name: own ? `“${own.displayName ?? 'without a name'}”, which is assigned to the app` : 'of the tenant',
  };
  return policy.allowsSecrets && policy.longestSecretDays === undefined && policy.longestCertificateDays === undefined
    ? undefined
    : policy;
}

/** As many days as are wished for, allowed, and offered at all. */
export function allowedDays(
  wished: number,
  kind: 'secret' | 'certificate',
  policy: CredentialPolicy | undefined,
): number {
  const allowed = kind === 'secret' ? policy?.longestSecretDays : policy?.longestCertificateDays;
  return Math.min(wished, longestDays, allowed ?? longestDays);
}

/** The policy in a sentence. */
export function sayPolicy({
  name,
  allowsSecrets,
  longestSecretDays,
  longestCertificateDays,
}: CredentialPolicy): string {
  const said = [
    allowsSecrets ? undefined : 'allows no client secrets',
    longestSecretDays === undefined ? undefined : `lets client secrets live ${longestSecretDays} days at most`,
    longestCertificateDays === undefined ? undefined : `lets certificates live ${longestCertificateDays} days at most`,
  ].filter((part) => part !== undefined);
  return `The credential policy ${name} ${said.join(', and ')}.`;
}

function shortest(rows: readonly z.infer<typeof restriction>[], type: string): number | undefined {
  const days = rows
    .filter(({ restrictionType }) => restrictionType === type)
    .map(({ maxLifetime }) => daysOf(maxLifetime ?? ''))
    .filter((each) => each !== undefined);
  return days.length === 0 ? undefined : Math.min(...days);
}

/** Whole days of an ISO 8601 duration, years and months taken as 365 and 30 days; undefined when it is none. */
function daysOf(text: string): number | undefined {
  const found = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text);
  if (!found) return undefined;
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = found
    .slice(1)
    .map((part) => Number(part ?? 0));
  const ms = (years * 365 + months * 30 + weeks * 7 + days) * dayMs + ((hours * 60 + minutes) * 60 + seconds) * 1000;
  return Math.floor(ms / dayMs);
}
