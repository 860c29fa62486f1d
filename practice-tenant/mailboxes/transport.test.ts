import { simpleParser } from 'mailparser';
import { describe, expect, it } from 'vitest';
import { addGroup } from '../directory/groups.ts';
import { ada, mailUnderTest, sender, world } from '../graph/mail/mail-under-test.sample.ts';
import type { Profile } from '../profile.ts';
import { submitMessage } from './transport.ts';

const raw = Buffer.from(`From: ${sender}\r\nTo: ${ada}\r\nBcc: hidden@x.example\r\nSubject: hi\r\n\r\nbody\r\n`);

function transport(limits: Partial<Profile> = {}) {
  const tenant = mailUnderTest(limits);
  const send = (recipients: readonly string[], more: { raw?: Buffer; subject?: string; messageId?: string } = {}) =>
    submitMessage(tenant.service, tenant.tenant, {
      sender: tenant.user(sender),
      recipients,
      raw: more.raw ?? raw,
      saveToSentItems: true,
      internetMessageId: more.messageId ?? '<1@contoso.example>',
      subject: more.subject ?? 'hi',
    });
  /** Subjects in an inbox. */
  const inbox = (address: string) => tenant.mailboxes.of(address).map(({ subject }) => subject);
  const reports = () => tenant.copies(sender).map(({ text }) => text);
  return { ...tenant, send, inbox, reports };
}

describe('who gets a message', () => {
  it('each-mailbox-once-however-often-it-was-named', () => {
    const { send, mailboxes, user, inbox } = transport();
    user('eve@contoso.example', { aliases: ['eva@contoso.example'] });
    send([ada, 'ADA@contoso.example', 'eva@contoso.example', 'eve@contoso.example', world, world]);
    expect([inbox(ada), inbox('eve@contoso.example'), inbox(world)]).toEqual([['hi'], ['hi'], ['hi']]);
    expect(mailboxes.delivered().map(({ address }) => address)).toEqual([ada, 'eva@contoso.example', world]);
    expect(mailboxes.accepted).toBe(1);
  });

  it('members-of-a-group-and-of-groups-in-it-each-once', () => {
    const { send, directory, user, clock, inbox, reports } = transport();
    const member = user('member@contoso.example');
    const inner = addGroup(
      directory,
      {
        displayName: 'Inner',
        mailEnabled: true,
        securityEnabled: true,
        members: [member.id, user(ada).id],
      },
      clock.now(),
    );
    const members = [inner.id, user(ada).id];
    addGroup(directory, { displayName: 'Staff', mailEnabled: true, securityEnabled: false, members }, clock.now());
    send(['staff@contoso.example', ada]);
    expect([inbox(ada), inbox('member@contoso.example'), inbox('staff@contoso.example')]).toEqual([['hi'], ['hi'], []]);
    expect(reports()).toEqual([]);
  });

  it('nobody-reads-bcc-but-the-sender-in-sent-items', () => {
    const { send, copies } = transport();
    send([ada]);
    expect(copies(ada)[0]?.text).not.toContain('hidden');
    expect(copies(sender, 'sentitems')[0]?.text).toContain('Bcc: hidden@x.example');
  });

  it('mail-user-is-in-the-world-outside', () => {
    const { send, user, inbox } = transport({ externalRecipientsPerDay: 1 });
    user('guest@contoso.example', { mailboxType: 'MailUser' });
    send(['guest@contoso.example']);
    send([world]);
    expect([inbox('guest@contoso.example'), inbox(world), inbox(sender)]).toEqual([['hi'], [], ['Undeliverable: hi']]);
  });
});

describe('what cannot be delivered is reported to the sender, and the others get it', () => {
  it('unknown-recipient-and-user-without-mailbox', () => {
    const { send, user, inbox, reports } = transport();
    user('nobox@contoso.example', { hasMailbox: false });
    send(['nobody@contoso.example', 'nobox@contoso.example', ada]);
    expect([inbox(ada), inbox(sender)]).toEqual([['hi'], ['Undeliverable: hi']]);
    expect(reports()[0]).toContain('Final-Recipient: rfc822;nobody@contoso.example');
    expect(reports()[0]).toContain('Final-Recipient: rfc822;nobox@contoso.example');
    expect(reports()[0]).toContain('Status: 5.1.10');
  });

  it('full-mailbox', () => {
    const { send, user, inbox, reports } = transport();
    user('full@contoso.example', { mailboxFull: true });
    send(['full@contoso.example']);
    expect(inbox('full@contoso.example')).toEqual([]);
    expect(reports()[0]).toContain('Status: 5.2.2');
  });

  it('more-recipients-than-the-mailbox-may-address-reach-nobody', () => {
    const { send, user, inbox, reports } = transport({ recipientsPerMessage: 2 });
    send([ada, world, 'c@world.example']);
    expect([inbox(ada), inbox(world)]).toEqual([[], []]);
    expect(reports()[0]).toContain('Status: 5.5.3');
    user(sender).recipientLimit = 3;
    send([ada, world, 'c@world.example']);
    expect(inbox(ada)).toEqual(['hi']);
  });

  it('message-larger-than-the-mailbox-may-send', () => {
    const { send, user, inbox, reports } = transport();
    user(sender).maxSendBytes = raw.length - 1;
    send([ada]);
    expect(inbox(ada)).toEqual([]);
    expect(reports()[0]).toContain('Status: 5.2.3');
    user(sender).maxSendBytes = raw.length;
    send([ada]);
    expect(inbox(ada)).toEqual(['hi']);
  });

  it('recipients-of-a-day-used-up-and-free-again-a-day-later', () => {
    const { send, clock, inbox, reports } = transport({ recipientsPerDay: 2 });
    send([ada, world]);
    send([ada]);
    expect(inbox(ada)).toEqual(['hi']);
    expect(reports()[0]).toContain('Status: 5.1.90');
    clock.advance(25 * 3600 * 1000);
    send([ada]);
    expect(inbox(ada)).toEqual(['hi', 'hi']);
  });

  it('tenant-over-its-outside-recipients-still-writes-to-itself', () => {
    const { send, inbox, reports } = transport({ externalRecipientsPerDay: 1 });
    send([world]);
    send([world, ada]);
    expect([inbox(world), inbox(ada)]).toEqual([['hi'], ['hi']]);
    expect(reports()[0]).toContain('550 5.7.233');
  });

  it('sent-items-has-the-message-all-the-same', () => {
    const { send, copies } = transport();
    send(['nobody@contoso.example']);
    expect(copies(sender, 'sentitems')).toHaveLength(1);
  });
});

const headerLines = (text: string) => (text.split('\r\n\r\n')[0] ?? '').split('\r\n');

describe('a non-delivery report', () => {
  it('is-a-report-that-machines-read-and-that-answers-nobody', async () => {
    const { send, reports } = transport();
    send(['nobody@contoso.example'], { messageId: '<77@contoso.example>' });
    const parsed = await simpleParser(reports()[0] ?? '');
    expect([parsed.subject, parsed.inReplyTo]).toEqual(['Undeliverable: hi', '<77@contoso.example>']);
    expect(parsed.headers.get('content-type')).toMatchObject({
      value: 'multipart/report',
      params: { 'report-type': 'delivery-status' },
    });
    expect(parsed.headers.get('auto-submitted')).toBe('auto-replied');
    // The parser puts the status for machines behind the text for people.
    expect(parsed.text).toContain('Final-Recipient: rfc822;nobody@contoso.example');
    expect(parsed.attachments.map(({ contentType }) => contentType)).toEqual(['text/rfc822-headers']);
    expect(reports()[0]).not.toContain('hidden@x.example');
  });

  it('hostile-subject-and-address-begin-no-field-of-their-own', async () => {
    const { send, reports } = transport();
    const subject = `x\r\nBcc: evil@world.example\r\n\r\n<b>${'ü'.repeat(200)}`;
    send(['a\r\nX-Evil: 1@contoso.example'], { subject });
    const parsed = await simpleParser(reports()[0] ?? '');
    expect([parsed.bcc, parsed.headers.has('x-evil')]).toEqual([undefined, false]);
    expect(parsed.subject).toBe(`Undeliverable: x Bcc: evil@world.example <b>${'ü'.repeat(200)}`);
    expect(Math.max(...headerLines(reports()[0] ?? '').map((line) => line.length))).toBeLessThan(998);
  });
});

describe('thirty messages a minute', () => {
  it('later-ones-arrive-in-the-following-minutes-and-none-is-refused', () => {
    const { send, clock, inbox, copies } = transport();
    for (let each = 0; each < 65; each += 1) send([ada], { subject: `${each}` });
    expect([inbox(ada).length, copies(sender, 'sentitems').length, inbox(sender)]).toEqual([30, 30, []]);
    clock.advance(60_000);
    expect(inbox(ada)).toHaveLength(60);
    clock.advance(60_000);
    expect(inbox(ada)).toEqual(Array.from({ length: 65 }, (_, each) => `${each}`));
  });
});

it('hundreds-of-thousands-of-messages-are-taken-without-slowing-down', () => {
  const { tenant, service, user, mailboxes } = mailUnderTest(
    { messagesPerMinute: null, recipientsPerDay: null, externalRecipientsPerDay: null },
    'none',
  );
  const submission = { sender: user(sender), raw, saveToSentItems: true, subject: 'hi' };
  const cpuMs = (count: number) => {
    const before = process.cpuUsage();
    for (let each = 0; each < count; each += 1)
      submitMessage(service, tenant, { ...submission, recipients: [world], internetMessageId: `<${each}@x>` });
    const used = process.cpuUsage(before);
    return (used.user + used.system) / 1000;
  };
  cpuMs(2000);
  const early = cpuMs(20_000);
  cpuMs(60_000);
  const late = cpuMs(20_000);
  expect(mailboxes.accepted).toBe(102_000);
  // A scan on each delivery would make the late ones four times as slow; the rest is left to the garbage collector.
  expect(late).toBeLessThan(early * 3 + 200);
}, 20_000);
