/** Applications and service principals as Graph shows them. Source: Graph "application", "servicePrincipal" resource types. */
import type { Directory } from '../../directory/directory.ts';
import type {
  Application,
  KeyCredential,
  PasswordCredential,
  ServicePrincipal,
} from '../../directory/directory-state.ts';
import { emptyLists, nulls } from '../odata/blank-properties.ts';
import type { JsonObject } from '../odata/filter.ts';
import type { EntityType } from '../odata/query-options.ts';

const noInfo = nulls('logoUrl', 'marketingUrl', 'privacyStatementUrl', 'supportUrl', 'termsOfServiceUrl');
const noPublisher = nulls('displayName', 'verifiedPublisherId', 'addedDateTime');

const applicationUnknown = {
  ...nulls('deletedDateTime', 'applicationTemplateId', 'certification', 'createdByAppId', 'defaultRedirectUri'),
  ...nulls('disabledByMicrosoftStatus', 'groupMembershipClaims', 'isDeviceOnlyAuthSupported', 'isDisabled'),
  ...nulls('nativeAuthenticationApisEnabled', 'optionalClaims', 'requestSignatureVerification', 'samlMetadataUrl'),
  ...nulls('serviceManagementReference', 'servicePrincipalLockConfiguration', 'tokenEncryptionKeyId', 'uniqueName'),
  ...emptyLists('addIns', 'appRoles'),
};

/** The key of a certificate is shown only where $select asks for keyCredentials. */
export function applicationJson(directory: Directory, application: Application, withKeys: boolean): JsonObject {
  return {
    ...applicationUnknown,
    id: application.id,
    appId: application.appId,
    createdDateTime: application.createdDateTime,
    displayName: application.displayName,
    description: application.description,
    notes: application.notes,
    signInAudience: application.signInAudience,
    publisherDomain: directory.domain,
    identifierUris: application.identifierUris,
    tags: application.tags,
    isFallbackPublicClient: application.isFallbackPublicClient,
    oauth2RequirePostResponse: false,
    api: {
      acceptMappedClaims: null,
      knownClientApplications: [],
      requestedAccessTokenVersion: application.requestedAccessTokenVersion,
      oauth2PermissionScopes: [],
      preAuthorizedApplications: [],
    },
    info: noInfo,
    parentalControlSettings: { countriesBlockedForMinors: [], legalAgeGroupRule: 'Allow' },
    publicClient: application.publicClient,
    spa: application.spa,
    verifiedPublisher: noPublisher,
    web: {
      ...application.web,
      redirectUriSettings: application.web.redirectUris.map((uri) => ({ uri, index: null })),
    },
    requiredResourceAccess: application.requiredResourceAccess,
    keyCredentials: application.keyCredentials.map((credential) => keyCredentialJson(credential, withKeys)),
    passwordCredentials: application.passwordCredentials.map((credential) => passwordCredentialJson(credential)),
  };
}

export const applicationType: EntityType = {
  name: 'application',
  properties: [
    ...Object.keys(applicationUnknown),
    ...['id', 'appId', 'createdDateTime', 'displayName', 'description', 'notes', 'signInAudience', 'publisherDomain'],
    ...['identifierUris', 'tags', 'isFallbackPublicClient', 'oauth2RequirePostResponse', 'api', 'info'],
    ...['parentalControlSettings', 'publicClient', 'spa', 'verifiedPublisher', 'web', 'requiredResourceAccess'],
    ...['keyCredentials', 'passwordCredentials'],
  ],
  navigation: ['owners', 'federatedIdentityCredentials', 'appManagementPolicies'],
};

/** @param secretText only in the answer of addPassword */
export function passwordCredentialJson(credential: PasswordCredential, secretText: string | null = null): JsonObject {
  const { keyId, displayName, hint, startDateTime, endDateTime } = credential;
  return { customKeyIdentifier: null, displayName, endDateTime, hint, keyId, secretText, startDateTime };
}

export function keyCredentialJson(credential: KeyCredential, withKey: boolean): JsonObject {
  const { effectiveAt: _, key, ...shown } = credential;
  return { ...shown, key: withKey ? key : null };
}

const principalUnknown = {
  ...nulls('deletedDateTime', 'appDescription', 'applicationTemplateId', 'createdByAppId', 'description', 'homepage'),
  ...nulls('disabledByMicrosoftStatus', 'isDisabled', 'loginUrl', 'logoutUrl', 'notes', 'preferredSingleSignOnMode'),
  ...nulls('preferredTokenSigningKeyThumbprint', 'samlSingleSignOnSettings', 'tokenEncryptionKeyId'),
  ...emptyLists('addIns', 'alternativeNames', 'keyCredentials', 'notificationEmailAddresses', 'passwordCredentials'),
  ...emptyLists('resourceSpecificApplicationPermissions'),
};

export function servicePrincipalJson(directory: Directory, principal: ServicePrincipal): JsonObject {
  const application = directory.applicationByAppId(principal.appId);
  return {
    ...principalUnknown,
    id: principal.id,
    accountEnabled: principal.accountEnabled,
    appDisplayName: application?.displayName ?? principal.displayName,
    appId: principal.appId,
    appOwnerOrganizationId: principal.appOwnerOrganizationId,
    appRoleAssignmentRequired: false,
    displayName: principal.displayName,
    replyUrls: application?.web.redirectUris ?? [],
    servicePrincipalNames: principal.servicePrincipalNames,
    servicePrincipalType: 'Application',
    signInAudience: application?.signInAudience ?? 'AzureADMultipleOrgs',
    tags: principal.tags,
    appRoles: principal.appRoles.map((role) => ({ ...role, origin: 'Application' })),
    info: noInfo,
    oauth2PermissionScopes: principal.oauth2PermissionScopes.map((scope) => ({
      ...scope,
      userConsentDescription: scope.adminConsentDescription,
      userConsentDisplayName: scope.adminConsentDisplayName,
    })),
    verifiedPublisher: noPublisher,
  };
}

export const servicePrincipalType: EntityType = {
  name: 'servicePrincipal',
  properties: [
    ...Object.keys(principalUnknown),
    ...['id', 'accountEnabled', 'appDisplayName', 'appId', 'appOwnerOrganizationId', 'appRoleAssignmentRequired'],
    ...['displayName', 'replyUrls', 'servicePrincipalNames', 'servicePrincipalType', 'tags'],
    ...['signInAudience', 'appRoles', 'info', 'oauth2PermissionScopes', 'verifiedPublisher'],
  ],
  navigation: ['owners', 'appRoleAssignments', 'appRoleAssignedTo', 'oauth2PermissionGrants'],
};
