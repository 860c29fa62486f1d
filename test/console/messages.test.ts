import { expect, it } from 'vitest';
import { consoleUsers } from '../harness/console-client.ts';
import { until } from '../harness/until.ts';
import { withConsole } from '../harness/with-console.ts';
import { mailWith } from './hostile-mail.ts';

it('one-box-finds-by-address, by Message-ID, by id and by subject', async () => {
  await withConsole(async ({ url, firstRunUrl, smtpPort, store }) => {
    const { viewer } = await consoleUsers(url, firstRunUrl);
    await mailWith(smtpPort, { subject: 'Quarterly report', to: 'grace@contoso.example' });
    await mailWith(smtpPort, { subject: 'Other' });
    const [message] = await store.list({ limit: 1, subject: 'Quarterly' });
    const { id = '', summary } = message ?? {};
    for (const q of [
      'grace@CONTOSO.example',
      summary?.messageId ?? '',
      summary?.messageId.slice(1, -1) ?? '',
      id,
      'quarterly',
    ]) {
      const { messages } = (await viewer.ask('GET', `api/messages?${new URLSearchParams({ q })}`)).json();
      expect(messages, q).toMatchObject([{ id }]);
    }
  });
});

it('a-viewer-sees-what-became-of-mail-and-not-what-it-says', async () => {
  await withConsole(async ({ url, firstRunUrl, smtpPort, settled, store }) => {
    const { viewer, operator } = await consoleUsers(url, firstRunUrl);
    await mailWith(smtpPort, { subject: 'Salary', text: 'a lot' });
    await settled();
    const [message] = await store.list({ limit: 1 });
    const place = `api/messages/${message?.id}`;
    expect((await viewer.ask('GET', place)).json()).toMatchObject({ attempts: [{ outcome: 'sent' }] });
    for (const part of ['raw', 'preview', 'preview.html'])
      expect((await viewer.ask('GET', `${place}/${part}`)).status).toBe(403);
    expect((await operator.ask('GET', `${place}/preview`)).json()).toMatchObject({ text: 'a lot\n' });
    const html = await operator.ask('GET', `${place}/preview.html`);
    expect(html.headers['content-security-policy']).toMatch(/^sandbox; default-src 'none';/);
  });
});

it('secrets-of-the-configuration-are-in-no-answer', async () => {
  await withConsole(
    async ({ url, firstRunUrl }) => {
      const { administrator } = await consoleUsers(url, firstRunUrl);
      for (const path of ['connectors', 'clients', 'routes', 'overview', 'about', 'users']) {
        const { status, text } = await administrator.ask('GET', `api/${path}`);
        expect(status, path).toBe(200);
        expect(text).not.toMatch(/secret of the client|\$argon2id|"passwordHash"/);
      }
    },
    {},
    {
      clients: [
        { name: 'portal', login: 'portal', password: 'secret of the client', apiKey: 'secret-of-the-client-as-key' },
      ],
    },
  );
});

it('the-checks-are-told-one-by-one-as-they-end', async () => {
  await withConsole(async ({ url, firstRunUrl }) => {
    const { operator } = await consoleUsers(url, firstRunUrl);
    const { text, headers } = await operator.ask('POST', 'api/connectors/default/checks', {});
    expect(headers['content-type']).toMatch(/^text\/event-stream/);
    const events = text.trim().split('\n\n');
    expect(events.at(-1)).toBe('event: end\ndata: {}');
    expect(events.length).toBeGreaterThan(6);
    expect(text).not.toMatch(/eyJ[\w-]+\./);
  });
});

it('somebody-reads-the-payslips: where a rule keeps content from everybody, neither preview nor download shows it, and it goes when sent', async () => {
  await withConsole(
    async ({ url, firstRunUrl, smtpPort, settled, store, mailroom }) => {
      const { administrator } = await consoleUsers(url, firstRunUrl);
      await mailroom.operator.pauseConnector('default', 'for the test');
      await mailWith(smtpPort, { subject: 'Your payslip', text: 'seventy thousand' });
      await mailWith(smtpPort, { subject: 'Hello', text: 'nothing special' });
      const [hello, payslip] = await store.list({ limit: 2 });
      const place = `api/messages/${payslip?.id}`;
      for (const part of ['raw', 'preview', 'preview.html']) {
        const answer = await administrator.ask('GET', `${place}/${part}`);
        expect(answer.json()).toMatchObject({ status: 403, code: 'content-redacted' });
        expect(answer.text).not.toContain('seventy');
      }
      expect((await administrator.ask('GET', place)).json()).toMatchObject({
        message: { redaction: { rule: 'payroll', deletes: true } },
      });
      expect((await administrator.ask('GET', `api/messages/${hello?.id}/preview`)).status).toBe(200);
      expect((await administrator.ask('GET', 'api/limits')).json()).toMatchObject({
        keeping: { redaction: [{ name: 'payroll', when: 'subject payslip', deletes: true }] },
      });
      await mailroom.operator.resumeConnector('default', 'again');
      await settled();
      await until('its bytes are gone', () =>
        store.openBody(payslip?.id ?? '').then(
          () => false,
          () => true,
        ),
      );
      expect(await store.books()).toMatchObject({ accepted: 2, sent: 2 });
    },
    {},
    { redact: [{ name: 'payroll', when: { subject: 'payslip' }, body: 'delete' }] },
  );
});
