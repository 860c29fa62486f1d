import { describe, expect, it } from 'vitest';
import {
  admin,
  type Browser,
  ordinary,
  type Page,
  portalUnderTest,
  sender,
  shown,
} from '../portal-under-test.sample.ts';

const ada = 'ada@contoso.example';

/** The wizard of the manual, from "Add a group" to "Create group". */
async function addGroup(browser: Browser, members: string): Promise<Page> {
  let page = await browser.follow(await browser.open('/portal/exchange/groups'), 'Add a group');
  page = await browser.press(page, 'Next', { type: 'Security' });
  page = await browser.press(page, 'Next', { name: 'Mailroom senders', description: 'Who system mail may come from' });
  page = await browser.press(page, 'Next', { owners: admin });
  page = await browser.press(page, 'Next', { membersTyped: members });
  page = await browser.press(page, 'Next', { alias: 'mailroom-senders' });
  expect(page.text).toContain('Review and finish adding group');
  expect(shown(page, 'Group type')).toBe('Mail-enabled security');
  expect(shown(page, 'Members')).toBe(members);
  expect(shown(page, 'Group email address')).toBe('mailroom-senders@contoso.example');
  return browser.press(page, 'Create group');
}

describe('Recipients > Groups', () => {
  it('mail-enabled-security-group-of-the-manual-is-one-that-a-policy-takes', async () => {
    let time = Date.now();
    await using portal = await portalUnderTest('documented', () => time);
    const browser = await portal.browser(admin);
    const created = await addGroup(browser, `${sender}, ${ada}`);
    expect(created.text).toContain('Mailroom senders group created');
    const list = await browser.follow(created, 'Close');
    expect(list.text).toContain('Mailroom senders mailroom-senders@contoso.example Mail-enabled security 2');
    const group = portal.tenant.directory.group('mailroom-senders@contoso.example') ?? expect.fail();
    expect(group).toMatchObject({ mailEnabled: true, securityEnabled: true, groupTypes: [] });
    expect(group.description).toBe('Who system mail may come from');
    expect(group.owners).toEqual([portal.tenant.directory.user(admin)?.id]);

    // Exchange's replicas take their time with a new object: until then it cannot be changed.
    let page = await browser.follow(list, 'Mailroom senders');
    const early = await browser.press(page, 'Add members', { member: ordinary });
    expect([early.status, early.text]).toEqual([400, expect.stringContaining("couldn't be found")]);
    time += 3_600_000;
    page = await browser.press(page, 'Add members', { member: ordinary });
    expect(page.text).toContain(`olivia ${ordinary}`);
    page = await browser.press(page, 'Remove');
    expect(page.text).not.toContain(sender);
    expect(group.members).toHaveLength(2);
    const after = await browser.press(page, 'Delete group');
    expect(after.text).toContain('There are no groups yet');
  });

  it('step-that-is-wrong-says-so-and-keeps-what-was-typed', async () => {
    await using portal = await portalUnderTest();
    const browser = await portal.browser(admin);
    let page = await browser.open('/portal/exchange/groups/add');
    page = await browser.press(page, 'Next', { type: 'Security' });
    page = await browser.press(page, 'Next', { description: 'kept' });
    expect([page.status, page.text]).toEqual([400, expect.stringContaining('enter a name')]);
    page = await browser.press(page, 'Next', { name: 'Senders', description: 'kept' });
    page = await browser.press(page, 'Next');
    page = await browser.press(page, 'Next', { membersTyped: 'nobody@contoso.example' });
    expect(page.text).toContain("nobody@contoso.example couldn't be found");
    page = await browser.press(page, 'Next', { membersTyped: sender });
    page = await browser.press(page, 'Next', { alias: 'ada' });
    expect(page.text).toContain(`The address ${ada} is in use already`);
    page = await browser.press(page, 'Back', { alias: 'senders' });
    page = await browser.press(page, 'Next', { members: sender });
    page = await browser.press(page, 'Next');
    expect([shown(page, 'Description'), shown(page, 'Members')]).toEqual(['kept', sender]);
    expect(portal.tenant.directory.state.groups).toEqual([]);
  });
});

describe('who may use the admin center', () => {
  it('ordinary-user-sees-the-own-mailbox-and-nothing-else', async () => {
    await using portal = await portalUnderTest();
    const browser = await portal.browser(ordinary);
    const csrfFrom = (page: Page) => /name="csrf" value="([^"]*)"/.exec(page.html)?.[1] ?? '';
    for (const path of ['', '/groups', '/groups/add', '/mailboxes', `/mailboxes/${ada}`]) {
      const page = await browser.open(`/portal/exchange${path}`);
      expect([path, page.status]).toEqual([path, 403]);
    }
    const refused = await browser.open('/portal/exchange/groups');
    expect(refused.text).toContain("You don't have permission to open this page");
    const forced = new URLSearchParams({ csrf: csrfFrom(refused), step: 'review', name: 'x', alias: 'x' });
    expect((await browser.open('/portal/exchange/groups/add', forced)).status).toBe(403);
    expect(portal.tenant.directory.state.groups).toEqual([]);
    const own = await browser.follow(refused, 'Open your own mailbox');
    expect([own.status, own.text]).toEqual([200, expect.stringContaining('Inbox (0)')]);
  });

  it('exchange-administrator-needs-no-global-role', async () => {
    await using portal = await portalUnderTest();
    portal.tenant.addUser('ex@contoso.example', { directoryRoles: ['Exchange Administrator'] });
    const browser = await portal.browser('ex@contoso.example');
    expect((await addGroup(browser, sender)).text).toContain('group created');
  });
});
