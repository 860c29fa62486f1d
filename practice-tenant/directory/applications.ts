/**
 * App registrations with their credentials, and the service principals that stand for them in the tenant. Graph, the
 * portal and the seed all change them through these functions.
 */
import { createHash, randomInt, randomUUID, X509Certificate } from 'node:crypto';
import type { Profile } from '../profile.ts';
import type { Directory } from './directory.ts';
import type { Application, KeyCredential, PasswordCredential, ServicePrincipal } from './directory-state.ts';

type Settable = Omit<Application, 'id' | 'appId' | 'createdDateTime' | 'passwordCredentials'>;

export interface NewApplication extends Partial<Settable> {
  readonly displayName: string;
}

export interface NewPassword {
  readonly displayName?: string | null;
  /** ISO 8601. */
  readonly startDateTime?: string;
  readonly endDateTime?: string;
}

type CredentialDelay = Pick<Profile, 'credentialDelayMs'>;

/** Registers an application; no service principal yet, and no consent. `now` is ms since the epoch. */
export function createApplication(directory: Directory, fields: NewApplication, now: number): Application {
  const application: Application = {
    description: null,
    notes: null,
    signInAudience: 'AzureADMyOrg',
    identifierUris: [],
    tags: [],
    isFallbackPublicClient: null,
    web: {
      redirectUris: [],
      homePageUrl: null,
      logoutUrl: null,
      implicitGrantSettings: { enableIdTokenIssuance: false, enableAccessTokenIssuance: false },
    },
    publicClient: { redirectUris: [] },
    spa: { redirectUris: [] },
    requestedAccessTokenVersion: null,
    requiredResourceAccess: [],
    keyCredentials: [],
    federatedIdentityCredentials: [],
    owners: [],
    ...fields,
    passwordCredentials: [],
    id: directory.newId(),
    appId: directory.newId(),
    createdDateTime: isoSeconds(now),
  };
  directory.state.applications.push(application);
  return application;
}

/** The service principal of an application in this tenant; made when there is none. */
export function ensureServicePrincipal(directory: Directory, appId: string, now: number): ServicePrincipal {
  const found = directory.servicePrincipalByAppId(appId);
  if (found) return found;
  const application = directory.applicationByAppId(appId);
  const made: ServicePrincipal = {
    id: directory.newId(),
    appId: appId.toLowerCase(),
    displayName: application?.displayName ?? appId,
    appOwnerOrganizationId: directory.tenantId,
    accountEnabled: true,
    createdDateTime: isoSeconds(now),
    servicePrincipalNames: [appId.toLowerCase(), ...(application?.identifierUris ?? [])],
    tags: [],
    appRoles: [],
    oauth2PermissionScopes: [],
    owners: [],
    directoryRoles: [],
  };
  directory.state.servicePrincipals.push(made);
  return made;
}

/** Takes an application away with its service principal and all that was granted to it or through it. */
export function deleteApplication(directory: Directory, application: Application): void {
  const { state } = directory;
  const principal = directory.servicePrincipalByAppId(application.appId);
  if (principal) deleteServicePrincipal(directory, principal);
  state.applications = state.applications.filter(({ id }) => id !== application.id);
  for (const policy of state.appManagementPolicies)
    policy.appliesTo = policy.appliesTo.filter((id) => id !== application.id);
}

export function deleteServicePrincipal(directory: Directory, principal: ServicePrincipal): void {
  const { state } = directory;
  withdrawAll(directory, principal.id);
  state.servicePrincipals = state.servicePrincipals.filter(({ id }) => id !== principal.id);
  const without = (ids: string[]) => ids.filter((id) => id !== principal.id);
  for (const group of state.groups) {
    group.members = without(group.members);
    group.owners = without(group.owners);
  }
  for (const owned of [...state.applications, ...state.servicePrincipals]) owned.owners = without(owned.owners);
}

/** Takes away all grants to and through a service principal that goes. */
function withdrawAll(directory: Directory, objectId: string): void {
  const { state } = directory;
  const kept = (each: { principalId: string; resourceId: string }) =>
    each.principalId !== objectId && each.resourceId !== objectId;
  state.appRoleAssignments = state.appRoleAssignments.filter(kept);
  state.withdrawnAppRoleAssignments = state.withdrawnAppRoleAssignments.filter(kept);
  state.oauth2PermissionGrants = state.oauth2PermissionGrants.filter(
    ({ clientId, resourceId }) => clientId !== objectId && resourceId !== objectId,
  );
}

/**
 * Adds a client secret, which the token endpoint knows after the profile's delay. Two years when no end is given.
 * Source: Graph "application: addPassword". Dates and policies are the business of the caller.
 */
export function addPassword(
  _directory: Directory,
  application: Application,
  fields: NewPassword,
  now: number,
  profile: CredentialDelay,
): PasswordCredential {
  const start = fields.startDateTime ?? isoFraction(now);
  const secretText = newSecret();
  const password: PasswordCredential = {
    keyId: randomUUID(),
    displayName: fields.displayName ?? null,
    hint: secretText.slice(0, 3),
    startDateTime: start,
    endDateTime: fields.endDateTime ?? twoYearsAfter(start),
    secretText,
    effectiveAt: now + profile.credentialDelayMs,
  };
  application.passwordCredentials.push(password);
  return password;
}

/** Whether there was a secret of this id. */
export function removePassword(application: Application, keyId: string): boolean {
  const before = application.passwordCredentials.length;
  application.passwordCredentials = application.passwordCredentials.filter(
    (each) => each.keyId !== keyId.toLowerCase(),
  );
  return application.passwordCredentials.length < before;
}

/** Adds a certificate for client assertions. @throws Error when the text holds no X.509 certificate */
export function addCertificate(
  application: Application,
  pem: string,
  now: number,
  profile: CredentialDelay,
): KeyCredential {
  const credential = keyCredentialOf(new X509Certificate(pem), now, profile);
  application.keyCredentials.push(credential);
  return credential;
}

/** What Graph keeps of a certificate: the credential names its dates, its subject and its thumbprint. */
export function keyCredentialOf(certificate: X509Certificate, now: number, profile: CredentialDelay): KeyCredential {
  return {
    keyId: randomUUID(),
    displayName: certificate.subject.split('\n').join(', ') || null,
    type: 'AsymmetricX509Cert',
    usage: 'Verify',
    startDateTime: isoSeconds(certificate.validFromDate.getTime()),
    endDateTime: isoSeconds(certificate.validToDate.getTime()),
    customKeyIdentifier: createHash('sha1').update(certificate.raw).digest('base64'),
    key: certificate.raw.toString('base64'),
    effectiveAt: now + profile.credentialDelayMs,
  };
}

const secretAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789~._-';

/** Forty characters, `8Q~` at the fourth: what secret scanners know Entra's secrets by. */
function newSecret(): string {
  const some = (length: number) =>
    Array.from({ length }, () => secretAlphabet.charAt(randomInt(secretAlphabet.length))).join('');
  return `${some(3).replace(/[~._-]/g, 'x')}8Q~${some(34)}`;
}

function twoYearsAfter(start: string): string {
  const end = new Date(start);
  end.setUTCFullYear(end.getUTCFullYear() + 2);
  return isoFraction(end.getTime());
}

function isoSeconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

function isoFraction(ms: number): string {
  return new Date(ms).toISOString();
}
