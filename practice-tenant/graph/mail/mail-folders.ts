/**
 * Mail folders: those that every mailbox has, by id or by well-known name, with the messages in them.
 * Source: Graph v1.0 "mailFolder resource type".
 */
import type { TenantResponse } from '../../http/exchange.ts';
import { type FolderName, folderNames } from '../../mailboxes/mailboxes.ts';
import { json } from '../graph-answer.ts';
import { refusal, unknownSegment } from '../graph-error.ts';
import { matches } from '../odata/filter.ts';
import { folderIdOf } from './folder-id.ts';
import { contextUrl, type MailCall } from './mail-call.ts';
import { compareBy, type MailEntity, nextLink, readMailQuery, selectContext, selected } from './mail-query.ts';
import { answerMessages } from './messages.ts';

/** What people see of the well-known names. */
export const displayNames: Readonly<Record<FolderName | 'msgfolderroot', string>> = {
  inbox: 'Inbox',
  sentitems: 'Sent Items',
  drafts: 'Drafts',
  deleteditems: 'Deleted Items',
  junkemail: 'Junk Email',
  archive: 'Archive',
  outbox: 'Outbox',
  msgfolderroot: 'Top of Information Store',
};

const folderEntity: MailEntity = {
  name: 'mailFolder',
  properties: [
    'id',
    'displayName',
    'parentFolderId',
    'childFolderCount',
    'unreadItemCount',
    'totalItemCount',
    'isHidden',
  ],
  navigation: [],
};

/** Answers what stands behind `mailFolders` in the path. */
export async function answerFolders(call: MailCall, path: readonly string[]): Promise<TenantResponse> {
  const [name, part, ...rest] = path;
  if (name === undefined || name === '$count') {
    requireGet(call);
    return name === undefined ? listFolders(call) : count(folderNames.length);
  }
  const folder = folderNamed(call, name);
  switch (part?.toLowerCase()) {
    case undefined:
      requireGet(call);
      return oneFolder(call, folder);
    case 'messages':
      if (folder === 'msgfolderroot') throw refusal('itemNotFound');
      return answerMessages(call, folder, rest);
    case 'childfolders':
      requireGet(call);
      if (rest[0] !== undefined) throw unknownSegment(rest[0]);
      if (folder === 'msgfolderroot') return listFolders(call);
      return json({ '@odata.context': contextUrl(call, `mailFolders('${name}')/childFolders`), value: [] });
    default:
      throw unknownSegment(part ?? '');
  }
}

/** A number as plain text, for `…/$count`. */
export function count(number: number): TenantResponse {
  return { status: 200, headers: { 'content-type': 'text/plain', 'odata-version': '4.0' }, body: String(number) };
}

function requireGet({ request }: MailCall): void {
  if (request.method !== 'GET') throw refusal('methodNotAllowed');
}

function folderNamed({ mailbox }: MailCall, name: string): FolderName | 'msgfolderroot' {
  const wanted = name.toLowerCase();
  const all = [...folderNames, 'msgfolderroot' as const];
  const found = all.find((each) => each === wanted || folderIdOf(mailbox, each) === name);
  if (!found) throw refusal('itemNotFound');
  return found;
}

function listFolders(call: MailCall): TenantResponse {
  const query = readMailQuery(call.request, folderEntity);
  const { filter, orderBy, skip, top } = query;
  const all = folderNames.map((folder) => folderJson(call, folder)).filter((each) => !filter || matches(each, filter));
  if (orderBy.length > 0) all.sort(compareBy(orderBy));
  const page = all.slice(skip, skip + top);
  return json({
    '@odata.context': contextUrl(call, `mailFolders${selectContext(query)}`),
    ...(query.count ? { '@odata.count': all.length } : {}),
    ...(skip + top < all.length ? { '@odata.nextLink': nextLink(call.service.origin, call.request, skip + top) } : {}),
    value: page.map((each) => selected(each, query.select, ['id'])),
  });
}

function oneFolder(call: MailCall, folder: FolderName | 'msgfolderroot'): TenantResponse {
  const query = readMailQuery(call.request, folderEntity);
  return json({
    '@odata.context': contextUrl(call, `mailFolders${selectContext(query)}/$entity`),
    ...selected(folderJson(call, folder), query.select, ['id']),
  });
}

function folderJson({ mailbox, tenant }: MailCall, folder: FolderName | 'msgfolderroot') {
  const copies = folder === 'msgfolderroot' ? [] : tenant.mailboxes.of(mailbox.address, folder);
  return {
    id: folderIdOf(mailbox, folder),
    displayName: displayNames[folder],
    parentFolderId: folderIdOf(mailbox, 'msgfolderroot'),
    childFolderCount: folder === 'msgfolderroot' ? folderNames.length : 0,
    unreadItemCount: copies.filter(({ marks }) => !(marks?.isRead ?? folder !== 'inbox')).length,
    totalItemCount: copies.length,
    isHidden: false,
  };
}
