/** Application access policies. Source: office-docs-powershell, *-ApplicationAccessPolicy. */
import type { AccessPolicy } from '../../directory/directory-state.ts';
import { isMailEnabledSecurityGroup } from '../../directory/groups.ts';
import { policyAllows } from '../access.ts';
import {
  type Cmdlet,
  type CmdletCall,
  CmdletError,
  type CmdletObject,
  findUser,
  listOf,
  notFound,
  textOf,
} from './cmdlet.ts';

/** Bytes that all policies together may take; about 300 with a description of one blank, about 100 otherwise. */
const policyBytes = 60_000;
const fixedBytes = 199;

export const accessPolicyCmdlets: readonly Cmdlet[] = [
  {
    name: 'New-ApplicationAccessPolicy',
    parameters: [
      { name: 'AccessRight', type: 'string', mandatory: true, values: ['RestrictAccess', 'DenyAccess'] },
      { name: 'AppId', type: 'list', mandatory: true },
      { name: 'PolicyScopeGroupId', type: 'string', mandatory: true },
      { name: 'Description', type: 'string' },
    ],
    run(call) {
      const { tenant, given, now } = call;
      const { exchange } = tenant.directory.state;
      const scope = scopeOf(call, textOf(given, 'PolicyScopeGroupId'));
      const right = textOf(given, 'AccessRight').toLowerCase() === 'denyaccess' ? 'DenyAccess' : 'RestrictAccess';
      const made = listOf(given, 'AppId').map((appId): AccessPolicy => {
        if (appId !== '*' && !/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(appId))
          throw new CmdletError(
            'BadRequest',
            `Cannot process argument transformation on parameter 'AppId'. "${appId}" is not a GUID.`,
          );
        return {
          identity: `${tenant.directory.tenantId}\\${appId.toLowerCase()}:${scope.sid};${scope.id}`,
          appId: appId.toLowerCase(),
          accessRight: right,
          scopeId: scope.id,
          description: textOf(given, 'Description'),
          effectiveAt: now + tenant.profile.accessPolicyDelayMs,
          removedAt: null,
        };
      });
      const standing = exchange.accessPolicies.filter(({ removedAt }) => removedAt === null);
      for (const { identity } of made)
        if (standing.some((each) => each.identity === identity))
          throw new CmdletError('BadRequest', `The application access policy '${identity}' already exists.`);
      const bytes = [...standing, ...made].reduce(
        (sum, { description }) => sum + fixedBytes + (description.length > 1 ? 400 : 0) + description.length,
        0,
      );
      if (bytes > policyBytes)
        throw new CmdletError('BadRequest', 'The total size of App Access Policies exceeded the limit.');
      exchange.accessPolicies.push(...made);
      return made.map((policy) => show(call, policy));
    },
  },
  {
    name: 'Get-ApplicationAccessPolicy',
    parameters: [{ name: 'Identity', type: 'string' }],
    run(call) {
      const all = standingPolicies(call);
      const wanted = textOf(call.given, 'Identity');
      const found = all.filter(({ identity }) => identity === wanted);
      // An identity that nobody has answers with all of them: so it is documented.
      return (found.length > 0 ? found : all).map((policy) => show(call, policy));
    },
  },
  {
    name: 'Set-ApplicationAccessPolicy',
    parameters: [
      { name: 'Identity', type: 'string', mandatory: true },
      { name: 'Description', type: 'string', mandatory: true },
    ],
    run(call) {
      policyOf(call).description = textOf(call.given, 'Description');
      return [];
    },
  },
  {
    name: 'Remove-ApplicationAccessPolicy',
    parameters: [{ name: 'Identity', type: 'string', mandatory: true }],
    run(call) {
      policyOf(call).removedAt = call.now + call.tenant.profile.accessPolicyDelayMs;
      return [];
    },
  },
  {
    name: 'Test-ApplicationAccessPolicy',
    parameters: [
      // In the order in which PowerShell asks for them.
      { name: 'AppId', type: 'string', mandatory: true },
      { name: 'Identity', type: 'string', mandatory: true },
    ],
    run(call) {
      const { tenant, given } = call;
      const user = findUser(call, textOf(given, 'Identity'));
      const appId = textOf(given, 'AppId').toLowerCase();
      const isGranted = policyAllows(tenant.directory, appId, user, 'latest');
      return [
        {
          AppId: appId,
          Mailbox: user.displayName,
          MailboxId: user.id,
          MailboxSid: user.sid,
          AccessCheckResult: isGranted ? 'Granted' : 'Denied',
        },
      ];
    },
  },
];

function standingPolicies({ tenant }: CmdletCall): AccessPolicy[] {
  return tenant.directory.state.exchange.accessPolicies.filter(({ removedAt }) => removedAt === null);
}

function policyOf(call: CmdletCall): AccessPolicy {
  const wanted = textOf(call.given, 'Identity');
  const found = standingPolicies(call).find(({ identity }) => identity === wanted);
  if (!found) throw notFound(wanted);
  return found;
}

/** A security principal: a user with a mailbox of its own, a mail user, or a mail-enabled security group. @throws CmdletError */
function scopeOf({ tenant, now }: CmdletCall, name: string): { readonly id: string; readonly sid: string } {
  const { directory } = tenant;
  const user = directory.user(name);
  const group = directory.group(name);
  const found = user ?? group;
  if (!found || (directory.state.exchange.knownFrom[found.id] ?? 0) > now) throw notFound(name);
  const isPrincipal = user
    ? user.mailboxType === 'UserMailbox' || user.mailboxType === 'MailUser'
    : group !== undefined && isMailEnabledSecurityGroup(group);
  if (!isPrincipal)
    throw new CmdletError(
      'BadRequest',
      `The policy scope '${name}' is not a security principal. Use a user mailbox, a mail user or a mail-enabled security group.`,
    );
  return found;
}

function show({ tenant }: CmdletCall, policy: AccessPolicy): CmdletObject {
  const { directory } = tenant;
  const scope = directory.user(policy.scopeId) ?? directory.state.groups.find(({ id }) => id === policy.scopeId);
  return {
    ScopeName: scope?.displayName ?? policy.scopeId,
    ScopeIdentity: scope?.displayName ?? policy.scopeId,
    Identity: policy.identity,
    AppId: policy.appId,
    ScopeIdentityRaw: `${scope?.sid ?? ''};${policy.scopeId}`,
    Description: policy.description,
    AccessRight: policy.accessRight,
    ShardType: 'All',
    IsValid: true,
    ObjectState: 'Unchanged',
  };
}
