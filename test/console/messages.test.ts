import { expect, it } from 'vitest';
import { consoleUsers } from '../harness/console-client.ts';
import { withConsole } from '../harness/with-console.ts';
import { mailWith } from './hostile-mail.ts';

it('an-action-on-all-that-match-changes-no-more-than-was-shown', async () => {
  await withConsole(async ({ url, firstRunUrl, mailroom, smtpPort, store }) => {
    const { operator } = await consoleUsers(url, firstRunUrl);
    await mailroom.operator.pauseConnector('default', 'for the test');
    await mailWith(smtpPort, { subject: 'One', to: 'grace@contoso.example' });
    await mailWith(smtpPort, { subject: 'Other' });
    const filter = { q: 'grace@contoso.example' };
    const counted = await operator.ask('POST', 'api/interventions/count', { action: 'hold', filter });
    expect(counted.json()).toEqual({ count: 1 });
    await mailWith(smtpPort, { subject: 'Late', to: 'grace@contoso.example' });
    const late = await operator.ask('POST', 'api/interventions', { action: 'hold', filter, count: 1 });
    expect(late.json()).toMatchObject({ code: 'too-many-matches' });
    expect((await store.books()).held).toBe(0);
    const done = await operator.ask('POST', 'api/interventions', { action: 'hold', filter, count: 2 });
    expect(done.json()).toEqual({ changed: 2, unchanged: 0 });
    expect(await store.books()).toMatchObject({ held: 2, queued: 1 });
  });
});

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
