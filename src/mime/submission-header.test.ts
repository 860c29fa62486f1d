import { simpleParser } from 'mailparser';
import { describe, expect, it } from 'vitest';
import { parseRootHeader } from './root-header.ts';
import { missingFields, readHeaderFacts } from './submission-header.ts';

const added = { messageId: '<new@mailroom.example>', now: Date.UTC(2026, 0, 5, 7, 8, 9), from: 'a@x.example' };

function complete(text: string): Buffer {
  const message = Buffer.from(text);
  return Buffer.concat([missingFields(parseRootHeader(message), added), message]);
}

describe('what a submission server adds', () => {
  it('message-without-date-id-and-sender-gets-them-and-nothing-else', () => {
    expect(complete('Subject: x\r\n\r\nbody').toString()).toBe(
      'Message-ID: <new@mailroom.example>\r\nDate: Mon, 05 Jan 2026 07:08:09 +0000\r\nFrom: a@x.example\r\nSubject: x\r\n\r\nbody',
    );
  });

  it('complete-header-keeps-every-byte', () => {
    const text = 'DATE: x\r\nmessage-id : <a@b>\r\nFrom:\r\n a@x.example\r\n\r\nbody';
    expect(complete(text).toString()).toBe(text);
  });

  it('first-line-of-a-message-without-header-stays-body', async () => {
    const text = 'Paper jam in tray 2\r\nTo: nobody@y.example\r\n\r\nCall service.\r\n';
    const whole = complete(text);
    expect(whole.subarray(parseRootHeader(whole).bodyStart).toString()).toBe(text);
    const parsed = await simpleParser(whole);
    expect(parsed.to).toBeUndefined();
    expect(parsed.text).toContain('Paper jam');
  });

  it('message-that-starts-with-its-empty-line-keeps-its-body', () => {
    const whole = complete('\r\nbody');
    expect(whole.subarray(parseRootHeader(whole).bodyStart).toString()).toBe('body');
  });

  it('empty-from-or-id-counts-as-missing', () => {
    expect(complete('Message-ID: \r\nDate: x\r\nFrom:\r\n\r\n').toString()).toMatch(
      /^Message-ID: <new@mailroom.example>\r\nFrom: a@x.example\r\nMessage-ID: \r\n/,
    );
  });

  it('null-reverse-path-adds-no-broken-from', () => {
    const prefix = missingFields(parseRootHeader(Buffer.from('Subject: x\r\n\r\n')), { ...added, from: '' });
    expect(prefix.toString()).not.toContain('From');
  });
});

describe('what is known of a header', () => {
  const facts = (text: string | Buffer) => readHeaderFacts(parseRootHeader(Buffer.from(text)), '<fallback@x>');

  it.each([
    ['=?utf-8?q?Gr=C3=BC=C3=9Fe?= =?utf-8?b?IQ==?=', 'Grüße!'],
    ['=?iso-2022-jp?b?GyRCRnxLXDhsGyhC?=', '日本語'],
    ['voilà', 'voilà'],
    ['one\r\n two', 'one two'],
    ['bell\u0007 and \u001b[31mred', 'bell  and  [31mred'],
    ['a'.repeat(100_000), 'a'.repeat(256)],
    ['é'.repeat(5000), 'é'.repeat(256)],
  ])('subject %.40s reads as it was meant', (subject, expected) => {
    expect(facts(`Subject: ${subject}\r\n\r\n`).subject).toBe(expected);
  });

  it('latin-1-subject-of-an-old-client-is-no-row-of-question-marks', () => {
    expect(facts(Buffer.from('Subject: Gr\xfc\xdfe\r\n\r\n', 'latin1')).subject).toBe('Grüße');
  });

  it('character-is-not-cut-in-half', () => {
    expect(facts(`Subject: a${'😀'.repeat(200)}\r\n\r\n`).subject.isWellFormed()).toBe(true);
  });

  it('senders-of-all-from-fields-are-told', () => {
    const read = facts('From: a@x.example\r\nReceived: 1\r\nFrom: boss@x.example <b@x.example>\r\nReceived: 2\r\n\r\n');
    expect(read).toMatchObject({
      from: ['a@x.example', 'b@x.example', 'boss@x.example'],
      hasFrom: true,
      hops: 2,
      messageId: '<fallback@x>',
    });
    expect(facts('From:\r\n\r\n')).toMatchObject({ from: [], hasFrom: false });
  });

  it('notice-of-a-notice-is-prevented-by-auto-submitted', () => {
    expect(facts('Auto-Submitted: auto-replied\r\n\r\n').automatic).toBe(true);
    expect(facts('Auto-Submitted: no\r\n\r\n').automatic).toBe(false);
    expect(facts('Subject: x\r\n\r\n').automatic).toBe(false);
  });
});
