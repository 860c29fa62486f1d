/** What limits an app in Exchange, whoever set it: its access policies, its roles, and who is in the group of this limit. */
import type { LimitPlan } from './limit-plan.ts';
import { askUnlessMissing, type CmdletRow, type PlanParts } from './run-plan.ts';

export interface StandingLimits {
  readonly policies: readonly { readonly right: string; readonly scope: string }[];
  readonly roles: readonly { readonly role: string; readonly scope: string }[];
  /** Undefined when there is no such group. */
  readonly group: { readonly address: string; readonly members: readonly string[] } | undefined;
}

/** @throws whatever Exchange throws */
export async function standingLimits(clientId: string, plan: LimitPlan, parts: PlanParts): Promise<StandingLimits> {
  const text = (row: CmdletRow, ...names: readonly string[]) =>
    names.map((name) => String(row[name] ?? '')).find((value) => value !== '') ?? '';
  const policies = await askUnlessMissing(parts, 'Get-ApplicationAccessPolicy', {});
  const principals = await askUnlessMissing(parts, 'Get-ServicePrincipal', {});
  const app = principals?.find((row) => text(row, 'AppId').toLowerCase() === clientId.toLowerCase());
  const assignee = app && text(app, 'ObjectId');
  const roles = assignee
    ? await askUnlessMissing(parts, 'Get-ManagementRoleAssignment', { RoleAssignee: assignee })
    : [];
  const address = groupOf(plan);
  const members = address
    ? await askUnlessMissing(parts, 'Get-DistributionGroupMember', { Identity: address })
    : undefined;
  return {
    policies: (policies ?? [])
      .filter((row) => text(row, 'AppId').toLowerCase() === clientId.toLowerCase())
      .map((row) => ({ right: text(row, 'AccessRight'), scope: text(row, 'ScopeName', 'ScopeIdentity') })),
    roles: (roles ?? []).map((row) => ({
      role: text(row, 'Role'),
      scope:
        text(row, 'RecipientGroupScope', 'CustomResourceScope', 'RecipientAdministrativeUnitScope') ||
        'the whole organisation',
    })),
    group: members && { address, members: members.map((row) => text(row, 'PrimarySmtpAddress')) },
  };
}

/** Members of the group that the plan does not name: the app may use them too, as where two apps share a group. */
export function membersBeyond({ group }: StandingLimits, plan: LimitPlan): readonly string[] {
  const named = plan.steps.flatMap(({ change }) => String(change.parameters['Member'] ?? '').toLowerCase());
  return group?.members.filter((member) => !named.includes(member.toLowerCase())) ?? [];
}

function groupOf({ steps }: LimitPlan): string {
  const making = steps.find(({ change }) => change.name === 'New-DistributionGroup');
  return String(making?.change.parameters['PrimarySmtpAddress'] ?? '');
}
