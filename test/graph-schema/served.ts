/**
 * What of Graph the practice tenant serves. From here the extract takes every type that a property leads to; what stands in
 * neither place is unknown to the check, and an answer that holds it is a violation.
 *
 * To add something: name it here and run `npm run generate` where the metadata document lies beside the project.
 */
export const served = {
  sets: [
    'applications',
    'directoryObjects',
    'domains',
    'groups',
    'oauth2PermissionGrants',
    'organization',
    'servicePrincipals',
    'users',
  ],
  singletons: ['me', 'policies'],
  /** Types that are reached by a navigation property, or stand in for one that they are based on. */
  types: [
    'appManagementPolicy',
    'appRoleAssignment',
    'extension',
    'federatedIdentityCredential',
    'fileAttachment',
    'itemAttachment',
    'mailFolder',
    'message',
    'multiValueLegacyExtendedProperty',
    'oAuth2PermissionGrant',
    'referenceAttachment',
    'singleValueLegacyExtendedProperty',
    'tenantAppManagementPolicy',
  ],
  actions: ['addKey', 'addPassword', 'createUploadSession', 'removeKey', 'removePassword', 'send', 'sendMail'],
} as const;
