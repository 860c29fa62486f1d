/**
 * Which mailboxes an app may use: application access policies and RBAC for Applications, as they are in force at a time.
 * Source: office-docs-powershell New-ApplicationAccessPolicy, Exchange "Role Based Access Control for Applications".
 */
import type { Directory } from '../directory/directory.ts';
import type { AccessPolicy, RoleAssignment, TenantUser } from '../directory/directory-state.ts';
import { matchesOpath } from './opath.ts';

/** `now`: as Graph has it, after the delay. `latest`: as the test cmdlets have it, at once. */
type InForce = number | 'latest';

function isInForce({ effectiveAt, removedAt }: AccessPolicy | RoleAssignment, at: InForce): boolean {
  if (at === 'latest') return removedAt === null;
  return effectiveAt <= at && (removedAt === null || removedAt > at);
}

/**
 * Any matching Deny denies; else any matching Restrict allows; else an app with any Restrict is denied; else it is allowed.
 * Nested groups count.
 */
export function policyAllows(directory: Directory, appId: string, user: TenantUser, at: InForce): boolean {
  const policies = directory.state.exchange.accessPolicies.filter(
    (policy) => (policy.appId === '*' || policy.appId === appId.toLowerCase()) && isInForce(policy, at),
  );
  const covers = ({ scopeId }: AccessPolicy) => {
    if (scopeId === user.id) return true;
    const group = directory.state.groups.find(({ id }) => id === scopeId);
    return group !== undefined && directory.membersBelow(group).some(({ id }) => id === user.id);
  };
  if (policies.some((policy) => policy.accessRight === 'DenyAccess' && covers(policy))) return false;
  const restricting = policies.filter(({ accessRight }) => accessRight === 'RestrictAccess');
  return restricting.length === 0 || restricting.some(covers);
}

/** Whether RBAC for Applications gives the role for the mailbox. Needs no role in the token. */
export function roleAssigned(
  directory: Directory,
  servicePrincipalId: string,
  role: string,
  user: TenantUser,
  at: InForce,
): boolean {
  return directory.state.exchange.roleAssignments.some(
    (assignment) =>
      assignment.app === servicePrincipalId &&
      assignment.role.toLowerCase() === role.toLowerCase() &&
      isInForce(assignment, at) &&
      isInScope(directory, assignment, user),
  );
}

/** Without a scope it is the whole organisation; of a group only direct members count. */
export function isInScope(directory: Directory, assignment: RoleAssignment, user: TenantUser): boolean {
  const { customResourceScope, recipientGroupScope } = assignment;
  if (recipientGroupScope !== null) return directory.group(recipientGroupScope)?.members.includes(user.id) ?? false;
  if (customResourceScope === null) return true;
  const scope = directory.state.exchange.managementScopes.find(
    ({ name }) => name.toLowerCase() === customResourceScope.toLowerCase(),
  );
  return scope !== undefined && matchesOpath(directory, scope.recipientRestrictionFilter, user);
}
