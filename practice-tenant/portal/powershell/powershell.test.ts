import { describe, expect, it } from 'vitest';
import {
  admin,
  type Browser,
  ordinary,
  type Page,
  type PortalUnderTest,
  portalUnderTest,
  sender,
} from '../portal-under-test.sample.ts';

const ada = 'ada@contoso.example';
const here = '/portal/powershell';

/** What the field at the bottom is called: the prompt, or what is asked for. */
const promptOf = (page: Page) => /<label for="line">([^<]*)</.exec(page.html)?.[1]?.replace('&#62;', '>');

/** What was written since the line was typed. */
function outputOf(page: Page): string {
  const all = /<pre[^>]*>([\s\S]*?)<\/pre>/.exec(page.html)?.[1] ?? '';
  const plain = all
    .replace(/<[^>]*>/g, '')
    .replace(/&#(\d+);/g, (_whole, code: string) => String.fromCharCode(Number(code)));
  return plain.slice(plain.lastIndexOf('PS C:\\> '));
}

async function type(browser: Browser, ...lines: readonly string[]): Promise<Page> {
  let page = await browser.open(here);
  for (const line of lines) page = await browser.press(page, 'Enter', { line });
  return page;
}

/** A browser whose prompt is connected as somebody. */
async function connected(portal: PortalUnderTest, address = admin): Promise<Browser> {
  const browser = await portal.browser(address);
  const page = await type(browser, 'Install-Module ExchangeOnlineManagement -Force', 'Connect-ExchangeOnline');
  await browser.press(page, 'Sign in', { address, password: 'practice' });
  return browser;
}

/** Runs a line and gives what it wrote. */
const run = async (browser: Browser, ...lines: readonly string[]) => outputOf(await type(browser, ...lines));

describe("the manual's cmdlets, typed", () => {
  it('asks-parameter-by-parameter-until-the-policy-stands-and-is-tested', async () => {
    await using portal = await portalUnderTest('documented');
    const { app } = portal.tenant.addApp({ displayName: 'eCASE' });
    // The system account sits at the machine; an administrator signs in when asked.
    const browser = await portal.browser(sender);
    let page = await type(browser, 'Connect-ExchangeOnline');
    expect(outputOf(page)).toContain("The term 'Connect-ExchangeOnline' is not recognized");
    page = await type(browser, 'Install-Module -Name ExchangeOnlineManagement -Force', 'Connect-ExchangeOnline');
    expect(page.text).toContain('Sign in to your account');
    page = await browser.press(page, 'Sign in', { address: admin, password: 'wrong' });
    expect(page.text).toContain('AADSTS50126');
    page = await browser.press(page, 'Sign in', { address: admin, password: 'practice' });
    expect(page.html).not.toContain('value="practice"');
    expect(outputOf(page)).toContain(`Connected to contoso.example as ${admin}`);

    page = await type(browser, 'New-ApplicationAccessPolicy');
    expect(outputOf(page)).toContain('Supply values for the following parameters:');
    for (const [prompt, line] of [
      ['AccessRight:', 'RestrictAccess'],
      ['AppId[0]:', app.clientId],
      ['AppId[1]:', ''],
      ['PolicyScopeGroupId:', sender],
    ] as const) {
      expect(promptOf(page)).toBe(prompt);
      page = await browser.press(page, 'Enter', { line });
    }
    expect(outputOf(page)).toMatch(/AccessRight {6}: RestrictAccess/);
    expect(portal.tenant.directory.state.exchange.accessPolicies).toMatchObject([
      { appId: app.clientId, accessRight: 'RestrictAccess', scopeId: portal.tenant.directory.user(sender)?.id },
    ]);

    page = await type(browser, 'Test-ApplicationAccessPolicy');
    expect(promptOf(page)).toBe('AppId:');
    page = await browser.press(page, 'Enter', { line: app.clientId });
    expect(promptOf(page)).toBe('Identity:');
    page = await browser.press(page, 'Enter', { line: sender });
    expect(outputOf(page)).toMatch(/AccessCheckResult : Granted/);
    const denied = await run(browser, `Test-ApplicationAccessPolicy -AppId ${app.clientId} -Identity ${ada}`);
    expect(denied).toMatch(/AccessCheckResult : Denied/);
  });

  it('takes-everything-on-one-line-with-quotes-lists-variables-and-pipes', async () => {
    await using portal = await portalUnderTest();
    const one = portal.tenant.addApp().app.clientId;
    const two = portal.tenant.addApp().app.clientId;
    const browser = await connected(portal);
    await run(
      browser,
      `$group = New-DistributionGroup -Name "Mailroom senders" -Type Security -Members ${sender},'${ada}'`,
      `New-ApplicationAccessPolicy -AppId @("${one}", '${two}') -PolicyScopeGroupId $group.PrimarySmtpAddress -AccessRight RestrictAccess -Description "For $one the app's mail"`,
    );
    expect(portal.tenant.directory.state.exchange.accessPolicies).toHaveLength(2);
    const list = await run(browser, 'Get-ApplicationAccessPolicy | Format-List AppId, Access*, ScopeName');
    expect(list).toContain(`AppId       : ${one}\nAccessRight : RestrictAccess\nScopeName   : Mailroom senders`);
    const table = await run(browser, `get-applicationaccesspolicy | ? { $_.AppId -eq '${two}' } | ft AppId, IsValid`);
    expect(table).toContain(`AppId${' '.repeat(32)}IsValid\n-----${' '.repeat(32)}-------\n${two} True`);
    expect(
      await run(browser, 'Get-DistributionGroupMember "Mailroom senders" | select -ExpandProperty Name'),
    ).toContain('noreply\nada');
    // Whoever pastes out of a manual has typographic signs.
    const pasted = await run(browser, `Test-ApplicationAccessPolicy –AppId “${one}” –Identity ‘${ordinary}’ | fl Acc*`);
    expect(pasted).toContain('AccessCheckResult : Denied');
    await run(browser, 'Get-Mailbox noreply@contoso.example | Set-CASMailbox -SmtpClientAuthenticationDisabled $false');
    expect(portal.tenant.directory.user(sender)?.smtpClientAuthenticationDisabled).toBe(false);
    // What takes something away asks first.
    let page = await type(browser, 'Get-ApplicationAccessPolicy | Remove-ApplicationAccessPolicy');
    expect(promptOf(page)).toContain('[Y] Yes');
    page = await browser.press(page, 'Enter', { line: 'n' });
    page = await browser.press(page, 'Enter', { line: 'y' });
    const left = portal.tenant.directory.state.exchange.accessPolicies.filter(({ removedAt }) => removedAt === null);
    expect(left.map(({ appId }) => appId)).toEqual([one]);
    await run(browser, 'Get-ApplicationAccessPolicy | Remove-ApplicationAccessPolicy -Confirm:$false');
    expect(await run(browser, 'Get-ApplicationAccessPolicy | measure | select -ExpandProperty Count')).toContain('0');
  });

  it('limits-an-app-by-roles-as-well', async () => {
    await using portal = await portalUnderTest();
    const { app } = portal.tenant.addApp({ displayName: 'eCASE', roles: [] });
    const objectId = portal.tenant.directory.servicePrincipalByAppId(app.clientId)?.id ?? '';
    const browser = await connected(portal);
    await run(
      browser,
      `New-ServicePrincipal -AppId ${app.clientId} -ObjectId ${objectId} -DisplayName "eCASE"`,
      `Set-Mailbox ${sender} -CustomAttribute1 mailroom`,
      'New-ManagementScope -Name "Senders" -RecipientRestrictionFilter "CustomAttribute1 -eq \'mailroom\'"',
      `New-ManagementRoleAssignment -App ${objectId} -Role "Application Mail.Send" -CustomResourceScope "Senders"`,
    );
    const test = await run(browser, `Test-ServicePrincipalAuthorization eCASE -Resource ${sender}`);
    expect(test).toMatch(/RoleName +GrantedPermissions +AllowedResourceScope +ScopeType +InScope/);
    expect(test).toMatch(/Application Mail\.Send Mail\.Send +Senders +CustomRecipientScope True/);
    expect(await run(browser, `Test-ServicePrincipalAuthorization eCASE -Resource ${ada} | fl InScope`)).toContain(
      'InScope : False',
    );
  });
});

describe('what the prompt refuses', () => {
  it('account-without-a-role-has-no-cmdlets', async () => {
    await using portal = await portalUnderTest();
    const browser = await connected(portal, ordinary);
    expect(await run(browser, `Get-Mailbox ${ada}`)).toContain("The term 'Get-Mailbox' is not recognized");
    expect(await run(browser, 'Get-Command *-Mailbox')).toContain('is not recognized');
    // A role that is given counts from the next command on, one that is withdrawn as well.
    const user = portal.tenant.directory.user(ordinary) ?? expect.fail();
    user.directoryRoles = ['Exchange Administrator'];
    expect(await run(browser, `Get-Mailbox ${ada} | fl Alias`)).toContain('Alias : ada');
    user.directoryRoles = [];
    expect(await run(browser, `Get-Mailbox ${ada}`)).toContain('is not recognized');
  });

  it.each([
    [
      'Get-Mailbox nobody@contoso.example',
      'Write-ErrorMessage: |Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException|',
    ],
    ['Get-Mailbox -Colour blue', "Get-Mailbox: A parameter cannot be found that matches parameter name 'Colour'."],
    ['New-DistributionGroup -Name a -Type Odd', "Cannot process argument transformation on parameter 'Type'"],
    ['Get-Mailbox one two', "A positional parameter cannot be found that accepts argument 'two'."],
    ['Get-Mailbox -Identity', "Missing an argument for parameter 'Identity'"],
    ['Set-CASMailbox -Identity $nothing', "Cannot bind argument to parameter 'Identity' because it is null."],
    ['Get-Mailbox "open', 'ParserError: At line:1 char:13: The string is missing the terminator: ".'],
    ['Format-Disk', "The term 'Format-Disk' is not recognized"],
    ['constructor', "The term 'constructor' is not recognized"],
    [
      'New-ApplicationAccessPolicy -AccessRight RestrictAccess -AppId x -PolicyScopeGroupId ada@contoso.example',
      '"x" is not a GUID',
    ],
  ])('%s', async (line, expected) => {
    await using portal = await portalUnderTest();
    expect(await run(await connected(portal), line)).toContain(expected);
  });

  it('asking-ends-with-ctrl-c-or-with-nothing-where-something-must-be', async () => {
    await using portal = await portalUnderTest();
    const browser = await connected(portal);
    let page = await type(browser, 'New-ApplicationAccessPolicy', 'RestrictAccess');
    page = await browser.press(page, 'Cancel (Ctrl+C)');
    expect([promptOf(page), outputOf(page)]).toEqual(['PS C:\\>', expect.stringContaining('^C')]);
    page = await type(browser, 'Test-ApplicationAccessPolicy', '');
    expect(outputOf(page)).toContain("Cannot bind argument to parameter 'AppId' because it is an empty string.");
    expect(promptOf(page)).toBe('PS C:\\>');
  });

  it('markup-that-is-typed-or-stored-comes-out-as-text', async () => {
    await using portal = await portalUnderTest();
    const hostile = '<script>alert(1)</script>';
    portal.tenant.addUser('x@contoso.example', { displayName: hostile });
    const page = await type(await connected(portal), `echo "${hostile}"`, 'Get-Mailbox x@contoso.example');
    expect(page.html).not.toContain('<script');
    expect(outputOf(page)).toContain(hostile);
  });
});
