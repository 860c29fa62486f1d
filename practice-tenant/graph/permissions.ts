/**
 * The permissions of each call, from least to most privileged, as the pages of Graph's reference list them, with the
 * directory roles that a signed-in person needs beside the scope.
 */
import type { Permissions } from './authorise.ts';

const applicationAdministrators = ['Application Administrator', 'Cloud Application Administrator'];
const asUser = 'Directory.AccessAsUser.All';
const readDirectory = ['Directory.Read.All', 'Directory.ReadWrite.All'];

export const permissions = {
  organizationRead: {
    application: ['Organization.Read.All', 'Organization.ReadWrite.All', ...readDirectory],
    delegated: ['User.Read', 'Organization.Read.All', 'Organization.ReadWrite.All', ...readDirectory, asUser],
  },
  domainsRead: {
    application: ['Domain.Read.All', 'Domain.ReadWrite.All', ...readDirectory],
    delegated: ['Domain.Read.All', 'Domain.ReadWrite.All', ...readDirectory],
  },
  me: {
    application: [],
    delegated: [
      'User.Read',
      'User.ReadWrite',
      'User.ReadBasic.All',
      'User.Read.All',
      'User.ReadWrite.All',
      ...readDirectory,
      asUser,
    ],
  },
  usersRead: {
    application: ['User.ReadBasic.All', 'User.Read.All', 'User.ReadWrite.All', ...readDirectory],
    delegated: ['User.ReadBasic.All', 'User.Read.All', 'User.ReadWrite.All', ...readDirectory, asUser],
  },
  groupsRead: {
    application: ['GroupMember.Read.All', 'Group.Read.All', 'Group.ReadWrite.All', ...readDirectory],
    delegated: ['GroupMember.Read.All', 'Group.Read.All', 'Group.ReadWrite.All', ...readDirectory, asUser],
  },
  groupsCreate: {
    application: ['Group.Create', 'Group.ReadWrite.All', 'Directory.ReadWrite.All'],
    delegated: ['Group.ReadWrite.All', 'Directory.ReadWrite.All', asUser],
  },
  groupsWrite: {
    application: ['Group.ReadWrite.All', 'Directory.ReadWrite.All'],
    delegated: ['Group.ReadWrite.All', 'Directory.ReadWrite.All', asUser],
    directoryRoles: ['Groups Administrator', 'User Administrator', 'Directory Writers', 'Exchange Administrator'],
  },
  applicationsRead: {
    application: [
      'Application.Read.All',
      'Application.ReadWrite.OwnedBy',
      'Application.ReadWrite.All',
      ...readDirectory,
    ],
    delegated: ['Application.Read.All', 'Application.ReadWrite.All', ...readDirectory, asUser],
  },
  applicationsCreate: {
    application: ['Application.ReadWrite.OwnedBy', 'Application.ReadWrite.All', 'Directory.ReadWrite.All'],
    delegated: ['Application.ReadWrite.All', 'Directory.ReadWrite.All', asUser],
  },
  /** Any application. `Application.ReadWrite.OwnedBy` and people without a role reach those that they own. */
  applicationsWrite: {
    application: ['Application.ReadWrite.All', 'Directory.ReadWrite.All'],
    delegated: ['Application.ReadWrite.All', 'Directory.ReadWrite.All', asUser],
    directoryRoles: applicationAdministrators,
  },
  appRoleAssignmentsWrite: {
    application: ['AppRoleAssignment.ReadWrite.All'],
    delegated: ['AppRoleAssignment.ReadWrite.All'],
    directoryRoles: ['Privileged Role Administrator', ...applicationAdministrators],
  },
  grantsRead: {
    application: ['DelegatedPermissionGrant.Read.All', 'DelegatedPermissionGrant.ReadWrite.All', ...readDirectory],
    delegated: [
      'DelegatedPermissionGrant.Read.All',
      'DelegatedPermissionGrant.ReadWrite.All',
      ...readDirectory,
      asUser,
    ],
  },
  grantsWrite: {
    application: ['DelegatedPermissionGrant.ReadWrite.All', 'Directory.ReadWrite.All'],
    delegated: ['DelegatedPermissionGrant.ReadWrite.All', 'Directory.ReadWrite.All', asUser],
    directoryRoles: ['Privileged Role Administrator', 'Directory Writers', ...applicationAdministrators],
  },
  policiesRead: {
    application: ['Policy.Read.All', 'Policy.ReadWrite.ApplicationConfiguration'],
    delegated: ['Policy.Read.All', 'Policy.ReadWrite.ApplicationConfiguration'],
  },
  policiesWrite: {
    application: ['Policy.ReadWrite.ApplicationConfiguration'],
    delegated: ['Policy.ReadWrite.ApplicationConfiguration'],
    directoryRoles: ['Security Administrator', ...applicationAdministrators],
  },
} satisfies Record<string, Permissions>;
