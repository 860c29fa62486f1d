/**
 * "Exchange admin center" > Recipients: groups and mailboxes, for those whom Exchange lets manage it. Everybody else sees
 * the own mailbox and nothing more.
 */
import type { TenantResponse } from '../../http/exchange.ts';
import { html } from '../../http/html.ts';
import { mayUseExchange, type PortalCall } from '../portal-call.ts';
import { notFoundPage, portalPage, portalPath, refusedPage } from '../portal-page.ts';
import { answerAddGroup } from './add-group.ts';
import { answerGroup, groupsPage } from './groups.ts';
import { answerMailbox, mailboxesPage } from './mailboxes.ts';

const title = 'Exchange admin center';

export function answerExchangeCenter(
  call: PortalCall,
  [part, name, ...rest]: readonly string[],
): Promise<TenantResponse> | TenantResponse {
  const isOwn = part === 'mailboxes' && name?.toLowerCase() === call.user.address.toLowerCase();
  if (!mayUseExchange(call) && !isOwn) {
    const why = `You don't have permission to open this page: ${call.user.address} is no Exchange Administrator and no Global Administrator.`;
    return refusedPage(call, title, why, [
      'Open your own mailbox',
      portalPath('exchange', 'mailboxes', call.user.address),
    ]);
  }
  switch (part) {
    case undefined:
      return startPage(call);
    case 'groups':
      if (name === undefined) return groupsPage(call);
      return name === 'add' ? answerAddGroup(call) : answerGroup(call, name);
    case 'mailboxes':
      return name === undefined ? mailboxesPage(call) : answerMailbox(call, name, rest);
    default:
      return notFoundPage(call);
  }
}

function startPage(call: PortalCall): TenantResponse {
  const content = html`<h2>Recipients</h2><ul><li><a href="/portal/exchange/mailboxes">Mailboxes</a></li>
<li><a href="/portal/exchange/groups">Groups</a></li></ul>
<p class="note">Access policies for applications have no page in the admin center either: they are set in <a href="/portal/powershell">PowerShell</a>.</p>`;
  return portalPage(call, { title, content });
}
