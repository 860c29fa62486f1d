/**
 * All that a tenant knows, as plain data: what the state file holds, and what every endpoint reads. Objects of Graph keep
 * Graph's property names. Fields that Graph never shows say so.
 */
import { z } from 'zod';

/** ms since the epoch. */
const instant = z.number();
const iso = z.string();

export const mailboxTypes = [
  'UserMailbox',
  'SharedMailbox',
  'RoomMailbox',
  'EquipmentMailbox',
  'MailUser',
  'None',
] as const;

export const userSchema = z.object({
  id: z.string(),
  displayName: z.string(),
  /** User principal name and primary address in one: the practice tenant keeps them equal. */
  address: z.string(),
  aliases: z.array(z.string()),
  accountEnabled: z.boolean(),
  /** For the sign-in page alone; a practice password, no secret. */
  password: z.string(),
  /** Display names of directory roles, such as `Global Administrator`. */
  directoryRoles: z.array(z.string()),
  createdAt: instant,
  /** What Exchange has for this user. `None` and `MailUser` have no cloud mailbox. */
  mailboxType: z.enum(mailboxTypes),
  sid: z.string(),
  /** Addresses that this mailbox may send as; `*` stands for all. */
  maySendAs: z.array(z.string()),
  /** Object ids of service principals or users with FullAccess, and from when it holds. */
  fullAccess: z.array(z.object({ trusteeId: z.string(), effectiveAt: instant })),
  /** Object ids of service principals that may send as this mailbox over SMTP (Add-RecipientPermission). */
  sendAsTrustees: z.array(z.string()),
  /** null: as the organisation has it (Set-CASMailbox -SmtpClientAuthenticationDisabled). */
  smtpClientAuthenticationDisabled: z.boolean().nullable(),
  /** Overrides of the tenant's limits (Set-Mailbox). */
  recipientLimit: z.number().nullable(),
  maxSendBytes: z.number().nullable(),
  mailboxFull: z.boolean(),
  customAttributes: z.record(z.string(), z.string()),
});
export type TenantUser = z.infer<typeof userSchema>;

export const groupSchema = z.object({
  id: z.string(),
  displayName: z.string(),
  description: z.string().nullable(),
  mail: z.string().nullable(),
  aliases: z.array(z.string()),
  mailNickname: z.string(),
  mailEnabled: z.boolean(),
  securityEnabled: z.boolean(),
  /** `Unified` for Microsoft 365 groups, `DynamicMembership`; empty for security and distribution groups. */
  groupTypes: z.array(z.string()),
  /** Object ids of users, groups and service principals. */
  members: z.array(z.string()),
  owners: z.array(z.string()),
  sid: z.string(),
  createdAt: instant,
});
export type TenantGroup = z.infer<typeof groupSchema>;

export const passwordCredentialSchema = z.object({
  keyId: z.string(),
  displayName: z.string().nullable(),
  hint: z.string(),
  startDateTime: iso,
  endDateTime: iso,
  /** Never shown after addPassword. */
  secretText: z.string(),
  /** From when the token endpoint knows it. */
  effectiveAt: instant,
});
export type PasswordCredential = z.infer<typeof passwordCredentialSchema>;

export const keyCredentialSchema = z.object({
  keyId: z.string(),
  displayName: z.string().nullable(),
  type: z.string(),
  usage: z.string(),
  startDateTime: iso,
  endDateTime: iso,
  /** Base64 of the SHA-1 thumbprint, as Graph shows it. */
  customKeyIdentifier: z.string().nullable(),
  /** The certificate in base64 (DER); shown only where $select asks for it. */
  key: z.string(),
  effectiveAt: instant,
});
export type KeyCredential = z.infer<typeof keyCredentialSchema>;

export const federatedIdentityCredentialSchema = z.object({
  id: z.string(),
  name: z.string(),
  issuer: z.string(),
  subject: z.string(),
  audiences: z.array(z.string()),
  description: z.string().nullable(),
});
export type FederatedIdentityCredential = z.infer<typeof federatedIdentityCredentialSchema>;

export const requiredResourceAccessSchema = z.object({
  resourceAppId: z.string(),
  resourceAccess: z.array(z.object({ id: z.string(), type: z.enum(['Role', 'Scope']) })),
});

export const applicationSchema = z.object({
  /** Object id; differs from appId. */
  id: z.string(),
  appId: z.string(),
  displayName: z.string(),
  description: z.string().nullable(),
  notes: z.string().nullable(),
  signInAudience: z.enum([
    'AzureADMyOrg',
    'AzureADMultipleOrgs',
    'AzureADandPersonalMicrosoftAccount',
    'PersonalMicrosoftAccount',
  ]),
  createdDateTime: iso,
  identifierUris: z.array(z.string()),
  tags: z.array(z.string()),
  isFallbackPublicClient: z.boolean().nullable(),
  web: z.object({
    redirectUris: z.array(z.string()),
    homePageUrl: z.string().nullable(),
    logoutUrl: z.string().nullable(),
    implicitGrantSettings: z.object({ enableIdTokenIssuance: z.boolean(), enableAccessTokenIssuance: z.boolean() }),
  }),
  publicClient: z.object({ redirectUris: z.array(z.string()) }),
  spa: z.object({ redirectUris: z.array(z.string()) }),
  requestedAccessTokenVersion: z.number().nullable(),
  requiredResourceAccess: z.array(requiredResourceAccessSchema),
  passwordCredentials: z.array(passwordCredentialSchema),
  keyCredentials: z.array(keyCredentialSchema),
  federatedIdentityCredentials: z.array(federatedIdentityCredentialSchema),
  /** Object ids of users and service principals. */
  owners: z.array(z.string()),
});
export type Application = z.infer<typeof applicationSchema>;

export const appRoleSchema = z.object({
  id: z.string(),
  value: z.string(),
  displayName: z.string(),
  description: z.string(),
  isEnabled: z.boolean(),
  allowedMemberTypes: z.array(z.string()),
});

export const permissionScopeSchema = z.object({
  id: z.string(),
  value: z.string(),
  adminConsentDisplayName: z.string(),
  adminConsentDescription: z.string(),
  /** `User` scopes may be consented by everybody, `Admin` scopes by administrators alone. */
  type: z.enum(['User', 'Admin']),
  isEnabled: z.boolean(),
});

export const servicePrincipalSchema = z.object({
  id: z.string(),
  appId: z.string(),
  displayName: z.string(),
  appOwnerOrganizationId: z.string().nullable(),
  accountEnabled: z.boolean(),
  createdDateTime: iso,
  servicePrincipalNames: z.array(z.string()),
  tags: z.array(z.string()),
  appRoles: z.array(appRoleSchema),
  oauth2PermissionScopes: z.array(permissionScopeSchema),
  owners: z.array(z.string()),
  /** Display names of directory roles: Exchange.ManageAsApp needs `Exchange Administrator` beside it. */
  directoryRoles: z.array(z.string()),
});
export type ServicePrincipal = z.infer<typeof servicePrincipalSchema>;

export const appRoleAssignmentSchema = z.object({
  id: z.string(),
  principalId: z.string(),
  resourceId: z.string(),
  appRoleId: z.string(),
  createdDateTime: iso,
  /** From when new tokens carry it. */
  effectiveAt: instant,
});
export type AppRoleAssignment = z.infer<typeof appRoleAssignmentSchema>;

export const permissionGrantSchema = z.object({
  id: z.string(),
  /** Object id of the client's service principal. */
  clientId: z.string(),
  consentType: z.enum(['AllPrincipals', 'Principal']),
  principalId: z.string().nullable(),
  resourceId: z.string(),
  /** Space separated. */
  scope: z.string(),
});
export type PermissionGrant = z.infer<typeof permissionGrantSchema>;

/** Somebody who may not consent asked an administrator. */
export const consentRequestSchema = z.object({
  id: z.string(),
  appId: z.string(),
  requestedBy: z.string(),
  reason: z.string(),
  /** Permissions by name, as asked for. */
  scopes: z.array(z.string()),
  requestedAt: instant,
  status: z.enum(['InProgress', 'Approved', 'Denied']),
});
export type ConsentRequest = z.infer<typeof consentRequestSchema>;

const passwordRestrictionSchema = z.object({
  restrictionType: z.enum([
    'passwordAddition',
    'passwordLifetime',
    'symmetricKeyAddition',
    'symmetricKeyLifetime',
    'customPasswordAddition',
  ]),
  state: z.enum(['enabled', 'disabled']),
  /** ISO 8601 duration, such as P90D. */
  maxLifetime: z.string().nullable(),
  restrictForAppsCreatedAfterDateTime: iso.nullable(),
});
const keyRestrictionSchema = z.object({
  restrictionType: z.enum(['asymmetricKeyLifetime', 'trustedCertificateAuthority']),
  state: z.enum(['enabled', 'disabled']),
  maxLifetime: z.string().nullable(),
  restrictForAppsCreatedAfterDateTime: iso.nullable(),
});
export const appRestrictionsSchema = z.object({
  passwordCredentials: z.array(passwordRestrictionSchema),
  keyCredentials: z.array(keyRestrictionSchema),
});
export type AppRestrictions = z.infer<typeof appRestrictionsSchema>;

export const appManagementPolicySchema = z.object({
  id: z.string(),
  displayName: z.string(),
  description: z.string(),
  isEnabled: z.boolean(),
  restrictions: appRestrictionsSchema,
  /** Object ids of the applications that it is assigned to; the default policy holds for all others. */
  appliesTo: z.array(z.string()),
});
export type AppManagementPolicy = z.infer<typeof appManagementPolicySchema>;

/** New-ApplicationAccessPolicy. A removed one lingers until Graph has noticed. */
export const accessPolicySchema = z.object({
  /** `<tenant>\<app>:<SID>;<object id>` */
  identity: z.string(),
  /** Client id, or `*`. */
  appId: z.string(),
  accessRight: z.enum(['RestrictAccess', 'DenyAccess']),
  /** Object id of a user or of a mail-enabled security group. */
  scopeId: z.string(),
  description: z.string(),
  effectiveAt: instant,
  removedAt: instant.nullable(),
});
export type AccessPolicy = z.infer<typeof accessPolicySchema>;

export const managementScopeSchema = z.object({
  name: z.string(),
  /** OPATH. */
  recipientRestrictionFilter: z.string(),
});
export const roleAssignmentSchema = z.object({
  name: z.string(),
  /** Such as `Application Mail.Send`. */
  role: z.string(),
  /** Object id of the service principal. */
  app: z.string(),
  customResourceScope: z.string().nullable(),
  recipientGroupScope: z.string().nullable(),
  recipientAdministrativeUnitScope: z.string().nullable(),
  effectiveAt: instant,
  removedAt: instant.nullable(),
});
export type RoleAssignment = z.infer<typeof roleAssignmentSchema>;

const exchangeStateSchema = z.object({
  /** Set-TransportConfig. Off in tenants made since January 2020. */
  smtpClientAuthenticationDisabled: z.boolean(),
  /** New-ServicePrincipal: pointers to service principals of the directory. */
  servicePrincipals: z.array(z.object({ objectId: z.string(), appId: z.string(), displayName: z.string() })),
  accessPolicies: z.array(accessPolicySchema),
  managementScopes: z.array(managementScopeSchema),
  roleAssignments: z.array(roleAssignmentSchema),
  /** From when Exchange's replicas know an object, by object id. */
  knownFrom: z.record(z.string(), instant),
});

export const directoryStateSchema = z.object({
  tenantId: z.string(),
  displayName: z.string(),
  /** Verified domains; the first is the default. */
  domains: z.array(z.string()).min(1),
  users: z.array(userSchema),
  groups: z.array(groupSchema),
  applications: z.array(applicationSchema),
  servicePrincipals: z.array(servicePrincipalSchema),
  appRoleAssignments: z.array(appRoleAssignmentSchema),
  /** Assignments that were withdrawn, until new tokens have noticed. */
  withdrawnAppRoleAssignments: z.array(appRoleAssignmentSchema.extend({ removedAt: instant })),
  oauth2PermissionGrants: z.array(permissionGrantSchema),
  consentRequests: z.array(consentRequestSchema),
  defaultAppManagementPolicy: appManagementPolicySchema,
  appManagementPolicies: z.array(appManagementPolicySchema),
  /** May ordinary users consent to `User` scopes? */
  usersMayConsent: z.boolean(),
  exchange: exchangeStateSchema,
});
export type DirectoryState = z.infer<typeof directoryStateSchema>;
