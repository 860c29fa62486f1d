/** A tenant as it is on its first day: Microsoft's own service principals, and nobody in it. */
import type { Cloud } from '../clouds.ts';
import type { AppRestrictions, DirectoryState } from './directory-state.ts';
import { wellKnownServicePrincipals } from './well-known.ts';

export interface TenantNames {
  readonly tenantId: string;
  /** Verified domains; the first is the default. */
  readonly domains: readonly string[];
  readonly displayName?: string;
}

export function emptyDirectory(names: TenantNames, cloud: Cloud, now: number): DirectoryState {
  const restrictions: AppRestrictions = { passwordCredentials: [], keyCredentials: [] };
  return {
    tenantId: names.tenantId.toLowerCase(),
    displayName: names.displayName ?? 'Practice tenant',
    domains: [...names.domains],
    users: [],
    groups: [],
    applications: [],
    servicePrincipals: wellKnownServicePrincipals(cloud, now),
    appRoleAssignments: [],
    withdrawnAppRoleAssignments: [],
    oauth2PermissionGrants: [],
    consentRequests: [],
    defaultAppManagementPolicy: {
      id: '00000000-0000-0000-0000-000000000000',
      displayName: 'Default app management tenant policy',
      description:
        'Default tenant policy that enforces app management restrictions on applications and service principals.',
      isEnabled: false,
      restrictions,
      appliesTo: [],
    },
    appManagementPolicies: [],
    usersMayConsent: false,
    exchange: {
      smtpClientAuthenticationDisabled: true,
      servicePrincipals: [],
      accessPolicies: [],
      managementScopes: [],
      roleAssignments: [],
      knownFrom: {},
    },
  };
}
