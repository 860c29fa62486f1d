/**
 * Recipients > Groups > Add a group, step by step as in the admin center: the type, the basics, owners, members, the
 * address, a review. The way back and forth: each step is a form of the same address that carries what the others said, so
 * nothing is kept until "Create group" does it all by one cmdlet.
 */
import type { TenantResponse } from '../../http/exchange.ts';
import { type Html, html } from '../../http/html.ts';
import { field, fields, type PortalCall } from '../portal-call.ts';
import { portalPage, postForm } from '../portal-page.ts';
import { attemptCmdlet, groupsTrail } from './exchange-trail.ts';
import { groupPath } from './groups.ts';

const steps = ['type', 'basics', 'owners', 'members', 'settings', 'review'] as const;
type Step = (typeof steps)[number];

const headings: Readonly<Record<Step, string>> = {
  type: 'Choose a group type',
  basics: 'Set up the basics',
  owners: 'Assign owners',
  members: 'Add members',
  settings: 'Edit settings',
  review: 'Review and finish adding group',
};

const types: readonly (readonly [value: string, label: string, text: string])[] = [
  ['Distribution', 'Distribution', 'Sends email to everybody in the group.'],
  ['Security', 'Mail-enabled security', 'Sends messages to all members, and gives access to resources.'],
];

/** More would make a long page; who is not among them is typed. */
const mostOffered = 200;

interface Wishes {
  readonly type: string;
  readonly name: string;
  readonly description: string;
  /** Addresses. */
  readonly owners: readonly string[];
  readonly members: readonly string[];
  readonly alias: string;
  readonly domain: string;
}

export function answerAddGroup(call: PortalCall): TenantResponse {
  const wishes = wishesOf(call);
  if (call.request.method !== 'POST') return stepPage(call, 'type', wishes);
  const step = stepNamed(field(call, 'step'));
  const index = steps.indexOf(step);
  if (field(call, 'go') === 'back') return stepPage(call, steps[index - 1] ?? 'type', wishes);
  const error = problemAt(call, step, wishes);
  if (error !== undefined) return stepPage(call, step, wishes, error);
  const next = steps[index + 1];
  return next === undefined ? create(call, wishes) : stepPage(call, next, wishes);
}

function wishesOf(call: PortalCall): Wishes {
  const people = (name: string) => {
    const typed = field(call, `${name}Typed`).split(/[\s,;]+/);
    return [...new Set([...fields(call, name), ...typed].map((each) => each.trim()).filter(Boolean))];
  };
  const { domain } = call.tenant.directory;
  return {
    type: field(call, 'type') || 'Security',
    name: field(call, 'name'),
    description: field(call, 'description'),
    owners: people('owners'),
    members: people('members'),
    alias: field(call, 'alias'),
    domain: field(call, 'domain') || domain,
  };
}

function stepNamed(text: string): Step {
  return steps.find((step) => step === text) ?? 'type';
}

function problemAt({ tenant }: PortalCall, step: Step, wishes: Wishes): string | undefined {
  const { directory } = tenant;
  const unknown = (names: readonly string[]) => names.find((name) => !directory.user(name) && !directory.group(name));
  switch (step) {
    case 'type':
      return types.some(([value]) => value === wishes.type) ? undefined : 'Choose a group type.';
    case 'basics':
      return wishes.name === '' ? 'Name: enter a name for the group.' : undefined;
    case 'owners':
    case 'members': {
      const stranger = unknown(wishes[step]);
      return stranger === undefined ? undefined : `${stranger} couldn't be found in ${directory.state.displayName}.`;
    }
    case 'settings': {
      if (!/^[\w.!#$%&'*+/=?^`{|}~-]{1,64}$/.test(wishes.alias))
        return 'Group email address: enter the part before the @, without blanks.';
      if (!directory.isInternal(`x@${wishes.domain}`)) return `${wishes.domain} is no domain of this organization.`;
      const address = addressOf(wishes);
      return unknown([address]) === undefined ? `The address ${address} is in use already.` : undefined;
    }
    case 'review':
      return undefined;
  }
}

function create(call: PortalCall, wishes: Wishes): TenantResponse {
  const { type, name, description, owners, members, alias } = wishes;
  const address = addressOf(wishes);
  const error = attemptCmdlet(call, 'New-DistributionGroup', {
    Name: name,
    Type: type,
    Alias: alias,
    PrimarySmtpAddress: address,
    ...(description ? { Description: description } : {}),
    ManagedBy: owners,
    Members: members,
  });
  const group = call.tenant.directory.group(address);
  if (error !== undefined || !group) return stepPage(call, 'review', wishes, error ?? 'The group was not created.');
  const content = html`<p>It can take some minutes until it is known everywhere in Exchange.</p>
<p><a class="button primary" href="/portal/exchange/groups">Close</a> <a href="${groupPath(group)}">${group.displayName}</a></p>`;
  return portalPage(call, { title: `${name} group created`, trail: groupsTrail, content, notice: address });
}

function stepPage(call: PortalCall, step: Step, wishes: Wishes, error?: string): TenantResponse {
  const index = steps.indexOf(step);
  const back = index > 0 && html`<button name="go" value="back" type="submit" formnovalidate>Back</button> `;
  const last = step === 'review';
  const next = html`<button class="primary" name="go" value="next" type="submit">${last ? 'Create group' : 'Next'}</button>`;
  const names = steps.map((each, at) => html`<li${at === index && html` aria-current="step"`}>${headings[each]}</li>`);
  // "Next" comes first, so that Enter in a field presses it.
  const form = html`<input type="hidden" name="step" value="${step}">${carried(step, wishes)}${fieldsOf(call, step, wishes)}
<p class="buttons">${next}${back}<a class="button" href="/portal/exchange/groups">Cancel</a></p>`;
  const content = html`<ol class="steps">${names}</ol><h2>${headings[step]}</h2>${postForm(call, '/portal/exchange/groups/add', form)}`;
  return portalPage(call, {
    title: 'Add a group',
    trail: groupsTrail,
    content,
    ...(error === undefined ? {} : { status: 400, error }),
  });
}

/** What the other steps said. */
function carried(step: Step, { type, name, description, owners, members, alias, domain }: Wishes): Html {
  const hidden = (key: string, value: string) => html`<input type="hidden" name="${key}" value="${value}">`;
  return html`${step !== 'type' && hidden('type', type)}
${step !== 'basics' && [hidden('name', name), hidden('description', description)]}
${step !== 'owners' && owners.map((each) => hidden('owners', each))}${step !== 'members' && members.map((each) => hidden('members', each))}
${step !== 'settings' && [hidden('alias', alias), hidden('domain', domain)]}`;
}

function fieldsOf(call: PortalCall, step: Step, wishes: Wishes): Html {
  const { directory } = call.tenant;
  switch (step) {
    case 'type':
      return html`<fieldset><legend>Group type</legend>${types.map(([value, label, text]) => html`<label class="choice"><input type="radio" name="type" value="${value}"${value === wishes.type && html` checked`}> ${label} <span class="note">${text}</span></label>`)}</fieldset>`;
    case 'basics':
      return html`<label for="name">Name</label><input id="name" name="name" required maxlength="64" value="${wishes.name}">
<label for="description">Description</label><input id="description" name="description" maxlength="1024" value="${wishes.description}">`;
    case 'owners':
      return picker(call, step, wishes.owners, 'Owners can add and remove members.');
    case 'members':
      return picker(call, step, wishes.members, 'Whoever is to be in the group.');
    case 'settings': {
      const suggested = wishes.alias || wishes.name.toLowerCase().replaceAll(/[^\w.-]+/g, '');
      return html`<label for="alias">Group email address</label><input id="alias" name="alias" required value="${suggested}">
<label for="domain">Domain</label><select id="domain" name="domain">${directory.state.domains.map((each) => html`<option${each === wishes.domain && html` selected`}>${each}</option>`)}</select>`;
    }
    case 'review': {
      const row = (name: string, value: string) => html`<dt>${name}</dt><dd>${value || 'None'}</dd>`;
      const label = types.find(([value]) => value === wishes.type)?.[1] ?? wishes.type;
      return html`<dl>${row('Group type', label)}${row('Name', wishes.name)}${row('Description', wishes.description)}
${row('Owners', wishes.owners.join(', '))}${row('Members', wishes.members.join(', '))}${row('Group email address', addressOf(wishes))}</dl>`;
    }
  }
}

/** Boxes for the recipients that there are, and a field for those whom the list is too short for. */
function picker(call: PortalCall, name: 'owners' | 'members', chosen: readonly string[], text: string): Html {
  const { users, groups } = call.tenant.directory.state;
  const nested =
    name === 'members' ? groups.flatMap(({ displayName, mail }) => (mail ? [[displayName, mail]] : [])) : [];
  const all = [...users.map(({ displayName, address }) => [displayName, address]), ...nested];
  const offered = all.slice(0, mostOffered);
  const boxes = offered.map(
    ([label = '', address = '']) =>
      html`<label class="choice"><input type="checkbox" name="${name}" value="${address}"${chosen.includes(address) && html` checked`}> ${label} <span class="note">${address}</span></label>`,
  );
  const typed = chosen.filter((each) => !offered.some(([, address]) => address === each));
  return html`<fieldset><legend>${headings[name]}</legend><p class="note">${text}</p>${boxes}</fieldset>
<label for="typed">Other email addresses</label><input id="typed" name="${name}Typed" value="${typed.join(', ')}">`;
}

function addressOf({ alias, domain }: Wishes): string {
  return `${alias}@${domain}`;
}
