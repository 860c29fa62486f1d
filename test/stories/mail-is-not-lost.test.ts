import { createTransport } from 'nodemailer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PracticeTenant, startPracticeTenant } from '../../practice-tenant/tenant.ts';
import type { Books } from '../../src/queue/store.ts';
import { withMailroom } from '../harness/mailroom-in-process.ts';
import { openDialogue } from '../harness/smtp-dialogue.ts';
import { until } from '../harness/until.ts';

const systemAccount = 'noreply@contoso.example';
const ada = 'ada@contoso.example';

let tenant: PracticeTenant;
beforeEach(async () => {
  tenant = await startPracticeTenant({ profile: 'unlimited', users: [systemAccount, ada] });
});
afterEach(() => tenant.close());

function message(subject: string, more = ''): string {
  return `From: ${systemAccount}\r\nTo: ${ada}\r\nSubject: ${subject}\r\n${more}\r\nbody of ${subject}\r\n`;
}

/** accepted = sent + failed + uncertain + queued and what else there is. */
function balanced({ accepted, ...others }: Books): boolean {
  return accepted === Object.values(others).reduce((sum, count) => sum + count, 0);
}

describe('mail is not lost', () => {
  it('second-message-on-a-kept-open-connection-does-not-overwrite-the-first', async () => {
    await withMailroom({ tenant, systemAccount }, async ({ smtpPort, store, settled }) => {
      await using dialogue = await openDialogue({ port: smtpPort });
      await dialogue.reply();
      await dialogue.command('EHLO kept-open');
      for (let index = 0; index < 50; index += 1)
        expect((await dialogue.send(systemAccount, [ada], message(`number ${index}`))).code).toBe(250);
      await settled();
      expect(
        tenant
          .mailbox(ada)
          .map((copy) => copy.subject)
          .sort(),
      ).toEqual(Array.from({ length: 50 }, (_, index) => `number ${index}`).sort());
      expect(await store.books()).toMatchObject({ accepted: 50, sent: 50, failed: 0, uncertain: 0 });
    });
  });

  it('full-disk-is-answered-452-and-nothing-is-half-kept', async () => {
    const overrides = { queue: { reserve: '1000000 GB' } };
    await withMailroom({ tenant, systemAccount, overrides }, async ({ smtpPort, store }) => {
      await using dialogue = await openDialogue({ port: smtpPort });
      await dialogue.reply();
      await dialogue.command('EHLO full');
      const refused = await dialogue.send(systemAccount, [ada], message('no room'));
      expect([refused.code, refused.lines[0]]).toEqual([452, expect.stringContaining('4.3.1')]);
      expect((await dialogue.command('NOOP')).code).toBe(250);
      expect(await store.books()).toMatchObject({ accepted: 0 });
    });
  });

  it('mail-too-large-for-the-way-out-is-refused-at-mail-size', async () => {
    await withMailroom({ tenant, systemAccount }, async ({ smtpPort, store }) => {
      await using dialogue = await openDialogue({ port: smtpPort });
      await dialogue.reply();
      await dialogue.command('EHLO large');
      const refused = await dialogue.command(`MAIL FROM:<${systemAccount}> SIZE=20000000`);
      expect([refused.code, refused.lines[0]]).toEqual([552, expect.stringContaining('5.3.4')]);
      expect((await dialogue.command(`MAIL FROM:<${systemAccount}> SIZE=2000000`)).code).toBe(250);
      expect(await store.books()).toMatchObject({ accepted: 0 });
    });
  });

  it('throttled-service-never-makes-a-client-throw-its-mail-away', async () => {
    tenant.enqueueFault({ endpoint: 'sendMail', action: { kind: 'answer', status: 429, retryAfterSeconds: 1 } });
    await withMailroom({ tenant, systemAccount }, async ({ smtpPort, store, settled }) => {
      await using dialogue = await openDialogue({ port: smtpPort });
      await dialogue.reply();
      await dialogue.command('EHLO throttled');
      expect((await dialogue.send(systemAccount, [ada], message('patience'))).code).toBe(250);
      await settled();
      expect(tenant.mailbox(ada)).toHaveLength(1);
      const books = await store.books();
      expect(balanced(books)).toBe(true);
      expect(books).toMatchObject({ accepted: 1, sent: 1 });
    });
  });

  it('failed-message-is-seen-with-its-reason-told-and-can-be-sent-again', async () => {
    const body = { error: { code: 'ErrorInvalidRecipients', message: 'At least one recipient is not valid.' } };
    tenant.enqueueFault({ endpoint: 'sendMail', action: { kind: 'answer', status: 400, body } });
    await withMailroom({ tenant, systemAccount }, async ({ smtpPort, mailroom, store, settled }) => {
      await using dialogue = await openDialogue({ port: smtpPort });
      await dialogue.reply();
      await dialogue.command('EHLO failing');
      await dialogue.send(systemAccount, [ada], message('refused at first'));
      const [failed] = await until('it is shown as failed', async () => {
        const found = await store.list({ states: ['failed'], limit: 10 });
        return found.length > 0 ? found : undefined;
      });
      const trail = await store.trail(failed?.id ?? '');
      expect(trail?.attempts[0]?.result).toMatchObject({
        outcome: 'failed',
        answer: { status: 400, code: 'ErrorInvalidRecipients' },
      });
      // The envelope sender is told, in the system account's own mailbox here.
      await until('the notice has arrived', () => tenant.mailbox(systemAccount).length === 1);
      await mailroom.operator.intervene('retry', [failed?.id ?? ''], 'test');
      await settled();
      expect(tenant.mailbox(ada).map((copy) => copy.subject)).toEqual(['refused at first']);
      const books = await store.books();
      expect(balanced(books)).toBe(true);
      expect(books).toMatchObject({ accepted: 2, sent: 2, failed: 0 });
    });
  });
});

describe('mail is not changed', () => {
  it('thread-unsubscribe-and-auto-submitted-fields-arrive-as-they-were', async () => {
    const fields = [
      'In-Reply-To: <first@fabrikam.example>',
      'References: <first@fabrikam.example>\r\n <second@fabrikam.example>',
      'List-Unsubscribe: <https://contoso.example/u>',
      'Auto-Submitted: auto-generated',
      'Reply-To: "Müller" <m@fabrikam.example>',
    ].join('\r\n');
    await withMailroom({ tenant, systemAccount }, async ({ smtpPort, settled }) => {
      await using dialogue = await openDialogue({ port: smtpPort });
      await dialogue.reply();
      await dialogue.command('EHLO fields');
      await dialogue.send(systemAccount, [ada], message('fields', `${fields}\r\n`));
      await settled();
      expect(tenant.mailbox(ada)[0]?.raw?.toString()).toContain(fields);
    });
  });

  it('quoted-printable-with-a-soft-break-before-an-encoded-byte-arrives-as-it-was', async () => {
    const body = 'soft=\r\n=C3=A9 and =\r\n=3D\r\n';
    await withMailroom({ tenant, systemAccount }, async ({ smtpPort, settled }) => {
      await using dialogue = await openDialogue({ port: smtpPort });
      await dialogue.reply();
      await dialogue.command('EHLO qp');
      const header = `From: ${systemAccount}\r\nTo: ${ada}\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n`;
      await dialogue.send(systemAccount, [ada], header + body);
      await settled();
      expect(tenant.mailbox(ada)[0]?.raw?.toString().endsWith(`\r\n\r\n${body}`)).toBe(true);
    });
  });

  it('accents-in-subject-and-file-name-are-no-question-marks', async () => {
    await withMailroom({ tenant, systemAccount }, async ({ smtpPort, settled }) => {
      const transport = createTransport({ host: '127.0.0.1', port: smtpPort, ignoreTLS: true });
      await transport.sendMail({
        from: systemAccount,
        to: ada,
        subject: 'Façade – čaj – 茶',
        text: 'é',
        attachments: [{ filename: 'Müll – č.txt', content: 'x' }],
      });
      transport.close();
      await settled();
      const { simpleParser } = await import('mailparser');
      const parsed = await simpleParser(tenant.mailbox(ada)[0]?.raw ?? '');
      expect([parsed.subject, parsed.text?.trim(), parsed.attachments[0]?.filename]).toEqual([
        'Façade – čaj – 茶',
        'é',
        'Müll – č.txt',
      ]);
    });
  });
});

describe('what is counted', () => {
  it('connections-are-not-counted-as-mails', async () => {
    await withMailroom({ tenant, systemAccount }, async ({ smtpPort, mailroom, settled }) => {
      for (let index = 0; index < 5; index += 1) {
        await using idle = await openDialogue({ port: smtpPort });
        await idle.reply();
        await idle.command('QUIT');
      }
      await using dialogue = await openDialogue({ port: smtpPort });
      await dialogue.reply();
      await dialogue.command('EHLO count');
      for (const subject of ['one', 'two', 'three']) await dialogue.send(systemAccount, [ada], message(subject));
      await settled();
      const text = await (await mailroom.metrics.read()).registry.metrics();
      expect(text).toMatch(/mailroom_messages_accepted_total\{client="local",ingress="smtp"\} 3/);
      expect(text).toMatch(/mailroom_smtp_connections_total\{listener="in"\} 6/);
    });
  });
});

describe('stopping', () => {
  it('mail-that-came-in-while-stopping-is-sent-by-the-next-start-and-once', async () => {
    tenant.enqueueFault({ endpoint: 'sendMail', action: { kind: 'delay', ms: 300 }, times: 3 });
    await withMailroom({ tenant, systemAccount }, async ({ smtpPort, mailroom, store }) => {
      await using dialogue = await openDialogue({ port: smtpPort });
      await dialogue.reply();
      await dialogue.command('EHLO stopping');
      for (const subject of ['a', 'b', 'c'])
        expect((await dialogue.send(systemAccount, [ada], message(subject))).code).toBe(250);
      await until('all are under way', async () => (await store.books()).sending === 3);
      await mailroom.stop();
      expect(tenant.mailbox(ada)).toHaveLength(3);
    });
  });
});
