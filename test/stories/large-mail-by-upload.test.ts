/** Large mail from a client to a mailbox by drafts and uploads: what the client is told, what arrives, what is left behind. */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { createTransport } from 'nodemailer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PracticeTenant, startPracticeTenant } from '../../practice-tenant/tenant.ts';
import { type InProcess, withMailroom } from '../harness/mailroom-in-process.ts';
import { openDialogue } from '../harness/smtp-dialogue.ts';
import { until } from '../harness/until.ts';

const systemAccount = 'noreply@contoso.example';
const ada = 'ada@contoso.example';
const scan = randomBytes(4_500_000);

let tenant: PracticeTenant;
beforeEach(async () => {
  tenant = await startPracticeTenant({ profile: 'unlimited', users: [systemAccount, ada] });
});
afterEach(() => tenant.close());

function uploading(use: (running: InProcess) => Promise<void>, more: object = {}): Promise<void> {
  const connector = { largeMessages: 'upload', mailboxLimit: '20 MB', ...more };
  return withMailroom({ tenant, systemAccount, roles: ['Mail.Send', 'Mail.ReadWrite'], connector }, use);
}

async function handIn(smtpPort: number, content: Buffer = scan): Promise<void> {
  const transport = createTransport({ host: '127.0.0.1', port: smtpPort, ignoreTLS: true });
  try {
    const attachments = [{ filename: 'Scan – Seite 1.pdf', content }];
    await transport.sendMail({ from: systemAccount, to: ada, subject: 'Scan', text: 'See attachment', attachments });
  } finally {
    transport.close();
  }
}

const draftsOnRecord = (folder: string) => {
  const drafts = join(folder, 'data', 'drafts');
  return existsSync(drafts) ? readdirSync(drafts) : [];
};

async function expectNothingLeft(folder: string): Promise<void> {
  await until('nothing is on record about a draft', () => draftsOnRecord(folder).length === 0);
  expect([tenant.mailbox(systemAccount, 'drafts'), tenant.mailbox(systemAccount, 'deleteditems')]).toEqual([[], []]);
}

describe('large mail by uploads', () => {
  it('a-scan-of-several-megabytes-arrives-as-it-was', async () => {
    await uploading(async ({ smtpPort, store, settled, folder }) => {
      await using dialogue = await openDialogue({ port: smtpPort });
      await dialogue.reply();
      await dialogue.command('EHLO scanner');
      expect((await dialogue.command(`MAIL FROM:<${systemAccount}> SIZE=20000001`)).code).toBe(552);
      expect((await dialogue.command(`MAIL FROM:<${systemAccount}> SIZE=20000000`)).code).toBe(250);
      await handIn(smtpPort);
      await settled();
      const [copy] = tenant.mailbox(ada);
      const { attachments, text } = await simpleParser(copy?.raw ?? Buffer.alloc(0));
      expect(attachments.map(({ filename }) => filename)).toEqual(['Scan – Seite 1.pdf']);
      expect(attachments[0]?.content.equals(scan)).toBe(true);
      expect(text?.trim()).toBe('See attachment');
      expect(await store.books()).toMatchObject({ accepted: 1, sent: 1 });
      await expectNothingLeft(folder);
    });
  });

  it('what-was-cancelled-in-the-middle-of-its-upload-leaves-no-draft', async () => {
    tenant.enqueueFault({ endpoint: 'upload', action: { kind: 'answer', status: 503, retryAfterSeconds: 3600 } });
    await uploading(async ({ smtpPort, store, mailroom, folder }) => {
      await handIn(smtpPort);
      const [waiting] = await until('it waits with its draft half filled', async () => {
        const found = await store.list({ states: ['queued'], limit: 1 });
        return found[0]?.attempts === 1 && tenant.mailbox(systemAccount, 'drafts').length === 1 ? found : undefined;
      });
      await mailroom.operator.intervene('cancel', [waiting?.id ?? ''], 'test');
      await expectNothingLeft(folder);
      expect(tenant.mailbox(ada)).toEqual([]);
      expect(await store.books()).toMatchObject({ accepted: 1, cancelled: 1 });
    });
  });

  it('a-file-that-the-service-refuses-fails-with-a-reason-and-leaves-no-draft', async () => {
    const body = { error: { code: 'ErrorAttachmentSizeLimitExceeded', message: 'Too large.' } };
    const action = { kind: 'answer', status: 400, body } as const;
    tenant.enqueueFault({ endpoint: 'mail', pathContains: 'createUploadSession', action });
    await uploading(async ({ smtpPort, store, folder }) => {
      await handIn(smtpPort);
      const [failed] = await until('it has failed', async () => {
        const found = await store.list({ states: ['failed'], limit: 1 });
        return found.length > 0 ? found : undefined;
      });
      expect(failed?.lastFault).toBe('too-large');
      await expectNothingLeft(folder);
    });
  });

  it('without-its-permission-large-mail-waits-and-small-mail-goes-on', async () => {
    const connector = { largeMessages: 'upload', mailboxLimit: '20 MB' };
    await withMailroom({ tenant, systemAccount, connector }, async ({ smtpPort, store }) => {
      await handIn(smtpPort);
      await until(
        'it has been tried',
        async () => (await store.list({ states: ['queued'], limit: 1 }))[0]?.attempts === 1,
      );
      await handIn(smtpPort, Buffer.from('small'));
      await until('the small one has arrived', () => tenant.mailbox(ada).length === 1);
      expect((await store.list({ states: ['queued'], limit: 1 }))[0]?.lastFault).toBe('drafts-not-allowed');
    });
  });
});
