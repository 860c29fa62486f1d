import { expect, it } from 'vitest';
import { submitMessage } from '../../mailboxes/transport.ts';
import { admin, ordinary, type PortalUnderTest, portalUnderTest, sender } from '../portal-under-test.sample.ts';

const ada = 'ada@contoso.example';
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

function send({ tenant }: PortalUnderTest, recipients: readonly string[], subject: string, lines: readonly string[]) {
  submitMessage(tenant.service, tenant.service.tenants[0] ?? expect.fail(), {
    sender: tenant.directory.user(sender) ?? expect.fail(),
    recipients,
    raw: Buffer.from(lines.join('\r\n')),
    saveToSentItems: true,
    internetMessageId: '<1@contoso.example>',
    subject,
  });
}

const plain = (subject: string) => [`From: ${sender}`, `To: ${ada}`, `Subject: ${subject}`, '', 'body'];

it('hostile-message-is-shown-without-scripts-and-without-asking-other-hosts', async () => {
  await using portal = await portalUnderTest();
  const subject = '<script>alert(1)</script>';
  send(portal, [ada], subject, [
    `From: "<b>Case</b>" <${sender}>`,
    `To: ${ada}`,
    `Subject: ${subject}`,
    'X-Odd: <img src=x onerror=alert(2)>',
    'MIME-Version: 1.0',
    'Content-Type: multipart/related; boundary=b',
    '',
    '--b',
    'Content-Type: text/html; charset=utf-8',
    '',
    '<h1 onclick="alert(3)">Hello</h1><script>alert(4)</script><style>body{background:url(https://t.example/b)}</style>',
    '<img src="https://tracker.example/p.png" alt="logo"><img src="cid:one"><img src=x onerror=alert(5)>',
    '<a href="javascript:alert(6)">here</a><form action="https://evil.example"><input name=p></form>',
    '<iframe src="https://evil.example"></iframe><p style="position:fixed;background:url(https://t.example)">end</p>',
    '<meta http-equiv="refresh" content="0;url=https://evil.example"><base href="https://evil.example">',
    '--b',
    'Content-Type: image/png',
    'Content-ID: <one>',
    'Content-Transfer-Encoding: base64',
    '',
    pixel,
    '--b--',
    '',
  ]);
  const browser = await portal.browser(admin);
  const list = await browser.open('/portal/exchange/mailboxes');
  const mailbox = await browser.follow(list, 'ada');
  expect(mailbox.text).toContain('Inbox (1)');
  const page = await browser.follow(mailbox, subject);
  expect(page.html).not.toContain('<script');
  expect(page.html).not.toContain('<img');
  expect(page.text).toContain('Remote content was blocked: 2');
  expect(page.text).toContain('X-Odd <img src=x onerror=alert(2)>');
  expect(page.html).toContain('<iframe sandbox=""');

  const preview = await browser.open(`${page.path}/preview`);
  expect(preview.html).toContain('Hello');
  expect(preview.html).toContain(`src="data:image/png;base64,${pixel}"`);
  expect(preview.html).not.toMatch(
    /<script|onclick|onerror|<a |<form|<input|<iframe|<meta http|<base|position|https:\/\/t/i,
  );
  expect(preview.html).not.toMatch(/src="http/);
  expect(preview.headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'; img-src data:;/);
  expect(preview.headers.get('x-frame-options')).toBe('SAMEORIGIN');

  const source = await browser.open(`${page.path}/source`);
  expect(source.html).toContain('onclick="alert(3)"');
  expect(source.headers.get('content-disposition')).toMatch(/^attachment; filename="AAMk\w+\.eml"$/);
  expect(source.headers.get('content-security-policy')).toBe("sandbox; default-src 'none'");
});

it('report-of-what-could-not-be-delivered-stands-in-the-senders-inbox', async () => {
  await using portal = await portalUnderTest();
  portal.tenant.profile.unknownInternalRecipients = 'report';
  send(portal, ['nobody@contoso.example', 'out@elsewhere.example'], 'Case 1', plain('Case 1'));
  const browser = await portal.browser(admin);
  const mailbox = await browser.open(`/portal/exchange/mailboxes/${sender}`);
  expect(mailbox.text).toContain('NDR Undeliverable: Case 1');
  expect(mailbox.text).toContain('Sent Items (1)');
  const report = await browser.follow(mailbox, 'Undeliverable: Case 1');
  expect(report.text).toContain('A non-delivery report');
  expect((await browser.open(`${report.path}/preview`)).text).toContain('550 5.1.10');
  const sent = await browser.follow(mailbox, 'Sent Items (1)');
  expect((await browser.follow(sent, 'Case 1')).text).toContain(ada);
  // And whom it reached outside can be looked at as well.
  const outside = await browser.follow(await browser.open('/portal/exchange/mailboxes'), 'out@elsewhere.example');
  expect(outside.text).toContain('Case 1');
});

it('mailbox-of-somebody-else-stays-closed-and-odd-addresses-are-not-there', async () => {
  await using portal = await portalUnderTest();
  send(portal, [ada, ordinary], 'Case 2', plain('Case 2'));
  const person = await portal.browser(ordinary);
  const own = await person.follow(await person.open(`/portal/exchange/mailboxes/${ordinary}`), 'Case 2');
  expect(own.status).toBe(200);
  const ofAda = portal.tenant.mailbox(ada)[0]?.id ?? '';
  for (const path of [
    `${ada}/inbox/${ofAda}`,
    `${ada}/inbox/${ofAda}/source`,
    `${ordinary}/inbox/${ofAda}`,
    `${ordinary}/nowhere`,
    `${ordinary}/inbox/%00`,
    `${ordinary}/inbox/AAMk0000000001/preview/more`,
  ])
    expect([path, (await person.open(`/portal/exchange/mailboxes/${path}`)).status]).toEqual([
      path,
      path.startsWith(ada) ? 403 : 404,
    ]);
});

it('inbox-with-many-messages-comes-in-pages', async () => {
  await using portal = await portalUnderTest();
  for (let index = 0; index < 60; index += 1) send(portal, [ada], `Case ${index}`, plain(`Case ${index}`));
  const browser = await portal.browser(admin);
  const first = await browser.open(`/portal/exchange/mailboxes/${ada}`);
  expect(first.text).toContain('Case 59');
  expect(first.text).not.toContain('Case 9 ');
  expect((await browser.follow(first, 'Older')).text).toContain('Case 9 ');
});
