/**
 * What has to be done in Exchange so that an app may use some mailboxes and no others, as data: it is shown, written as a
 * script, or run step by step. Each step first asks whether it was done before, so that a plan can be run twice.
 */
import type { PowerShellValue } from './powershell-literal.ts';

/** One call of a cmdlet. `true` for a switch such as -Shared. */
export interface CmdletCall {
  readonly name: string;
  readonly parameters: Readonly<Record<string, PowerShellValue>>;
}

/** A question to Exchange, and what its answer must be. */
export interface LimitProof extends CmdletCall {
  readonly expected: 'granted' | 'refused';
  /** Roles that must each be granted; any will do without it. */
  readonly roles?: readonly string[];
}

export interface LimitStep {
  /** What it does, for people. */
  readonly purpose: string;
  /** Done before, when this answers an object that has all of these properties (compared without regard to case). */
  readonly already: CmdletCall & { readonly where: Readonly<Record<string, string>> };
  readonly change: CmdletCall;
  /** Takes it back; `each`: once for each object that `already` finds, by its Identity. */
  readonly undo: CmdletCall & { readonly each?: true };
}

export interface LimitPlan {
  readonly way: 'rbac' | 'access-policy';
  readonly title: string;
  /** What the administrator should know before, in sentences. */
  readonly notes: readonly string[];
  readonly steps: readonly LimitStep[];
  /** Proves the result in Exchange: a mailbox that is allowed, and one that is not where one was named. */
  readonly proofs: readonly LimitProof[];
}

/** What a plan is made from; everything has been checked before (GUIDs, addresses). */
export interface LimitWishes {
  /** Application (client) ID. */
  readonly clientId: string;
  readonly applicationName: string;
  /** Mailboxes that the app may use, by primary address. */
  readonly mailboxes: readonly string[];
  /** A mailbox that it must not be able to use, for the proof. */
  readonly forbidden?: string;
  /** Access policies alone: the mailboxes are those that the app may *not* use, and all others are open. */
  readonly denies?: boolean;
  /** The mail-enabled security group that holds the mailboxes. */
  readonly group: { readonly name: string; readonly address: string; readonly owners: readonly string[] };
}

/** The steps that make the mail-enabled security group with its members: Graph cannot make one, Exchange can. */
export function groupSteps({ group, mailboxes, denies }: LimitWishes): LimitStep[] {
  const identity = { Identity: group.address };
  const owners = group.owners.length > 0 ? { ManagedBy: group.owners } : {};
  return [
    {
      purpose: `Make the mail-enabled security group ${group.name}, which holds the mailboxes that the app may ${denies ? 'not use' : 'use'}.`,
      already: { name: 'Get-DistributionGroup', parameters: identity, where: { PrimarySmtpAddress: group.address } },
      change: {
        name: 'New-DistributionGroup',
        parameters: { Name: group.name, Type: 'Security', PrimarySmtpAddress: group.address, ...owners },
      },
      undo: { name: 'Remove-DistributionGroup', parameters: { ...identity, Confirm: false } },
    },
    ...mailboxes.map((mailbox): LimitStep => {
      const member = { ...identity, Member: mailbox };
      return {
        purpose: `Put ${mailbox} into the group.`,
        already: { name: 'Get-DistributionGroupMember', parameters: identity, where: { PrimarySmtpAddress: mailbox } },
        change: { name: 'Add-DistributionGroupMember', parameters: member },
        undo: { name: 'Remove-DistributionGroupMember', parameters: { ...member, Confirm: false } },
      };
    }),
  ];
}

/** Which way to choose, in two sentences. */
export const difference =
  'RBAC for Applications is what Microsoft recommends: the app gets the right to send for some mailboxes, and needs no permission in Entra. An access policy is the older way: it narrows a Mail.Send that was granted in Entra for every mailbox.';
