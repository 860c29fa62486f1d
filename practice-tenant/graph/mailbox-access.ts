/**
 * Whether a caller may use a mailbox. For apps the ways add up: the app role, narrowed by application access policies, or
 * a role of RBAC for Applications whose scope holds the mailbox. A person reaches the own mailbox, and others by a shared
 * scope together with a right on the mailbox.
 * Source: Graph "Limiting application permissions to specific Exchange Online mailboxes", Exchange "RBAC for Applications".
 */
import type { TenantUser } from '../directory/directory-state.ts';
import { hasCloudMailbox } from '../directory/users.ts';
import { policyAllows, roleAssigned } from '../exchange/access.ts';
import type { Service } from '../service.ts';
import type { DirectoryCaller } from './authorise.ts';
import { invalidUser, refusal } from './graph-error.ts';

export type MailPermission = 'Mail.Send' | 'Mail.Read' | 'Mail.ReadWrite';

/** Permissions that include others, as app roles and as scopes. */
const enough: Readonly<Record<MailPermission, readonly string[]>> = {
  'Mail.Send': ['Mail.Send'],
  'Mail.Read': ['Mail.Read', 'Mail.ReadWrite'],
  'Mail.ReadWrite': ['Mail.ReadWrite'],
};

/** Roles of RBAC for Applications that include the permission. */
const enoughRoles: Readonly<Record<MailPermission, readonly string[]>> = {
  'Mail.Send': ['Application Mail.Send', 'Application Mail Full Access', 'Application Exchange Full Access'],
  'Mail.Read': [
    'Application Mail.Read',
    'Application Mail.ReadWrite',
    'Application Mail Full Access',
    'Application Exchange Full Access',
  ],
  'Mail.ReadWrite': ['Application Mail.ReadWrite', 'Application Mail Full Access', 'Application Exchange Full Access'],
};

/**
 * The mailbox of a path, when this caller may use it with this permission. @param name address, object id or `me`
 * @throws GraphRefusal 403 for a missing permission or a policy, 404 for no user or no mailbox
 */
export function mailboxFor(
  service: Pick<Service, 'clock'>,
  caller: DirectoryCaller,
  name: string,
  permission: MailPermission,
): TenantUser {
  return caller.isApp ? forApp(service, caller, name, permission) : forPerson(service, caller, name, permission);
}

function forApp(
  service: Pick<Service, 'clock'>,
  caller: DirectoryCaller,
  name: string,
  permission: MailPermission,
): TenantUser {
  if (name === 'me') throw refusal('meNeedsUser');
  const { directory } = caller.tenant;
  const now = service.clock.now();
  const user = directory.user(name);
  const byRole = enough[permission].some((role) => caller.roles.includes(role));
  const byAssignment =
    user !== undefined && enoughRoles[permission].some((role) => roleAssigned(directory, caller.oid, role, user, now));
  if (!byRole && !byAssignment) {
    // An app that has the role for other mailboxes meets the same text as one that a policy stops.
    const elsewhere = directory.state.exchange.roleAssignments.some(
      ({ app, role, effectiveAt }) =>
        app === caller.oid && enoughRoles[permission].includes(role) && effectiveAt <= now,
    );
    throw refusal(user && elsewhere ? 'blockedByPolicy' : 'accessDenied');
  }
  if (!user) throw invalidUser(name);
  if (!byAssignment && !policyAllows(directory, caller.appId, user, now)) throw refusal('blockedByPolicy');
  if (!hasCloudMailbox(user)) throw refusal('mailboxNotEnabled');
  return user;
}

function forPerson(
  service: Pick<Service, 'clock'>,
  caller: DirectoryCaller,
  name: string,
  permission: MailPermission,
): TenantUser {
  const { directory } = caller.tenant;
  const user = directory.user(name === 'me' ? caller.oid : name);
  const isOwn = user?.id === caller.oid;
  const scopes = enough[permission].flatMap((scope) => (isOwn ? [scope, `${scope}.Shared`] : [`${scope}.Shared`]));
  if (!scopes.some((scope) => caller.scopes.includes(scope))) throw refusal('accessDenied');
  if (!user) throw invalidUser(name);
  const now = service.clock.now();
  const shared = user.fullAccess.some(({ trusteeId, effectiveAt }) => trusteeId === caller.oid && effectiveAt <= now);
  const mayUse = isOwn || shared || (permission === 'Mail.Send' && user.sendAsTrustees.includes(caller.oid));
  if (!mayUse) throw refusal('accessDenied');
  if (!hasCloudMailbox(user)) throw refusal('mailboxNotEnabled');
  return user;
}
