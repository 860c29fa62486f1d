/** RBAC for Applications. Source: Exchange "Role Based Access Control for Applications in Exchange Online". */
import type { RoleAssignment } from '../../directory/directory-state.ts';
import { isInScope } from '../access.ts';
import { OpathError, parseOpath } from '../opath.ts';
import {
  type Cmdlet,
  type CmdletCall,
  CmdletError,
  type CmdletObject,
  findGroup,
  findUser,
  notFound,
  optionalText,
  textOf,
} from './cmdlet.ts';

export const applicationRoles = [
  ...[
    'Mail.Read',
    'Mail.ReadBasic',
    'Mail.ReadWrite',
    'Mail.Send',
    'MailboxSettings.Read',
    'MailboxSettings.ReadWrite',
  ],
  ...['Calendars.Read', 'Calendars.ReadWrite', 'Contacts.Read', 'Contacts.ReadWrite', 'Mail Full Access'],
  ...['Exchange Full Access', 'EWS.AccessAsApp', 'SMTP.SendAsApp'],
].map((name) => `Application ${name}`);

/** What a role lets an app do, as Test-ServicePrincipalAuthorization names it. */
const permissionsOf = (role: string): string => {
  const name = role.replace(/^Application /, '');
  return name === 'Mail Full Access' ? 'Mail.ReadWrite, Mail.Send' : name;
};

export const appRoleCmdlets: readonly Cmdlet[] = [
  {
    name: 'New-ServicePrincipal',
    parameters: [
      { name: 'AppId', type: 'string', mandatory: true },
      { name: 'ObjectId', type: 'string', mandatory: true },
      { name: 'DisplayName', type: 'string' },
    ],
    run({ tenant, given }) {
      const { directory } = tenant;
      const { servicePrincipals } = directory.state.exchange;
      const objectId = textOf(given, 'ObjectId').toLowerCase();
      const appId = textOf(given, 'AppId').toLowerCase();
      if (servicePrincipals.some((each) => each.objectId === objectId || each.appId === appId))
        throw new CmdletError('BadRequest', `The service principal '${objectId}' already exists.`);
      const displayName =
        optionalText(given, 'DisplayName') ?? directory.servicePrincipal(objectId)?.displayName ?? appId;
      const made = { objectId, appId, displayName };
      servicePrincipals.push(made);
      return [showPrincipal(made)];
    },
  },
  {
    name: 'Get-ServicePrincipal',
    parameters: [{ name: 'Identity', type: 'string' }],
    run(call) {
      const all = call.tenant.directory.state.exchange.servicePrincipals;
      return (call.given['Identity'] === undefined ? all : [principalOf(call, 'Identity')]).map(showPrincipal);
    },
  },
  {
    name: 'Remove-ServicePrincipal',
    parameters: [{ name: 'Identity', type: 'string', mandatory: true }],
    run(call) {
      const found = principalOf(call, 'Identity');
      const { exchange } = call.tenant.directory.state;
      exchange.servicePrincipals = exchange.servicePrincipals.filter((each) => each !== found);
      return [];
    },
  },
  {
    name: 'New-ManagementScope',
    parameters: [
      { name: 'Name', type: 'string', mandatory: true },
      { name: 'RecipientRestrictionFilter', type: 'string', mandatory: true },
    ],
    run({ tenant, given }) {
      const { managementScopes } = tenant.directory.state.exchange;
      const name = textOf(given, 'Name');
      const recipientRestrictionFilter = textOf(given, 'RecipientRestrictionFilter');
      try {
        parseOpath(recipientRestrictionFilter);
      } catch (error) {
        if (error instanceof OpathError) throw new CmdletError('BadRequest', error.message);
        throw error;
      }
      if (managementScopes.some((each) => each.name.toLowerCase() === name.toLowerCase()))
        throw new CmdletError('BadRequest', `The name "${name}" is already being used.`);
      managementScopes.push({ name, recipientRestrictionFilter });
      return [
        {
          Name: name,
          ScopeRestrictionType: 'RecipientScope',
          Exclusive: false,
          RecipientFilter: recipientRestrictionFilter,
        },
      ];
    },
  },
  {
    name: 'Get-ManagementScope',
    parameters: [{ name: 'Identity', type: 'string' }],
    run({ tenant, given }) {
      const wanted = optionalText(given, 'Identity')?.toLowerCase();
      const found = tenant.directory.state.exchange.managementScopes.filter(
        ({ name }) => wanted === undefined || name.toLowerCase() === wanted,
      );
      if (wanted !== undefined && found.length === 0) throw notFound(textOf(given, 'Identity'));
      return found.map(({ name, recipientRestrictionFilter }) => ({
        Name: name,
        RecipientFilter: recipientRestrictionFilter,
      }));
    },
  },
  {
    name: 'Remove-ManagementScope',
    parameters: [{ name: 'Identity', type: 'string', mandatory: true }],
    run({ tenant, given }) {
      const { exchange } = tenant.directory.state;
      const wanted = textOf(given, 'Identity').toLowerCase();
      const kept = exchange.managementScopes.filter(({ name }) => name.toLowerCase() !== wanted);
      if (kept.length === exchange.managementScopes.length) throw notFound(textOf(given, 'Identity'));
      exchange.managementScopes = kept;
      return [];
    },
  },
  {
    name: 'New-ManagementRoleAssignment',
    parameters: [
      { name: 'Role', type: 'string', mandatory: true },
      { name: 'App', type: 'string', mandatory: true },
      { name: 'Name', type: 'string' },
      { name: 'CustomResourceScope', type: 'string' },
      { name: 'RecipientGroupScope', type: 'string' },
      { name: 'RecipientAdministrativeUnitScope', type: 'string' },
    ],
    run(call) {
      const { tenant, given, now } = call;
      const { exchange } = tenant.directory.state;
      const role = applicationRoles.find((each) => each.toLowerCase() === textOf(given, 'Role').toLowerCase());
      if (!role) throw notFound(textOf(given, 'Role'));
      const principal = principalOf(call, 'App');
      const scope = optionalText(given, 'CustomResourceScope');
      if (scope !== null && !exchange.managementScopes.some(({ name }) => name.toLowerCase() === scope.toLowerCase()))
        throw notFound(scope);
      const groupName = optionalText(given, 'RecipientGroupScope');
      const group = groupName === null ? null : (findGroup(call, groupName).mail ?? groupName);
      const name = optionalText(given, 'Name') ?? `${role}-${principal.displayName}`;
      const standing = exchange.roleAssignments.filter(({ removedAt }) => removedAt === null);
      if (standing.some((each) => each.name.toLowerCase() === name.toLowerCase()))
        throw new CmdletError('BadRequest', `The name "${name}" is already being used.`);
      const made: RoleAssignment = {
        name,
        role,
        app: principal.objectId,
        customResourceScope: scope,
        recipientGroupScope: group,
        recipientAdministrativeUnitScope: optionalText(given, 'RecipientAdministrativeUnitScope'),
        effectiveAt: now + tenant.profile.roleAssignmentDelayMs,
        removedAt: null,
      };
      exchange.roleAssignments.push(made);
      return [showAssignment(made)];
    },
  },
  {
    name: 'Get-ManagementRoleAssignment',
    parameters: [
      { name: 'Identity', type: 'string' },
      { name: 'Role', type: 'string' },
      { name: 'RoleAssignee', type: 'string' },
    ],
    run({ tenant, given }) {
      const [identity, role, assignee] = ['Identity', 'Role', 'RoleAssignee'].map((name) =>
        optionalText(given, name)?.toLowerCase(),
      );
      const found = tenant.directory.state.exchange.roleAssignments.filter(
        (each) =>
          each.removedAt === null &&
          (identity === undefined || each.name.toLowerCase() === identity) &&
          (role === undefined || each.role.toLowerCase() === role) &&
          (assignee === undefined || each.app === assignee),
      );
      if (identity !== undefined && found.length === 0) throw notFound(textOf(given, 'Identity'));
      return found.map(showAssignment);
    },
  },
  {
    name: 'Remove-ManagementRoleAssignment',
    parameters: [{ name: 'Identity', type: 'string', mandatory: true }],
    run({ tenant, given, now }) {
      const wanted = textOf(given, 'Identity').toLowerCase();
      const found = tenant.directory.state.exchange.roleAssignments.find(
        ({ name, removedAt }) => removedAt === null && name.toLowerCase() === wanted,
      );
      if (!found) throw notFound(textOf(given, 'Identity'));
      found.removedAt = now + tenant.profile.roleAssignmentDelayMs;
      return [];
    },
  },
  {
    name: 'Test-ServicePrincipalAuthorization',
    parameters: [
      { name: 'Identity', type: 'string', mandatory: true },
      { name: 'Resource', type: 'string' },
    ],
    run(call) {
      const { tenant, given } = call;
      const principal = principalOf(call, 'Identity');
      const user = given['Resource'] === undefined ? undefined : findUser(call, textOf(given, 'Resource'));
      return tenant.directory.state.exchange.roleAssignments
        .filter(({ app, removedAt }) => app === principal.objectId && removedAt === null)
        .map((assignment) => ({
          RoleName: assignment.role,
          GrantedPermissions: permissionsOf(assignment.role),
          AllowedResourceScope: assignment.customResourceScope ?? assignment.recipientGroupScope ?? 'Organization',
          ScopeType: scopeType(assignment),
          InScope: user === undefined ? 'Not Run' : isInScope(tenant.directory, assignment, user),
        }));
    },
  },
];

function scopeType({
  customResourceScope,
  recipientGroupScope,
  recipientAdministrativeUnitScope,
}: RoleAssignment): string {
  if (customResourceScope !== null || recipientGroupScope !== null) return 'CustomRecipientScope';
  return recipientAdministrativeUnitScope === null ? 'Organization' : 'AdministrativeUnit';
}

/** By object id, client id or name. @throws CmdletError */
function principalOf({ tenant, given }: CmdletCall, parameter: string) {
  const wanted = textOf(given, parameter).toLowerCase();
  const found = tenant.directory.state.exchange.servicePrincipals.find(
    ({ objectId, appId, displayName }) =>
      objectId === wanted || appId === wanted || displayName.toLowerCase() === wanted,
  );
  if (!found) throw notFound(textOf(given, parameter));
  return found;
}

function showPrincipal({
  objectId,
  appId,
  displayName,
}: {
  readonly objectId: string;
  readonly appId: string;
  readonly displayName: string;
}): CmdletObject {
  return { DisplayName: displayName, ObjectId: objectId, AppId: appId, Identity: objectId };
}

function showAssignment(assignment: RoleAssignment): CmdletObject {
  return {
    Name: assignment.name,
    Identity: assignment.name,
    Role: assignment.role,
    RoleAssigneeName: assignment.app,
    RoleAssigneeType: 'ServicePrincipal',
    AssignmentMethod: 'Direct',
    CustomResourceScope: assignment.customResourceScope ?? assignment.recipientGroupScope ?? '',
    Enabled: true,
  };
}
