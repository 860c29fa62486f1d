/**
 * Microsoft's own applications in each tenant: Microsoft Graph and Office 365 Exchange Online, with the app roles and the
 * delegated scopes that a connector for mail and its set-up can meet. Real tenants have several hundred more.
 * Source of the ids: Graph "Microsoft Graph permissions reference".
 */
import { createHash, randomUUID } from 'node:crypto';
import type { Cloud } from '../clouds.ts';
import type { ServicePrincipal } from './directory-state.ts';

export const graphAppId = '00000003-0000-0000-c000-000000000000';
export const exchangeAppId = '00000002-0000-0ff1-ce00-000000000000';
/** The tenant that Microsoft's own applications live in. */
export const microsoftTenantId = 'f8cdef31-a31e-4b4a-93e4-5f571e91255a';

type Row = readonly [value: string, id: string, displayName: string];

const graphRoles: readonly Row[] = [
  ['Mail.Send', 'b633e1c5-b582-4048-a93e-9f11b44c7e96', 'Send mail as any user'],
  ['Mail.ReadWrite', 'e2a3a72e-5f79-4c64-b1b1-878b674786c9', 'Read and write mail in all mailboxes'],
  ['Mail.Read', '810c84a8-4a9e-49e6-bf7d-12d183f40d01', 'Read mail in all mailboxes'],
  ['Mail.ReadBasic.All', '693c5e45-0940-467d-9b8a-1022fb9d42ef', 'Read basic mail in all mailboxes'],
  ['User.ReadBasic.All', '97235f07-e226-4f63-ace3-39588e11d3a1', "Read all users' basic profiles"],
  ['User.Read.All', 'df021288-bdef-4463-88db-98f22de89214', "Read all users' full profiles"],
  ['User.ReadWrite.All', '741f803b-c850-494e-b5df-cde7c675a1ca', "Read and write all users' full profiles"],
  ['Directory.Read.All', '7ab1d382-f21e-4acd-a863-ba3e13f7da61', 'Read directory data'],
  ['Directory.ReadWrite.All', '19dbc75e-c2e2-444c-a770-ec69d8559fc7', 'Read and write directory data'],
  ['Application.Read.All', '9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30', 'Read all applications'],
  ['Application.ReadWrite.All', '1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9', 'Read and write all applications'],
  [
    'Application.ReadWrite.OwnedBy',
    '18a4783c-866b-4cc7-a460-3d5e5662c884',
    'Manage apps that this app creates or owns',
  ],
  [
    'AppRoleAssignment.ReadWrite.All',
    '06b708a9-e830-4db3-a914-8e69da51d44f',
    'Manage app permission grants and app role assignments',
  ],
  [
    'DelegatedPermissionGrant.ReadWrite.All',
    '8e8e4742-1d95-4f68-9d56-6ee75648c72a',
    'Manage all delegated permission grants',
  ],
  ['Group.Create', 'bf7b1a76-6e77-406b-b258-bf5c7720e98f', 'Create groups'],
  ['Group.Read.All', '5b567255-7703-4780-807c-7be8301ae99b', 'Read all groups'],
  ['Group.ReadWrite.All', '62a82d76-70ea-41e2-9197-370581804d09', 'Read and write all groups'],
  ['GroupMember.Read.All', '98830695-27a2-44f7-8c18-0c3ebc9698f6', 'Read all group memberships'],
  ['Organization.Read.All', '498476ce-e0fe-48b0-b801-37ba7e2685c6', 'Read organization information'],
  ['Domain.Read.All', 'dbb9058a-0e50-45d7-ae91-66909b5d4664', 'Read domains'],
  ['Policy.Read.All', '246dd0d5-5bd0-4def-940b-0421030a5b68', "Read your organization's policies"],
  [
    'Policy.ReadWrite.ApplicationConfiguration',
    'be74164b-cff1-491c-8741-e671cb536e13',
    "Read and write your organization's application configuration policies",
  ],
];

const graphUserScopes: readonly Row[] = [
  ['openid', '37f7f235-527c-4136-accd-4a02d197296e', 'Sign users in'],
  ['profile', '14dad69e-099b-42c9-810b-d002981feec1', "View users' basic profile"],
  ['email', '64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0', "View users' email address"],
  ['offline_access', '7427e0e9-2fba-42fe-b0c0-848c9e6a8182', 'Maintain access to data you have given it access to'],
  ['User.Read', 'e1fe6dd8-ba31-4d61-89e7-88639da4683d', 'Sign in and read user profile'],
  ['User.ReadBasic.All', 'b340eb25-3456-403f-be2f-af7a0d370277', "Read all users' basic profiles"],
  ['Mail.Send', 'e383f46e-2787-4529-855e-0e479a3ffac0', 'Send mail as a user'],
  ['Mail.Send.Shared', 'a367ab51-6b49-43bf-a716-a1fb06d2a174', 'Send mail on behalf of others'],
  ['Mail.Read', '570282fd-fa5c-430d-a7fd-fc8dc98a9dca', 'Read user mail'],
  ['Mail.Read.Shared', '7b9103a5-4610-446b-9670-80643382c1fa', 'Read user and shared mail'],
  ['Mail.ReadWrite', '024d486e-b451-40bb-833d-3e66d98c5c73', 'Read and write access to user mail'],
  ['Mail.ReadWrite.Shared', '5df07973-7d5d-46ed-9847-1271055cbd51', 'Read and write user and shared mail'],
  ['SMTP.Send', '258f6531-6087-4cc4-bb90-092c5fb3ed3f', 'Send emails from mailboxes using SMTP AUTH'],
];

const graphAdminScopes: readonly Row[] = [
  ['User.Read.All', 'a154be20-db9c-4678-8ab7-66f6cc099a59', "Read all users' full profiles"],
  ['User.ReadWrite.All', '204e0828-b5ca-4ad8-b9f3-f32a958e7cc4', "Read and write all users' full profiles"],
  ['Directory.Read.All', '06da0dbc-49e2-44d2-8312-53f166ab848a', 'Read directory data'],
  ['Directory.ReadWrite.All', 'c5366453-9fb0-48a5-a156-24f0c49a4b84', 'Read and write directory data'],
  ['Directory.AccessAsUser.All', '0e263e50-5827-48a4-b97c-d940288653c7', 'Access the directory as the signed-in user'],
  ['Application.Read.All', 'c79f8feb-a9db-4090-85f9-90d820caa0eb', 'Read applications'],
  ['Application.ReadWrite.All', 'bdfbf15f-ee85-4955-8675-146e8e5296b5', 'Read and write all applications'],
  [
    'AppRoleAssignment.ReadWrite.All',
    '84bccea3-f856-4a8a-967b-dbe0a3d53a64',
    'Manage app permission grants and app role assignments',
  ],
  [
    'DelegatedPermissionGrant.ReadWrite.All',
    '41ce6ca6-6826-4807-84f1-1c82854f7ee5',
    'Manage all delegated permission grants',
  ],
  ['Group.Read.All', '5f8c59db-677d-491f-a6b8-5f174b11ec1d', 'Read all groups'],
  ['Group.ReadWrite.All', '4e46008b-f24c-477d-8fff-7bb4ec7aafe0', 'Read and write all groups'],
  ['GroupMember.Read.All', 'bc024368-1153-4739-b217-4326f2e966d0', 'Read group memberships'],
  ['Organization.Read.All', '4908d5b9-3fb2-4b1e-9336-1888b7937185', 'Read organization information'],
  ['Domain.Read.All', '2f9ee017-59c1-4f1d-9472-bd5529a7b311', 'Read domains'],
  ['Policy.Read.All', '572fea84-0151-49b2-9301-11cb16974376', "Read your organization's policies"],
  [
    'Policy.ReadWrite.ApplicationConfiguration',
    'b27add92-efb2-4f16-84f5-8108ba77985c',
    "Read and write your organization's application configuration policies",
  ],
];

const exchangeRoles: readonly Row[] = [
  ['Exchange.ManageAsApp', 'dc50a0fb-09a3-484d-be87-e023b12c6440', 'Manage Exchange As Application'],
  ['SMTP.SendAsApp', madeUpId('role SMTP.SendAsApp'), 'Application access for sending emails via SMTP AUTH'],
  [
    'full_access_as_app',
    'dc890d15-9560-4a4c-9b7f-a736ec74ec40',
    'Use Exchange Web Services with full access to all mailboxes',
  ],
];
const exchangeUserScopes: readonly Row[] = [
  ['SMTP.Send', madeUpId('scope SMTP.Send'), 'Send emails from mailboxes using SMTP AUTH'],
  ['AdminApi.AccessAsUser.All', madeUpId('scope AdminApi.AccessAsUser.All'), 'Access Exchange Online as the user'],
];

/** The service principals that a new tenant has. `now` is ms since the epoch. */
export function wellKnownServicePrincipals(cloud: Cloud, now: number): ServicePrincipal[] {
  const graphHost = new URL(cloud.graph).host;
  const exchangeHost = new URL(cloud.exchange).host;
  return [
    servicePrincipal(graphAppId, 'Microsoft Graph', now, [`${graphAppId}/${graphHost}`, graphAppId, cloud.graph], {
      appRoles: graphRoles,
      userScopes: graphUserScopes,
      adminScopes: graphAdminScopes,
    }),
    servicePrincipal(
      exchangeAppId,
      'Office 365 Exchange Online',
      now,
      [
        `${exchangeAppId}/${exchangeHost}`,
        exchangeAppId,
        cloud.exchange,
        // The older name of the same resource; guides for SMTP use it.
        ...(cloud.name === 'global' ? ['https://outlook.office.com', 'https://ps.outlook.com'] : []),
      ],
      { appRoles: exchangeRoles, userScopes: exchangeUserScopes, adminScopes: [] },
    ),
  ];
}

function servicePrincipal(
  appId: string,
  displayName: string,
  now: number,
  names: readonly string[],
  permissions: { appRoles: readonly Row[]; userScopes: readonly Row[]; adminScopes: readonly Row[] },
): ServicePrincipal {
  const scopes = (rows: readonly Row[], type: 'User' | 'Admin') =>
    rows.map(([value, id, name]) => ({
      id,
      value,
      adminConsentDisplayName: name,
      adminConsentDescription: `Allows the app to do on behalf of the signed-in user: ${name}.`,
      type,
      isEnabled: true,
    }));
  return {
    id: randomUUID(),
    appId,
    displayName,
    appOwnerOrganizationId: microsoftTenantId,
    accountEnabled: true,
    createdDateTime: new Date(now).toISOString(),
    servicePrincipalNames: [...names],
    tags: [],
    appRoles: permissions.appRoles.map(([value, id, name]) => ({
      id,
      value,
      displayName: name,
      description: `Allows the app to do without a signed-in user: ${name}.`,
      isEnabled: true,
      allowedMemberTypes: ['Application'],
    })),
    oauth2PermissionScopes: [...scopes(permissions.userScopes, 'User'), ...scopes(permissions.adminScopes, 'Admin')],
    owners: [],
    directoryRoles: [],
  };
}

/** The same id on each start, for permissions whose real id is not published: clients must look them up by value. */
function madeUpId(name: string): string {
  const hex = createHash('sha256').update(`practice tenant ${name}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
