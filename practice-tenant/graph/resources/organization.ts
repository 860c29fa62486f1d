/** `/organization` and `/domains`. Source: Graph "organization", "domain" resource types. */
import { requirePermission } from '../authorise.ts';
import { byMethod, type GraphCall, type Resource } from '../graph-call.ts';
import { resourceNotFound, unknownSegment } from '../graph-error.ts';
import { answerEntity, answerList } from '../odata/answer-query.ts';
import { emptyLists, nulls } from '../odata/blank-properties.ts';
import type { JsonObject } from '../odata/filter.ts';
import { permissions } from '../permissions.ts';

const unknown = {
  ...nulls('deletedDateTime', 'city', 'country', 'countryLetterCode', 'createdDateTime', 'defaultUsageLocation'),
  ...nulls('onPremisesLastSyncDateTime', 'onPremisesSyncEnabled', 'partnerTenantType', 'postalCode', 'state', 'street'),
  ...nulls('preferredLanguage', 'privacyProfile'),
  ...emptyLists('assignedPlans', 'businessPhones', 'marketingNotificationEmails', 'provisionedPlans'),
  ...emptyLists('securityComplianceNotificationMails', 'securityComplianceNotificationPhones'),
  ...emptyLists('technicalNotificationMails'),
};
const domainUnknown = nulls('availabilityStatus', 'manufacturer', 'model', 'passwordNotificationWindowInDays', 'state');

function organizationJson({ directory }: GraphCall): JsonObject {
  return {
    ...unknown,
    id: directory.tenantId,
    displayName: directory.state.displayName,
    tenantType: 'AAD',
    mobileDeviceManagementAuthority: 'unknown',
    verifiedDomains: directory.state.domains.map((name, index) => ({
      capabilities: 'Email, OfficeCommunicationsOnline',
      isDefault: index === 0,
      isInitial: index === 0,
      name,
      type: 'Managed',
    })),
  };
}

const organizationType = {
  name: 'organization',
  properties: [
    ...Object.keys(unknown),
    ...['id', 'displayName', 'tenantType', 'mobileDeviceManagementAuthority', 'verifiedDomains'],
  ],
  navigation: [],
};

export const organization: Resource = (call, [id, rest]) => {
  if (rest !== undefined) throw unknownSegment(rest);
  return byMethod(call, {
    GET: () => {
      requirePermission(call.caller, permissions.organizationRead);
      const queried = { type: organizationType, context: 'organization' };
      const found = organizationJson(call);
      if (id === undefined) return answerList(call, queried, [found]);
      if (id.toLowerCase() !== call.directory.tenantId) throw resourceNotFound(id);
      return answerEntity(call, queried, found);
    },
  });
};

function domainJson(id: string, index: number): JsonObject {
  return {
    ...domainUnknown,
    id,
    authenticationType: 'Managed',
    isAdminManaged: true,
    isDefault: index === 0,
    isInitial: index === 0,
    isRoot: true,
    isVerified: true,
    passwordValidityPeriodInDays: null,
    supportedServices: ['Email', 'OfficeCommunicationsOnline'],
  };
}

const domainType = { name: 'domain', properties: Object.keys(domainJson('', 0)), navigation: [] };

export const domains: Resource = (call, [id, rest]) => {
  if (rest !== undefined) throw unknownSegment(rest);
  return byMethod(call, {
    GET: () => {
      requirePermission(call.caller, permissions.domainsRead);
      const queried = { type: domainType, context: 'domains' };
      const all = call.directory.state.domains.map(domainJson);
      if (id === undefined) return answerList(call, queried, all);
      const found = all.find((each) => String(each['id']).toLowerCase() === id.toLowerCase());
      if (!found) throw resourceNotFound(id);
      return answerEntity(call, queried, found);
    },
  });
};
