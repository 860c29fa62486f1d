/**
 * The limit by RBAC for Applications: what Microsoft recommends now. The app gets `Application Mail.Send` for the direct
 * members of a group, and needs no Mail.Send in Entra; one that is there adds up with it and must go.
 * Source: Exchange Online "Role Based Access Control for Applications".
 */
import { groupSteps, type LimitPlan, type LimitStep, type LimitWishes } from './limit-plan.ts';

export interface RbacWishes extends LimitWishes {
  /** Object ID of the enterprise application: not that of the app registration. */
  readonly servicePrincipalId: string;
  /** Large mail leaves by drafts and uploads: the same mailboxes, for a role more. */
  readonly keepsDrafts?: boolean;
}

/** Sending by Graph. `Application SMTP.SendAsApp` is for SMTP, and does nothing here. */
const role = 'Application Mail.Send';
/** For the drafts of large mail. */
const draftsRole = 'Application Mail.ReadWrite';

/** @throws RangeError when no mailbox is named */
export function rbacPlan(wishes: RbacWishes): LimitPlan {
  const { clientId, servicePrincipalId, applicationName, mailboxes, forbidden, group, keepsDrafts } = wishes;
  if (mailboxes.length === 0) throw new RangeError('Name at least one mailbox that the app may use.');
  const assignment = `Mailroom ${clientId}`;
  const giveRole = (name: string, given: string): LimitStep => ({
    purpose: `Give the app the role ${given} for the members of the group.`,
    already: { name: 'Get-ManagementRoleAssignment', parameters: { Role: given }, where: { Name: name } },
    change: {
      name: 'New-ManagementRoleAssignment',
      parameters: { Name: name, Role: given, App: servicePrincipalId, RecipientGroupScope: group.address },
    },
    undo: { name: 'Remove-ManagementRoleAssignment', parameters: { Identity: name, Confirm: false } },
  });
  const roles = [role, ...(keepsDrafts ? [draftsRole] : [])];
  const test = (mailbox: string) => ({
    name: 'Test-ServicePrincipalAuthorization',
    parameters: { Identity: servicePrincipalId, Resource: mailbox },
  });
  return {
    way: 'rbac',
    title: `Limit ${applicationName} to ${mailboxes.join(', ')} by RBAC for Applications`,
    notes: [
      'Only direct members of the group count: a group within the group gives nothing.',
      `${keepsDrafts ? 'Mail.Send and Mail.ReadWrite in Entra, where they are granted, add' : 'Mail.Send in Entra, where it is granted, adds'} up with this and ${keepsDrafts ? 'cover' : 'covers'} every mailbox: withdraw ${keepsDrafts ? 'them' : 'it'} once the proof below is in.`,
      'Exchange may take up to two hours to follow, even when Test-ServicePrincipalAuthorization says True at once.',
    ],
    steps: [
      ...groupSteps(wishes),
      {
        purpose: `Tell Exchange of the app ${applicationName}.`,
        already: {
          name: 'Get-ServicePrincipal',
          parameters: {},
          where: { AppId: clientId, ObjectId: servicePrincipalId },
        },
        change: {
          name: 'New-ServicePrincipal',
          parameters: { AppId: clientId, ObjectId: servicePrincipalId, DisplayName: applicationName },
        },
        undo: { name: 'Remove-ServicePrincipal', parameters: { Identity: servicePrincipalId, Confirm: false } },
      },
      giveRole(assignment, role),
      ...(keepsDrafts ? [giveRole(`${assignment} drafts`, draftsRole)] : []),
    ],
    proofs: [
      ...mailboxes.map((mailbox) => ({ ...test(mailbox), expected: 'granted' as const, roles })),
      ...(forbidden === undefined ? [] : [{ ...test(forbidden), expected: 'refused' as const }]),
    ],
  };
}
