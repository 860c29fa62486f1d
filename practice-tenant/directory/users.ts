/** Users of the directory, with the mailbox that Exchange has for each. */
import type { Directory } from './directory.ts';
import type { TenantUser } from './directory-state.ts';
import { newSid } from './sid.ts';

export interface UserOptions extends Partial<Omit<TenantUser, 'id' | 'address' | 'sid' | 'createdAt'>> {
  readonly id?: string;
  /** False: a user without a mailbox in the cloud. */
  readonly hasMailbox?: boolean;
}

/** The practice password of everybody who was given none. */
export const practicePassword = 'practice';

/**
 * Adds a user; one with a mailbox unless said otherwise.
 * @throws Error when an address of it is taken already
 */
export function addUser(directory: Directory, address: string, options: UserOptions, now: number): TenantUser {
  const { id, hasMailbox = true, ...rest } = options;
  const taken = [address, ...(rest.aliases ?? [])].find((each) => directory.user(each) ?? directory.group(each));
  if (taken !== undefined) throw new Error(`The address ${taken} is in use already.`);
  const user: TenantUser = {
    displayName: address.split('@')[0] ?? address,
    aliases: [],
    accountEnabled: true,
    password: practicePassword,
    directoryRoles: [],
    mailboxType: hasMailbox ? 'UserMailbox' : 'None',
    maySendAs: [],
    fullAccess: [],
    sendAsTrustees: [],
    smtpClientAuthenticationDisabled: null,
    recipientLimit: null,
    maxSendBytes: null,
    mailboxFull: false,
    customAttributes: {},
    ...rest,
    id: id ?? directory.newId(),
    address,
    sid: newSid(),
    createdAt: now,
  };
  directory.state.users.push(user);
  directory.reindex();
  return user;
}

/** Whether Exchange Online holds a mailbox for this user. */
export function hasCloudMailbox(user: TenantUser): boolean {
  return user.mailboxType !== 'None' && user.mailboxType !== 'MailUser';
}
