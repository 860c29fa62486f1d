/** Groups of the directory. Which operations may make which kind is the business of Graph and of Exchange. */
import type { Directory } from './directory.ts';
import type { TenantGroup } from './directory-state.ts';
import { newSid } from './sid.ts';

export interface NewGroup {
  readonly displayName: string;
  readonly description?: string | null;
  /** Taken from the nickname and the default domain for a group with mail that has none. */
  readonly mail?: string;
  readonly mailNickname?: string;
  readonly mailEnabled: boolean;
  readonly securityEnabled: boolean;
  readonly groupTypes?: readonly string[];
  /** Object ids. */
  readonly members?: readonly string[];
  readonly owners?: readonly string[];
}

/** Adds a group. @throws Error when its address is in use already */
export function addGroup(directory: Directory, fields: NewGroup, now: number): TenantGroup {
  const mailNickname = fields.mailNickname ?? (fields.displayName.replace(/[^\w.-]+/g, '').toLowerCase() || 'group');
  const mail = fields.mailEnabled ? (fields.mail ?? `${mailNickname}@${directory.domain}`) : null;
  if (mail !== null && (directory.user(mail) || directory.group(mail)))
    throw new Error(`The address ${mail} is in use already.`);
  const group: TenantGroup = {
    id: directory.newId(),
    displayName: fields.displayName,
    description: fields.description ?? null,
    mail,
    aliases: [],
    mailNickname,
    mailEnabled: fields.mailEnabled,
    securityEnabled: fields.securityEnabled,
    groupTypes: [...(fields.groupTypes ?? [])],
    members: [...(fields.members ?? [])],
    owners: [...(fields.owners ?? [])],
    sid: newSid(),
    createdAt: now,
  };
  directory.state.groups.push(group);
  return group;
}

/** A security principal with an address: what an application access policy takes as its scope. */
export function isMailEnabledSecurityGroup(group: TenantGroup): boolean {
  return group.mailEnabled && group.securityEnabled && group.groupTypes.length === 0;
}
