/** Recipients > Groups: the list, and one group with its owners and members. */
import type { TenantGroup } from '../../directory/directory-state.ts';
import { isMailEnabledSecurityGroup } from '../../directory/groups.ts';
import type { TenantResponse } from '../../http/exchange.ts';
import { type Html, html } from '../../http/html.ts';
import { field, type PortalCall } from '../portal-call.ts';
import { notFoundPage, portalPage, portalPath, postForm, seeOther, table } from '../portal-page.ts';
import { attemptCmdlet, groupsTrail } from './exchange-trail.ts';

export function groupsPage(call: PortalCall): TenantResponse {
  const rows = call.tenant.directory.state.groups
    .filter(({ mailEnabled }) => mailEnabled)
    .map(
      (group) =>
        html`<tr><td><a href="${groupPath(group)}">${group.displayName}</a></td><td>${group.mail ?? ''}</td><td>${typeOf(group)}</td><td>${group.members.length}</td></tr>`,
    );
  const content = html`<p><a class="button primary" href="/portal/exchange/groups/add">Add a group</a></p>
${table(['Group name', 'Group email', 'Group type', 'Members'], rows, 'There are no groups yet.')}`;
  return portalPage(call, { title: 'Groups', trail: groupsTrail.slice(0, 1), content });
}

export function answerGroup(call: PortalCall, id: string): TenantResponse {
  const group = call.tenant.directory.state.groups.find((each) => each.id === id && each.mailEnabled);
  if (!group) return notFoundPage(call);
  if (call.request.method !== 'POST') return groupPage(call, group);
  const identity = { Identity: group.id };
  const member = field(call, 'member');
  switch (field(call, 'action')) {
    case 'add':
      return after(call, group, attemptCmdlet(call, 'Add-DistributionGroupMember', { ...identity, Member: member }));
    case 'remove':
      return after(call, group, attemptCmdlet(call, 'Remove-DistributionGroupMember', { ...identity, Member: member }));
    case 'delete': {
      const refused = attemptCmdlet(call, 'Remove-DistributionGroup', identity);
      return refused === undefined ? seeOther('/portal/exchange/groups') : groupPage(call, group, refused);
    }
    default:
      return notFoundPage(call);
  }
}

export function groupPath({ id }: TenantGroup): string {
  return portalPath('exchange', 'groups', id);
}

function after(call: PortalCall, group: TenantGroup, refused: string | undefined): TenantResponse {
  return refused === undefined ? seeOther(groupPath(group)) : groupPage(call, group, refused);
}

function groupPage(call: PortalCall, group: TenantGroup, error?: string): TenantResponse {
  const { directory } = call.tenant;
  const row = (name: string, value: string) => html`<dt>${name}</dt><dd>${value}</dd>`;
  const knownFrom = directory.state.exchange.knownFrom[group.id] ?? 0;
  const waits =
    knownFrom > call.now &&
    html`<p class="note">Exchange does not know this group everywhere yet; cmdlets find it from ${new Date(knownFrom).toISOString()} on.</p>`;
  const isScope = isMailEnabledSecurityGroup(group);
  const use = isScope
    ? 'An application access policy may name it as its PolicyScopeGroupId.'
    : 'An application access policy cannot use it: that needs a mail-enabled security group.';
  const members = group.members.map((id) => {
    const { name, address } = shown(call, id);
    const remove = postForm(
      call,
      groupPath(group),
      html`<input type="hidden" name="member" value="${id}"><button name="action" value="remove" type="submit" aria-label="Remove ${name}">Remove</button>`,
    );
    return html`<tr><td>${name}</td><td>${address}</td><td>${remove}</td></tr>`;
  });
  const owners = group.owners.map((id) => html`<li>${label(call, id)}</li>`);
  const add = html`<label for="member">Add a member (email address)</label><input id="member" name="member" required><button name="action" value="add" type="submit">Add members</button>`;
  const content = html`${waits}<h2>General</h2><dl>${row('Name', group.displayName)}${row('Description', group.description ?? '')}
${row('Group email', group.mail ?? '')}${row('Group type', typeOf(group))}${row('Object ID', group.id)}</dl><p class="note">${use}</p>
<h2>Owners</h2>${owners.length > 0 ? html`<ul>${owners}</ul>` : html`<p class="note">No owners.</p>`}
<h2>Members</h2>${table(['Name', 'Email', ''], members, 'No members.')}${postForm(call, groupPath(group), add)}
${postForm(call, groupPath(group), html`<button name="action" value="delete" type="submit">Delete group</button>`)}`;
  return portalPage(call, {
    title: group.displayName,
    trail: groupsTrail,
    content,
    ...(error === undefined ? {} : { status: 400, error }),
  });
}

function shown({ tenant }: PortalCall, id: string): { readonly name: string; readonly address: string } {
  const user = tenant.directory.user(id);
  const group = tenant.directory.state.groups.find((each) => each.id === id);
  return { name: user?.displayName ?? group?.displayName ?? id, address: user?.address ?? group?.mail ?? '' };
}

function label(call: PortalCall, id: string): Html {
  const { name, address } = shown(call, id);
  return html`${name} ${address && html`<span class="note">${address}</span>`}`;
}

function typeOf({ securityEnabled, groupTypes }: TenantGroup): string {
  if (groupTypes.includes('Unified')) return 'Microsoft 365';
  return securityEnabled ? 'Mail-enabled security' : 'Distribution';
}
