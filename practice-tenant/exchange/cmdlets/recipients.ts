/** Groups, mailboxes, rights on them, and the switches of SMTP AUTH. Source: office-docs-powershell. */

import type { TenantGroup, TenantUser } from '../../directory/directory-state.ts';
import { addGroup } from '../../directory/groups.ts';
import { addUser, hasCloudMailbox } from '../../directory/users.ts';
import {
  type Cmdlet,
  type CmdletCall,
  CmdletError,
  type CmdletObject,
  findGroup,
  findUser,
  listOf,
  notFound,
  optionalText,
  textOf,
} from './cmdlet.ts';

const identity = { name: 'Identity', type: 'string', mandatory: true } as const;

export const recipientCmdlets: readonly Cmdlet[] = [
  {
    name: 'New-DistributionGroup',
    parameters: [
      { name: 'Name', type: 'string', mandatory: true },
      { name: 'Type', type: 'string', values: ['Distribution', 'Security'] },
      { name: 'PrimarySmtpAddress', type: 'string' },
      { name: 'Alias', type: 'string' },
      { name: 'DisplayName', type: 'string' },
      { name: 'Description', type: 'string' },
      { name: 'Members', type: 'list' },
      { name: 'ManagedBy', type: 'list' },
    ],
    run(call) {
      const { tenant, given, now } = call;
      const mail = optionalText(given, 'PrimarySmtpAddress');
      try {
        const group = addGroup(
          tenant.directory,
          {
            displayName: optionalText(given, 'DisplayName') ?? textOf(given, 'Name'),
            description: optionalText(given, 'Description'),
            mailNickname:
              optionalText(given, 'Alias') ?? mail?.split('@')[0] ?? textOf(given, 'Name').replaceAll(/\s+/g, ''),
            ...(mail === null ? {} : { mail }),
            mailEnabled: true,
            securityEnabled: textOf(given, 'Type').toLowerCase() === 'security',
            members: listOf(given, 'Members').map((name) => memberId(call, name)),
            owners: listOf(given, 'ManagedBy').map((name) => memberId(call, name)),
          },
          now,
        );
        tenant.directory.state.exchange.knownFrom[group.id] = now + tenant.profile.exchangeObjectDelayMs;
        return [showGroup(group)];
      } catch (error) {
        if (error instanceof CmdletError) throw error;
        throw new CmdletError('BadRequest', error instanceof Error ? error.message : 'The group cannot be made.');
      }
    },
  },
  {
    name: 'Get-DistributionGroup',
    parameters: [{ name: 'Identity', type: 'string' }],
    run(call) {
      if (call.given['Identity'] !== undefined) return [showGroup(findGroup(call, textOf(call.given, 'Identity')))];
      const { groups } = call.tenant.directory.state;
      return groups.filter(({ mailEnabled, groupTypes }) => mailEnabled && groupTypes.length === 0).map(showGroup);
    },
  },
  {
    name: 'Set-DistributionGroup',
    parameters: [identity, { name: 'DisplayName', type: 'string' }, { name: 'Description', type: 'string' }],
    run(call) {
      const group = findGroup(call, textOf(call.given, 'Identity'));
      group.displayName = optionalText(call.given, 'DisplayName') ?? group.displayName;
      group.description = optionalText(call.given, 'Description') ?? group.description;
      return [];
    },
  },
  {
    name: 'Remove-DistributionGroup',
    parameters: [identity],
    run(call) {
      const group = findGroup(call, textOf(call.given, 'Identity'));
      const { state } = call.tenant.directory;
      state.groups = state.groups.filter((each) => each !== group);
      return [];
    },
  },
  {
    name: 'Add-DistributionGroupMember',
    parameters: [identity, { name: 'Member', type: 'string', mandatory: true }],
    run(call) {
      const group = findGroup(call, textOf(call.given, 'Identity'));
      const id = memberId(call, textOf(call.given, 'Member'));
      if (group.members.includes(id))
        throw new CmdletError(
          'BadRequest',
          `The recipient "${textOf(call.given, 'Member')}" is already a member of the group "${group.displayName}".`,
        );
      group.members.push(id);
      return [];
    },
  },
  {
    name: 'Remove-DistributionGroupMember',
    parameters: [identity, { name: 'Member', type: 'string', mandatory: true }],
    run(call) {
      const group = findGroup(call, textOf(call.given, 'Identity'));
      const id = memberId(call, textOf(call.given, 'Member'));
      if (!group.members.includes(id)) throw notFound(textOf(call.given, 'Member'));
      group.members = group.members.filter((each) => each !== id);
      return [];
    },
  },
  {
    name: 'Get-DistributionGroupMember',
    parameters: [identity],
    run(call) {
      const { directory } = call.tenant;
      return findGroup(call, textOf(call.given, 'Identity')).members.flatMap((id) => {
        const user = directory.user(id);
        const group = directory.state.groups.find((each) => each.id === id);
        return user ? [showMailbox(user)] : group ? [showGroup(group)] : [];
      });
    },
  },
  {
    name: 'New-Mailbox',
    parameters: [
      { name: 'Name', type: 'string', mandatory: true },
      { name: 'PrimarySmtpAddress', type: 'string' },
      { name: 'DisplayName', type: 'string' },
      { name: 'Shared', type: 'switch' },
    ],
    run({ tenant, given, now }) {
      const name = textOf(given, 'Name');
      const address =
        optionalText(given, 'PrimarySmtpAddress') ?? `${name.replaceAll(/[^\w.-]/g, '')}@${tenant.directory.domain}`;
      try {
        const user = addUser(
          tenant.directory,
          address,
          {
            displayName: optionalText(given, 'DisplayName') ?? name,
            mailboxType: given['Shared'] === true ? 'SharedMailbox' : 'UserMailbox',
          },
          now,
        );
        tenant.directory.state.exchange.knownFrom[user.id] = now + tenant.profile.exchangeObjectDelayMs;
        return [showMailbox(user)];
      } catch (error) {
        throw new CmdletError('BadRequest', error instanceof Error ? error.message : 'The mailbox cannot be made.');
      }
    },
  },
  {
    name: 'Get-Mailbox',
    parameters: [{ name: 'Identity', type: 'string' }],
    run(call) {
      if (call.given['Identity'] !== undefined) return [showMailbox(mailboxOf(call))];
      return call.tenant.directory.state.users.filter(hasCloudMailbox).map(showMailbox);
    },
  },
  {
    name: 'Set-Mailbox',
    parameters: [
      identity,
      { name: 'DisplayName', type: 'string' },
      { name: 'Type', type: 'string', values: ['Regular', 'Shared', 'Room', 'Equipment'] },
      { name: 'RecipientLimits', type: 'string' },
      { name: 'MaxSendSize', type: 'string' },
      ...Array.from({ length: 15 }, (_, index) => ({ name: `CustomAttribute${index + 1}`, type: 'string' as const })),
    ],
    run(call) {
      const { given } = call;
      const user = mailboxOf(call);
      const kinds = {
        regular: 'UserMailbox',
        shared: 'SharedMailbox',
        room: 'RoomMailbox',
        equipment: 'EquipmentMailbox',
      } as const;
      const type = Object.entries(kinds).find(([name]) => name === textOf(given, 'Type').toLowerCase())?.[1];
      if (type) user.mailboxType = type;
      user.displayName = optionalText(given, 'DisplayName') ?? user.displayName;
      if (given['RecipientLimits'] !== undefined)
        user.recipientLimit = recipientLimitOf(textOf(given, 'RecipientLimits'));
      if (given['MaxSendSize'] !== undefined) user.maxSendBytes = bytesOf(textOf(given, 'MaxSendSize'));
      for (const [name, value] of Object.entries(given))
        if (/^CustomAttribute\d+$/.test(name)) user.customAttributes[name.toLowerCase()] = String(value);
      return [];
    },
  },
  {
    name: 'Get-Recipient',
    parameters: [identity],
    run(call) {
      const name = textOf(call.given, 'Identity');
      const group = call.tenant.directory.group(name);
      return [group?.mailEnabled ? showGroup(findGroup(call, name)) : showMailbox(findUser(call, name))];
    },
  },
  {
    name: 'Add-MailboxPermission',
    parameters: [
      identity,
      { name: 'User', type: 'string', mandatory: true },
      { name: 'AccessRights', type: 'list', mandatory: true },
    ],
    run(call) {
      const { tenant, given, now } = call;
      const user = mailboxOf(call);
      const trusteeId = trusteeOf(call, textOf(given, 'User'));
      if (!user.fullAccess.some((each) => each.trusteeId === trusteeId))
        user.fullAccess.push({ trusteeId, effectiveAt: now + tenant.profile.mailboxPermissionDelayMs });
      return [
        {
          Identity: user.displayName,
          User: textOf(given, 'User'),
          AccessRights: 'FullAccess',
          IsInherited: false,
          Deny: false,
        },
      ];
    },
  },
  {
    name: 'Remove-MailboxPermission',
    parameters: [
      identity,
      { name: 'User', type: 'string', mandatory: true },
      { name: 'AccessRights', type: 'list', mandatory: true },
    ],
    run(call) {
      const user = mailboxOf(call);
      const trusteeId = trusteeOf(call, textOf(call.given, 'User'));
      user.fullAccess = user.fullAccess.filter((each) => each.trusteeId !== trusteeId);
      return [];
    },
  },
  {
    name: 'Get-MailboxPermission',
    parameters: [identity],
    run(call) {
      const user = mailboxOf(call);
      return user.fullAccess.map(({ trusteeId }) => ({
        Identity: user.displayName,
        User: trusteeId,
        AccessRights: 'FullAccess',
      }));
    },
  },
  {
    name: 'Add-RecipientPermission',
    parameters: [
      identity,
      { name: 'Trustee', type: 'string', mandatory: true },
      { name: 'AccessRights', type: 'list', mandatory: true },
    ],
    run(call) {
      const user = mailboxOf(call);
      const trustee = trusteeOf(call, textOf(call.given, 'Trustee'));
      if (!user.sendAsTrustees.includes(trustee)) user.sendAsTrustees.push(trustee);
      const sender = call.tenant.directory.user(trustee);
      if (sender && !sender.maySendAs.includes(user.address)) sender.maySendAs.push(user.address);
      return [
        {
          Identity: user.displayName,
          Trustee: textOf(call.given, 'Trustee'),
          AccessControlType: 'Allow',
          AccessRights: 'SendAs',
        },
      ];
    },
  },
  {
    name: 'Set-CASMailbox',
    parameters: [identity, { name: 'SmtpClientAuthenticationDisabled', type: 'boolean' }],
    run(call) {
      const value = call.given['SmtpClientAuthenticationDisabled'];
      mailboxOf(call).smtpClientAuthenticationDisabled = typeof value === 'boolean' ? value : null;
      return [];
    },
  },
  {
    name: 'Get-CASMailbox',
    parameters: [identity],
    run(call) {
      const user = mailboxOf(call);
      return [
        {
          Name: user.displayName,
          PrimarySmtpAddress: user.address,
          SmtpClientAuthenticationDisabled: user.smtpClientAuthenticationDisabled,
        },
      ];
    },
  },
  {
    name: 'Set-TransportConfig',
    parameters: [{ name: 'SmtpClientAuthenticationDisabled', type: 'boolean' }],
    run({ tenant, given }) {
      const value = given['SmtpClientAuthenticationDisabled'];
      if (typeof value === 'boolean') tenant.directory.state.exchange.smtpClientAuthenticationDisabled = value;
      return [];
    },
  },
  {
    name: 'Get-TransportConfig',
    parameters: [],
    run: ({ tenant }) => [
      { SmtpClientAuthenticationDisabled: tenant.directory.state.exchange.smtpClientAuthenticationDisabled },
    ],
  },
];

/** @throws CmdletError when it is none, or no mailbox in the cloud */
function mailboxOf(call: CmdletCall): TenantUser {
  const user = findUser(call, textOf(call.given, 'Identity'));
  if (!hasCloudMailbox(user)) throw notFound(textOf(call.given, 'Identity'));
  return user;
}

function memberId(call: CmdletCall, name: string): string {
  const group = call.tenant.directory.group(name);
  return group?.mailEnabled ? findGroup(call, name).id : findUser(call, name).id;
}

/** A user, or a service principal that Exchange was told of. */
function trusteeOf(call: CmdletCall, name: string): string {
  const wanted = name.toLowerCase();
  const principal = call.tenant.directory.state.exchange.servicePrincipals.find(({ objectId, appId, displayName }) =>
    [objectId, appId, displayName.toLowerCase()].includes(wanted),
  );
  return principal?.objectId ?? findUser(call, name).id;
}

function recipientLimitOf(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1000)
    throw new CmdletError('BadRequest', 'RecipientLimits must be between 1 and 1000.');
  return value;
}

function bytesOf(text: string): number {
  const found = /^(\d+)\s*(KB|MB|B)?$/i.exec(text.trim());
  const factor = { KB: 1024, MB: 1024 * 1024, B: 1 }[(found?.[2] ?? 'B').toUpperCase()] ?? 1;
  const bytes = Number(found?.[1]) * factor;
  if (!found || bytes > 150 * 1024 * 1024)
    throw new CmdletError('BadRequest', 'MaxSendSize must be a size of at most 150 MB.');
  return bytes;
}

function showGroup(group: TenantGroup): CmdletObject {
  return {
    Name: group.displayName,
    DisplayName: group.displayName,
    GroupType: group.securityEnabled ? 'Universal, SecurityEnabled' : 'Universal',
    PrimarySmtpAddress: group.mail,
    RecipientTypeDetails: group.securityEnabled ? 'MailUniversalSecurityGroup' : 'MailUniversalDistributionGroup',
    ExternalDirectoryObjectId: group.id,
    Identity: group.displayName,
  };
}

function showMailbox(user: TenantUser): CmdletObject {
  return {
    Name: user.displayName,
    DisplayName: user.displayName,
    Alias: user.address.split('@')[0],
    PrimarySmtpAddress: user.address,
    RecipientTypeDetails: user.mailboxType,
    RecipientLimits: user.recipientLimit ?? 500,
    ExternalDirectoryObjectId: user.id,
    Identity: user.displayName,
  };
}
