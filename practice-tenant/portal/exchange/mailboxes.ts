/** Recipients > Mailboxes: the list, one mailbox with its folders, and the way to a message in it. */
import type { TenantUser } from '../../directory/directory-state.ts';
import { hasCloudMailbox } from '../../directory/users.ts';
import { GraphRefusal } from '../../graph/graph-error.ts';
import { displayNames } from '../../graph/mail/mail-folders.ts';
import { readHeader } from '../../graph/mail/mime-message.ts';
import type { TenantResponse } from '../../http/exchange.ts';
import { type Html, html } from '../../http/html.ts';
import { type FolderName, folderNames, type MailCopy } from '../../mailboxes/mailboxes.ts';
import { isNonDeliveryReport } from '../../mailboxes/non-delivery-report.ts';
import { mayUseExchange, type PortalCall } from '../portal-call.ts';
import { notFoundPage, portalPage, portalPath, table } from '../portal-page.ts';
import { mailboxesTrail } from './exchange-trail.ts';
import { answerMessage } from './message.ts';

const mailboxesAPage = 200;
const messagesAPage = 50;

const recipientTypes: Readonly<Record<TenantUser['mailboxType'], string>> = {
  UserMailbox: 'User mailbox',
  SharedMailbox: 'Shared mailbox',
  RoomMailbox: 'Room mailbox',
  EquipmentMailbox: 'Equipment mailbox',
  MailUser: 'Mail user',
  None: 'No mailbox',
};

export function mailboxesPage(call: PortalCall): TenantResponse {
  const { directory, mailboxes } = call.tenant;
  const search = (call.request.query.get('search') ?? '').trim().toLowerCase();
  const isWanted = (...texts: string[]) => texts.some((text) => text.toLowerCase().includes(search));
  const users = directory.state.users.filter(
    (user) => hasCloudMailbox(user) && isWanted(user.displayName, user.address, ...user.aliases),
  );
  const counts = (address: string) =>
    html`<td>${mailboxes.of(address, 'inbox').length}</td><td>${mailboxes.of(address, 'sentitems').length}</td>`;
  const rows = users
    .slice(0, mailboxesAPage)
    .map(
      (user) =>
        html`<tr><td><a href="${mailboxPath(user.address)}">${user.displayName}</a></td><td>${user.address}</td><td>${recipientTypes[user.mailboxType]}</td>${counts(user.address)}</tr>`,
    );
  // Mail that left the organisation lies in boxes of the world outside, which have no user here.
  const outside = mailboxes.addresses().filter((address) => !directory.user(address) && isWanted(address));
  const others = outside
    .slice(0, mailboxesAPage)
    .map((address) => html`<tr><td><a href="${mailboxPath(address)}">${address}</a></td>${counts(address)}</tr>`);
  const more = (all: number) =>
    all > mailboxesAPage && html`<p class="note">${all - mailboxesAPage} more: search for them.</p>`;
  const content = html`<form method="get" action="/portal/exchange/mailboxes"><label for="search">Search</label><input id="search" name="search" type="search" value="${search}"><button type="submit">Search</button></form>
${table(['Display name', 'Email address', 'Recipient type', 'Inbox', 'Sent Items'], rows, 'There are no such mailboxes.')}${more(users.length)}
<h2>Outside the organization</h2><p class="note">What left this tenant, so that it can be seen who was reached.</p>
${table(['Email address', 'Inbox', 'Sent Items'], others, 'Nothing has left the organization.')}${more(outside.length)}`;
  return portalPage(call, { title: 'Mailboxes', trail: mailboxesTrail.slice(0, 1), content });
}

/** `/mailboxes/ADDRESS[/FOLDER[/MESSAGE[/…]]]` */
export function answerMailbox(
  call: PortalCall,
  name: string,
  [folder = 'inbox', id, ...rest]: readonly string[],
): Promise<TenantResponse> | TenantResponse {
  const { directory, mailboxes } = call.tenant;
  const user = directory.user(name);
  const address = user && hasCloudMailbox(user) ? user.address : name.toLowerCase();
  const exists = (user && hasCloudMailbox(user)) || mailboxes.addresses().includes(address);
  const folderName = folderNames.find((each) => each === folder);
  if (!exists || !folderName || call.request.method !== 'GET') return notFoundPage(call);
  if (id === undefined) return folderPage(call, address, user, folderName);
  const copy = mailboxes.find(address, id);
  const back = [displayNames[folderName], mailboxPath(address, folderName)] as const;
  const trail = [...mailboxesTrail, [address, mailboxPath(address)] as const, back];
  return copy?.folder === folderName ? answerMessage(call, copy, trail, rest) : notFoundPage(call);
}

function mailboxPath(address: string, ...rest: readonly string[]): string {
  return portalPath('exchange', 'mailboxes', address, ...rest);
}

async function folderPage(
  call: PortalCall,
  address: string,
  user: TenantUser | undefined,
  folder: FolderName,
): Promise<TenantResponse> {
  const { mailboxes } = call.tenant;
  const all = mailboxes.of(address, folder).toReversed();
  const page = Math.max(1, Number(/^\d{1,6}$/.exec(call.request.query.get('page') ?? '')?.[0] ?? 1));
  const here = all.slice((page - 1) * messagesAPage, page * messagesAPage);
  const rows = await Promise.all(here.map((copy) => messageRow(address, copy)));
  const tabs = folderNames.map((each) => {
    const text = `${displayNames[each]} (${mailboxes.of(address, each).length})`;
    return html`<li><a href="${mailboxPath(address, each)}"${each === folder && html` aria-current="page"`}>${text}</a></li>`;
  });
  const to = (number: number, text: string) =>
    html`<a class="button" href="${mailboxPath(address, folder)}?page=${number}">${text}</a> `;
  const content = html`${user && about(call, user)}<ul class="tabs" aria-label="Folders">${tabs}</ul>
${table([folder === 'sentitems' ? 'To' : 'From', 'Subject', 'Received (UTC)', 'Size'], rows, 'This folder is empty.')}
<p>${page > 1 && to(page - 1, 'Newer')}${page * messagesAPage < all.length && to(page + 1, 'Older')}</p>`;
  return portalPage(call, { title: user?.displayName ?? address, trail: mailboxesTrail, content });
}

function about(call: PortalCall, user: TenantUser): Html {
  const row = (name: string, value: string) => html`<dt>${name}</dt><dd>${value}</dd>`;
  const { smtpClientAuthenticationDisabled: ofMailbox, fullAccess } = user;
  const ofTenant = call.tenant.directory.state.exchange.smtpClientAuthenticationDisabled;
  const smtp = `${(ofMailbox ?? ofTenant) ? 'Off' : 'On'}${ofMailbox === null ? ' (as the organization has it)' : ''}`;
  const { directory } = call.tenant;
  const trustee = (id: string) => directory.user(id)?.address ?? directory.servicePrincipal(id)?.displayName ?? id;
  const access = fullAccess.map(({ trusteeId }) => trustee(trusteeId)).join(', ') || 'Nobody else';
  const technical = mayUseExchange(call) && [row('Authenticated SMTP', smtp), row('Full access', access)];
  return html`<dl>${row('Email address', user.address)}${user.aliases.length > 0 && row('Aliases', user.aliases.join(', '))}
${row('Recipient type', recipientTypes[user.mailboxType])}${technical}</dl>`;
}

async function messageRow(address: string, copy: MailCopy): Promise<Html> {
  const { from, recipients } = await whoOf(copy);
  const who = copy.folder === 'sentitems' || copy.folder === 'drafts' ? recipients.join(', ') : (from ?? '');
  const mark = isNonDeliveryReport(copy) && html`<span class="error">NDR</span> `;
  const path = mailboxPath(address, copy.folder, copy.id);
  return html`<tr><td>${who.slice(0, 200)}</td><td>${mark}<a href="${path}">${copy.subject || '(no subject)'}</a></td><td class="number">${new Date(copy.receivedAt).toISOString().slice(0, 19).replace('T', ' ')}</td><td class="number">${copy.size}</td></tr>`;
}

async function whoOf({ draft, raw }: MailCopy): Promise<{ from: string | undefined; recipients: readonly string[] }> {
  if (draft) {
    const { from, to, cc, bcc } = draft.content;
    return { from: from?.address, recipients: [...to, ...cc, ...bcc].map((each) => each.address) };
  }
  if (!raw) return { from: undefined, recipients: [] };
  try {
    return await readHeader(raw);
  } catch (error) {
    // SMTP delivers what is no message, too.
    if (error instanceof GraphRefusal) return { from: undefined, recipients: [] };
    throw error;
  }
}
