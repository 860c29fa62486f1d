/** A user as Graph shows it. Source: Graph "user resource type"; what comes without $select is the list on that page. */
import type { TenantUser } from '../../directory/directory-state.ts';
import { emptyLists, nulls } from '../odata/blank-properties.ts';
import type { JsonObject } from '../odata/filter.ts';
import type { EntityType } from '../odata/query-options.ts';

const defaults = [
  'businessPhones',
  'displayName',
  'givenName',
  'jobTitle',
  'mail',
  'mobilePhone',
  'officeLocation',
  'preferredLanguage',
  'surname',
  'userPrincipalName',
  'id',
] as const;

const unknown = {
  ...nulls('deletedDateTime', 'ageGroup', 'city', 'companyName', 'consentProvidedForMinor', 'country', 'creationType'),
  ...nulls('department', 'employeeHireDate', 'employeeId', 'employeeLeaveDateTime', 'employeeOrgData', 'employeeType'),
  ...nulls('externalUserState', 'externalUserStateChangeDateTime', 'faxNumber', 'givenName', 'jobTitle', 'surname'),
  ...nulls('lastPasswordChangeDateTime', 'legalAgeGroupClassification', 'mobilePhone', 'officeLocation', 'postalCode'),
  ...nulls('onPremisesDistinguishedName', 'onPremisesDomainName', 'onPremisesImmutableId', 'onPremisesSyncEnabled'),
  ...nulls('onPremisesLastSyncDateTime', 'onPremisesSamAccountName', 'onPremisesSecurityIdentifier', 'usageLocation'),
  ...nulls('onPremisesUserPrincipalName', 'passwordPolicies', 'passwordProfile', 'preferredDataLocation', 'state'),
  ...nulls('preferredLanguage', 'showInAddressList', 'signInSessionsValidFromDateTime', 'streetAddress'),
  ...nulls('isResourceAccount', 'isManagementRestricted', 'authorizationInfo'),
  ...emptyLists('assignedLicenses', 'assignedPlans', 'businessPhones', 'imAddresses', 'licenseAssignmentStates'),
  ...emptyLists('onPremisesProvisioningErrors', 'otherMails', 'provisionedPlans', 'serviceProvisioningErrors'),
};

export function userJson(user: TenantUser): JsonObject {
  const hasMail = user.mailboxType !== 'None';
  const attributes = Array.from({ length: 15 }, (_, index) => [
    `extensionAttribute${index + 1}`,
    user.customAttributes[`CustomAttribute${index + 1}`] ?? null,
  ]);
  return {
    ...unknown,
    id: user.id,
    accountEnabled: user.accountEnabled,
    createdDateTime: new Date(user.createdAt).toISOString(),
    displayName: user.displayName,
    mail: hasMail ? user.address : null,
    mailNickname: user.address.split('@')[0] ?? user.address,
    userPrincipalName: user.address,
    userType: 'Member',
    identities: [
      {
        signInType: 'userPrincipalName',
        issuer: user.address.split('@')[1] ?? '',
        issuerAssignedId: user.address,
      },
    ],
    onPremisesExtensionAttributes: Object.fromEntries(attributes),
    proxyAddresses: hasMail ? [`SMTP:${user.address}`, ...user.aliases.map((alias) => `smtp:${alias}`)] : [],
    securityIdentifier: user.sid,
  };
}

export const userType: EntityType = {
  name: 'user',
  properties: [
    ...Object.keys(unknown),
    ...['id', 'accountEnabled', 'createdDateTime', 'displayName', 'mail', 'mailNickname', 'userPrincipalName'],
    ...['userType', 'identities', 'onPremisesExtensionAttributes', 'proxyAddresses', 'securityIdentifier'],
  ],
  navigation: ['memberOf', 'ownedObjects'],
  defaults,
};
