import { simpleParser } from 'mailparser';
import { describe, expect, it } from 'vitest';
import { type FromChange, isSigned, withFrom, withHarmlessFromName } from './from-header.ts';
import { parseRootHeader } from './root-header.ts';

function read(header: string) {
  return parseRootHeader(Buffer.from(`${header.replace(/\n/g, '\r\n')}\r\n`));
}

function text(change: FromChange): string {
  return change.changed ? change.header.bytes.toString() : change.why;
}

describe('a route that sends as the system account', () => {
  it('reply-goes-to-who-wrote-and-not-to-the-system-account', () => {
    const header = read('Received: x\nFrom: "Doe, Jane" <jane@x.example>\nSender: s@x.example\nSubject: y\n');
    expect(text(withFrom(header, 'system@contoso.example'))).toBe(
      'Received: x\r\nFrom: "Doe, Jane" <system@contoso.example>\r\nReply-To: "Doe, Jane" <jane@x.example>\r\nSubject: y\r\n\r\n',
    );
  });

  it('reply-to-of-the-client-stays-the-only-one', () => {
    const header = read('From: jane@x.example\nReply-To: desk@x.example\n');
    expect(text(withFrom(header, 'system@contoso.example'))).toBe(
      'From: system@contoso.example\r\nReply-To: desk@x.example\r\n\r\n',
    );
  });

  it('accent-in-the-name-survives-the-rewriting', async () => {
    for (const name of ['Jörg', '=?iso-8859-1?q?J=F6rg?=']) {
      const change = withFrom(read(`From: ${name} <j@x.example>\n`), 'system@contoso.example');
      const parsed = await simpleParser(text(change));
      expect(parsed.from?.value).toEqual([{ name: 'Jörg', address: 'system@contoso.example' }]);
      expect(parsed.replyTo?.value).toEqual([{ name: 'Jörg', address: 'j@x.example' }]);
    }
  });

  it('signature-is-not-broken-by-a-new-from', () => {
    for (const sign of [
      'Content-Type: multipart/signed; boundary=x',
      'Content-Type: APPLICATION/x-pkcs7-mime',
      'DKIM-Signature: v=1',
    ]) {
      const header = read(`From: "a@b" <jane@x.example>\n${sign}\n`);
      expect(isSigned(header)).toBe(true);
      expect(text(withFrom(header, 'system@contoso.example'))).toBe('signed');
      expect(text(withHarmlessFromName(header))).toBe('signed');
    }
  });

  it('second-from-field-is-gone-and-an-unreadable-one-replaced', () => {
    expect(text(withFrom(read('From: a@x.example\nFrom: b@x.example\n'), 's@y.example'))).toBe(
      'From: s@y.example\r\nReply-To: a@x.example\r\n\r\n',
    );
    expect(text(withFrom(read('From: "open\n'), 's@y.example'))).toBe('From: s@y.example\r\n\r\n');
    expect(text(withFrom(read('From: Jane <S@Y.example>\n'), 'S@y.example'))).toBe('same');
    expect(text(withFrom(read('Subject: x\n'), 's@y.example'))).toBe('no-from');
  });

  it('new-address-with-a-line-end-is-refused', () => {
    expect(() => withFrom(read('From: a@x.example\n'), 's@y.example\r\nBcc: spy@y.example')).toThrow(RangeError);
  });
});

describe('a printer whose name is its address', () => {
  it('name-that-holds-an-at-is-not-sent-to-be-denied', async () => {
    for (const [from, name] of [
      ['scan@x.example <scan@x.example>', ''],
      ['"scan@X.example" <scan@x.example>', ''],
      ['"Scans (é) @ desk" <scan@x.example>', 'Scans (é) @ desk'],
      ['=?utf-8?Q?desk@home?= <scan@x.example>', 'desk@home'],
    ]) {
      const change = withHarmlessFromName(read(`Subject: x\nFrom: ${from}\n`));
      expect(
        text(change)
          .split('From:')[1]
          ?.replace(/<.*>|scan@x.example/, ''),
      ).not.toContain('@');
      const parsed = await simpleParser(text(change));
      expect(parsed.from?.value).toEqual([{ name, address: 'scan@x.example' }]);
      const moved = withFrom(read(`From: ${from}\n`), 'system@contoso.example');
      expect((await simpleParser(text(moved))).from?.value).toEqual([{ name, address: 'system@contoso.example' }]);
    }
  });

  it('other-names-keep-every-byte', () => {
    expect(text(withHarmlessFromName(read('From: "Doe, Jane" <jane@x.example>\n')))).toBe('same');
    expect(text(withHarmlessFromName(read('From: a@x.example, b@x.example\n')))).toBe('same');
  });

  it('long-name-is-cut-into-words-that-no-server-refuses', async () => {
    const name = `${'é€😀'.repeat(60)}@`;
    const changed = text(withHarmlessFromName(read(`From: "${name}" <a@x.example>\n`)));
    for (const line of changed.split('\r\n')) expect(line.length).toBeLessThan(100);
    expect((await simpleParser(changed)).from?.value[0]?.name).toBe(name);
  });
});
