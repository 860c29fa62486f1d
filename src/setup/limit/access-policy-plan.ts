/**
 * The limit by an application access policy: the way of the manual. It narrows the tenant-wide Mail.Send that was granted
 * in Entra. Source: office-docs-powershell, New-ApplicationAccessPolicy.
 */
import { groupSteps, type LimitPlan, type LimitWishes } from './limit-plan.ts';

/** @throws RangeError when no mailbox is named: RestrictAccess to nobody would stop all mail */
export function accessPolicyPlan(wishes: LimitWishes): LimitPlan {
  const { clientId, applicationName, mailboxes, forbidden, group } = wishes;
  if (mailboxes.length === 0) throw new RangeError('Name at least one mailbox that the app may use.');
  const test = (mailbox: string) => ({
    name: 'Test-ApplicationAccessPolicy',
    parameters: { AppId: clientId, Identity: mailbox },
  });
  return {
    way: 'access-policy',
    title: `Limit ${applicationName} to ${mailboxes.join(', ')} by an application access policy`,
    notes: [
      'Microsoft advises RBAC for Applications for new set-ups; access policies go on working, and no end has been announced.',
      'Graph may take more than an hour to follow, even when Test-ApplicationAccessPolicy says Granted or Denied at once.',
      'The policy holds for Graph and EWS. It does not hold for SMTP.',
    ],
    steps: [
      ...groupSteps(wishes),
      {
        purpose: `Let the app ${applicationName} use the mailboxes of the group, and no others.`,
        already: {
          name: 'Get-ApplicationAccessPolicy',
          parameters: {},
          where: { AppId: clientId, ScopeName: group.name, AccessRight: 'RestrictAccess' },
        },
        change: {
          name: 'New-ApplicationAccessPolicy',
          parameters: {
            AccessRight: 'RestrictAccess',
            AppId: clientId,
            PolicyScopeGroupId: group.address,
            // One blank: the room for policies is counted in bytes, and a description takes two thirds of it.
            Description: ' ',
          },
        },
        // Its identity holds the group's security identifier, which nobody knows beforehand.
        undo: { name: 'Remove-ApplicationAccessPolicy', parameters: { Confirm: false }, each: true },
      },
    ],
    proofs: [
      ...mailboxes.map((mailbox) => ({ ...test(mailbox), expected: 'granted' as const })),
      ...(forbidden === undefined ? [] : [{ ...test(forbidden), expected: 'refused' as const }]),
    ],
  };
}
