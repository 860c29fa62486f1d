/** A group as Graph shows it. Source: Graph "group resource type". */
import type { TenantGroup } from '../../directory/directory-state.ts';
import { emptyLists, nulls } from '../odata/blank-properties.ts';
import type { JsonObject } from '../odata/filter.ts';
import type { EntityType } from '../odata/query-options.ts';

const unknown = {
  ...nulls('deletedDateTime', 'classification', 'expirationDateTime', 'isAssignableToRole', 'membershipRule'),
  ...nulls('membershipRuleProcessingState', 'onPremisesDomainName', 'onPremisesLastSyncDateTime', 'theme'),
  ...nulls('onPremisesNetBiosName', 'onPremisesSamAccountName', 'onPremisesSecurityIdentifier', 'uniqueName'),
  ...nulls('onPremisesSyncEnabled', 'preferredDataLocation', 'preferredLanguage', 'isManagementRestricted'),
  ...emptyLists('onPremisesProvisioningErrors', 'resourceBehaviorOptions'),
  ...emptyLists('resourceProvisioningOptions', 'serviceProvisioningErrors', 'assignedLabels', 'assignedLicenses'),
};

export function groupJson(group: TenantGroup): JsonObject {
  const created = new Date(group.createdAt).toISOString();
  const isUnified = group.groupTypes.includes('Unified');
  return {
    ...unknown,
    id: group.id,
    createdDateTime: created,
    renewedDateTime: created,
    description: group.description,
    displayName: group.displayName,
    groupTypes: group.groupTypes,
    mail: group.mail,
    mailEnabled: group.mailEnabled,
    mailNickname: group.mailNickname,
    proxyAddresses: group.mail ? [`SMTP:${group.mail}`, ...group.aliases.map((alias) => `smtp:${alias}`)] : [],
    securityEnabled: group.securityEnabled,
    securityIdentifier: group.sid,
    visibility: isUnified ? 'Public' : null,
  };
}

export const groupType: EntityType = {
  name: 'group',
  properties: [
    ...Object.keys(unknown),
    ...['id', 'createdDateTime', 'renewedDateTime', 'description', 'displayName', 'groupTypes', 'mail', 'mailEnabled'],
    ...['mailNickname', 'proxyAddresses', 'securityEnabled', 'securityIdentifier', 'visibility'],
  ],
  navigation: ['members', 'owners', 'memberOf'],
};
