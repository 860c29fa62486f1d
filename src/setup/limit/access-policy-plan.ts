/**
 * The limit by an application access policy: the way of the manual. It narrows the tenant-wide Mail.Send that was granted
 * in Entra. Source: office-docs-powershell, New-ApplicationAccessPolicy.
 */
import { groupSteps, type LimitPlan, type LimitWishes } from './limit-plan.ts';

/** @throws RangeError when no mailbox is named: RestrictAccess to nobody would stop all mail */
export function accessPolicyPlan(wishes: LimitWishes): LimitPlan {
  const { clientId, applicationName, mailboxes, forbidden, group, denies = false } = wishes;
  if (mailboxes.length === 0)
    throw new RangeError(`Name at least one mailbox that the app may ${denies ? 'not use' : 'use'}.`);
  const right = denies ? 'DenyAccess' : 'RestrictAccess';
  const test = (mailbox: string) => ({
    name: 'Test-ApplicationAccessPolicy',
    parameters: { AppId: clientId, Identity: mailbox },
  });
  return {
    way: 'access-policy',
    title: denies
      ? `Deny ${applicationName} the use of ${mailboxes.join(', ')} by an application access policy`
      : `Limit ${applicationName} to ${mailboxes.join(', ')} by an application access policy`,
    notes: [
      'Microsoft advises RBAC for Applications for new set-ups; access policies go on working, and no end has been announced.',
      'Graph may take more than an hour to follow, even when Test-ApplicationAccessPolicy says Granted or Denied at once.',
      'The policy holds for Graph and EWS. It does not hold for SMTP.',
      ...(denies
        ? [
            'Every other mailbox stays open to the app, and so does every one that is made later: RestrictAccess is the safer one.',
          ]
        : []),
    ],
    steps: [
      ...groupSteps(wishes),
      {
        purpose: denies
          ? `Deny the app ${applicationName} the mailboxes of the group.`
          : `Let the app ${applicationName} use the mailboxes of the group, and no others.`,
        already: {
          name: 'Get-ApplicationAccessPolicy',
          parameters: {},
          where: { AppId: clientId, ScopeName: group.name, AccessRight: right },
        },
        change: {
          name: 'New-ApplicationAccessPolicy',
          parameters: {
            AccessRight: right,
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
      ...mailboxes.map((mailbox) => ({
        ...test(mailbox),
        expected: denies ? ('refused' as const) : ('granted' as const),
      })),
      ...(forbidden === undefined ? [] : [{ ...test(forbidden), expected: 'refused' as const }]),
    ],
  };
}
