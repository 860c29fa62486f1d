/** Ids of mail folders: always the same for one folder of one mailbox. */
import { createHash } from 'node:crypto';
import type { TenantUser } from '../../directory/directory-state.ts';
import type { FolderName } from '../../mailboxes/mailboxes.ts';

export function folderIdOf({ id }: TenantUser, folder: FolderName | 'msgfolderroot'): string {
  return `AQMk${createHash('sha256').update(`${id} ${folder}`).digest('base64url')}AAAA`;
}
