import fc from 'fast-check';
import { simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { cpuMs } from '../../test/harness/cpu-time.ts';
import { canonicalAddress } from './addresses.ts';
import { headerForEnvelope } from './envelope-header.ts';
import { findHeaderEnd, parseRootHeader } from './root-header.ts';

const body = Buffer.from('body\r\n.\r\nTo: not-a-header@x.example\r\n');

function rewrite(header: string, recipients: string[]) {
  const message = Buffer.concat([Buffer.from(header.replace(/\n/g, '\r\n')), Buffer.from('\r\n'), body]);
  const root = parseRootHeader(message);
  const result = headerForEnvelope(root, recipients);
  return {
    ...result,
    text: result.header.toString(),
    whole: Buffer.concat([result.header, message.subarray(root.bodyStart)]),
  };
}

/** Who a service that delivers by the header would send it to, as two independent libraries read it. */
async function reached(message: Buffer): Promise<string[][]> {
  const parsed = await simpleParser(message);
  const lists = [parsed.to, parsed.cc, parsed.bcc].flat();
  const one = lists.flatMap((list) => list?.value ?? []).flatMap((entry) => entry.group ?? [entry]);
  const other = await PostalMime.parse(message);
  const two = [...(other.to ?? []), ...(other.cc ?? []), ...(other.bcc ?? [])].flatMap(
    (entry) => entry.group ?? [entry],
  );
  return [one, two].map((list) => [...new Set(list.map((entry) => canonicalAddress(entry.address ?? '')))].sort());
}

describe('the envelope decides who gets a message', () => {
  it('redirected-test-mail-never-reaches-the-customer-of-its-header', async () => {
    const { whole, trimmed, blind } = rewrite(
      'To: Customer <c@fabrikam.example>\nCc: "L, awyer" <l@f.example>\nSubject: x\n',
      ['tester@contoso.example'],
    );
    expect(trimmed).toEqual(['c@fabrikam.example', 'l@f.example']);
    expect(blind).toEqual(['tester@contoso.example']);
    for (const list of await reached(whole)) expect(list).toEqual(['tester@contoso.example']);
  });

  it('envelope-recipient-that-no-header-names-becomes-bcc', async () => {
    const { text, blind } = rewrite('To: a@x.example\nSubject: x\n', ['a@x.example', 'b@x.example']);
    expect(blind).toEqual(['b@x.example']);
    expect(text).toBe('Bcc: b@x.example\r\nTo: a@x.example\r\nSubject: x\r\n\r\n');
  });

  it('existing-bcc-does-not-stop-the-repair', () => {
    const { text } = rewrite('Bcc: old@x.example\nTo: a@x.example\nbcc: other@x.example\n', [
      'a@x.example',
      'b@x.example',
    ]);
    expect(text).toBe('Bcc: b@x.example\r\nTo: a@x.example\r\n\r\n');
  });

  it('one-transaction-per-recipient-does-not-multiply-copies', async () => {
    for (const one of ['a@x.example', 'b@x.example']) {
      const { whole } = rewrite('To: a@x.example, b@x.example\n', [one]);
      for (const list of await reached(whole)) expect(list).toEqual([one]);
    }
  });

  it('names-groups-folds-comments-and-case-do-not-hide-a-recipient', () => {
    const header =
      'To: "B, Ada" <Ada@X.EXAMPLE>,\n\tTeam: b@x.example (the second one), c@x.example;,\n d@bücher.example\n';
    const { text, trimmed, blind } = rewrite(header, ['Ada@x.example', 'c@x.example', 'd@xn--bcher-kva.example']);
    expect(trimmed).toEqual(['b@x.example']);
    expect(blind).toEqual([]);
    expect(text).toContain('"B, Ada" <Ada@X.EXAMPLE>, Team: c@x.example;,');
  });

  it('local-part-of-another-case-is-another-mailbox', () => {
    expect(rewrite('To: ADA@x.example\n', ['ada@x.example']).blind).toEqual(['ada@x.example']);
  });

  it('untouched-header-keeps-every-byte-and-its-order', () => {
    const header = 'X-b:  two\nReceived: a\n\tb\nTo:a@x.example\nX-A:one \nSubject: =?utf-8?q?=C3=A9?=\n';
    expect(rewrite(header, ['a@x.example']).text).toBe(`${header.replace(/\n/g, '\r\n')}\r\n`);
  });

  it('bcc-behind-a-bare-line-end-delivers-to-nobody', async () => {
    const message = Buffer.from('To: a@x.example\nSubject: x\rBcc: stranger@y.example\r\n\r\nbody');
    const { header } = headerForEnvelope(parseRootHeader(message), ['a@x.example']);
    expect(header.toString()).toBe('To: a@x.example\r\nSubject: x\r\n\r\n');
  });

  it('address-that-two-readers-read-differently-is-not-left-in', async () => {
    for (const value of [
      'a@x.example b@y.example',
      'b@y.example <a@x.example>',
      '"a@x.example',
      'a@x.example <b@y.example> c@z.example',
    ]) {
      const { whole } = rewrite(`To: ${value}\n`, ['a@x.example']);
      for (const list of await reached(whole)) expect(list).toEqual(['a@x.example']);
    }
  });

  it('several-to-fields-become-one-that-every-reader-reads', async () => {
    const { text, whole } = rewrite('To: a@x.example\nSubject: x\nTo: b@x.example, c@x.example\n', [
      'a@x.example',
      'b@x.example',
    ]);
    expect(text).toBe('To: a@x.example, b@x.example\r\nSubject: x\r\n\r\n');
    for (const list of await reached(whole)) expect(list).toEqual(['a@x.example', 'b@x.example']);
  });

  it('somebody-in-to-and-in-cc-gets-one-copy', () => {
    const { text, trimmed } = rewrite('To: a@x.example\nCc: Ada <a@X.example>, b@x.example\n', [
      'a@x.example',
      'b@x.example',
    ]);
    expect(text).toBe('To: a@x.example\r\nCc: b@x.example\r\n\r\n');
    expect(trimmed).toEqual([]);
  });

  it('undisclosed-recipients-stays-and-a-group-emptied-by-the-envelope-goes', () => {
    expect(rewrite('To: undisclosed-recipients:;\n', ['a@x.example']).text).toBe(
      'Bcc: a@x.example\r\nTo: undisclosed-recipients:;\r\n\r\n',
    );
    expect(rewrite('To: Secret board: b@x.example;\nSubject: x\n', ['a@x.example']).text).toBe(
      'Bcc: a@x.example\r\nSubject: x\r\n\r\n',
    );
  });

  it('semicolons-and-open-groups-are-mended-for-strict-readers', () => {
    const { text } = rewrite('To: a@x.example; B <b@x.example>\nCc: Team: c@x.example\n', [
      'a@x.example',
      'b@x.example',
      'c@x.example',
    ]);
    expect(text).toBe('To: a@x.example, B <b@x.example>\r\nCc: Team: c@x.example;\r\n\r\n');
  });

  it('resent-fields-name-nobody-any-more', () => {
    const header =
      'Resent-From: r@x.example\nResent-To: a@x.example, spy@y.example\nResent-Bcc: spy@y.example\nTo: a@x.example\n';
    expect(rewrite(header, ['a@x.example']).text).toBe('Resent-From: r@x.example\r\nTo: a@x.example\r\n\r\n');
  });

  it('bcc-is-no-body-when-a-line-of-the-header-is-broken', () => {
    const { text, trimmed, blind } = rewrite('Subject: x\nthis is no field\nTo: a@x.example, spy@y.example\n', [
      'a@x.example',
    ]);
    expect(text).toBe('Bcc: a@x.example\r\nSubject: x\r\nthis is no field\r\n\r\n');
    expect([trimmed, blind]).toEqual([['spy@y.example'], ['a@x.example']]);
  });

  it('line-of-blanks-that-may-end-the-header-hides-no-recipient', () => {
    const { text } = rewrite('Subject: x\n \nTo: a@x.example\n', ['a@x.example']);
    expect(text).toBe('Bcc: a@x.example\r\nSubject: x\r\n \r\n\r\n');
  });

  it('field-name-with-a-nul-in-it-delivers-to-nobody', () => {
    expect(rewrite('Subject: x\nB\0cc: spy@y.example\nTo : a@x.example\n', ['a@x.example']).text).toBe(
      'Bcc: a@x.example\r\nSubject: x\r\n\r\n',
    );
  });

  it('mbox-line-of-a-cut-up-mailbox-file-is-left-out', () => {
    expect(rewrite('From a@x.example Mon Jan  5 10:00:00 2026\nTo: a@x.example\n', ['a@x.example']).text).toBe(
      'To: a@x.example\r\n\r\n',
    );
  });

  it('line-ends-of-text-mode-do-not-cut-the-header-short', () => {
    const message = Buffer.from('Subject: x\r\r\nTo: a@x.example\r\r\n\r\r\nbody\r\r\n');
    const root = parseRootHeader(message);
    expect(message.subarray(root.bodyStart).toString()).toBe('body\r\r\n');
    expect(headerForEnvelope(root, ['a@x.example']).header.toString()).toBe('Subject: x\r\nTo: a@x.example\r\n\r\n');
  });

  it('recipient-with-a-line-end-in-it-is-refused-and-not-written', () => {
    expect(() => rewrite('Subject: x\n', ['a@x.example\r\nBcc: spy@y.example'])).toThrow(RangeError);
  });

  it('long-bcc-is-folded-before-any-server-cuts-it', async () => {
    const envelope = Array.from({ length: 500 }, (_, index) => `recipient-number-${index}@department.example`);
    const { text, whole } = rewrite('Subject: x\n', envelope);
    for (const line of text.split('\r\n')) expect(line.length).toBeLessThan(100);
    for (const list of await reached(whole)) expect(list).toEqual([...envelope].sort());
  });

  it('international-addresses-reach-who-they-name', async () => {
    const envelope = ['jörg@bücher.example', 'a@bücher.example'];
    const { text, whole } = rewrite('Subject: x\n', envelope);
    expect(text).toContain('Bcc: jörg@bücher.example, a@xn--bcher-kva.example');
    for (const list of await reached(whole)) expect(list).toEqual(envelope.map(canonicalAddress).sort());
  });

  it('latin-1-name-of-an-old-client-keeps-its-bytes', () => {
    const message = Buffer.from('To: J\xf6rg <a@x.example>,\r\n b@x.example\r\n\r\n', 'latin1');
    const { header } = headerForEnvelope(parseRootHeader(message), ['a@x.example']);
    expect(header.toString('latin1')).toBe('To: J\xf6rg <a@x.example>\r\n\r\n');
  });

  it.each([',', '"', '(', '<', 'a@b.example,', 'a b@c,', ' '])(
    'header-of-a-megabyte-of-%j-is-rewritten-in-proportion-to-its-length',
    (unit) => {
      const time = (bytes: number) => {
        const message = Buffer.from(`To: ${unit.repeat(bytes / unit.length)}\r\n\r\n`);
        return cpuMs(() => headerForEnvelope(parseRootHeader(message), ['a@x.example']));
      };
      time(50_000);
      expect(time(1_000_000) / Math.max(time(50_000), 4)).toBeLessThan(120);
    },
  );

  it.each(['A: b\n', 'A\r', ' \r\n', 'A: b\r\r\n'])(
    'megabyte-of-lines-%j-is-read-in-proportion-to-its-length',
    (unit) => {
      const time = (bytes: number) => {
        const message = Buffer.from(`X: y\r\n${unit.repeat(bytes / unit.length)}`);
        return cpuMs(() => {
          parseRootHeader(message);
          findHeaderEnd(message);
        });
      };
      time(50_000);
      expect(time(1_000_000) / Math.max(time(50_000), 4)).toBeLessThan(120);
    },
  );

  it('any-list-of-recipients-reaches-the-envelope-and-nobody-else', async () => {
    const local = fc.stringMatching(/^[a-z][a-z0-9.]{0,6}[a-z0-9]$/).filter((text) => !text.includes('..'));
    const address = fc
      .tuple(local, fc.constantFrom('x.example', 'Y.Example', 'z.test'))
      .map((parts) => parts.join('@'));
    const name = fc.constantFrom('', 'Ada', '"B, C"', '"q\\"uote"', '=?utf-8?q?=C3=A9=2C?=', '"at@sign.example"');
    const entry = fc.tuple(name, address, fc.constantFrom('', ' (note)')).map(([display, mail, comment]) => ({
      mail,
      text: display ? `${display} <${mail}>${comment}` : `${mail}${comment}`,
    }));
    const list = fc.array(entry, { minLength: 1, maxLength: 6 });
    const separator = fc.constantFrom(', ', ',\r\n ', ' ,\r\n\t');
    await fc.assert(
      fc.asyncProperty(
        list,
        list,
        separator,
        fc.boolean(),
        fc.array(address, { maxLength: 4 }),
        fc.nat(),
        async (to, cc, glue, grouped, extra, pick) => {
          const toText = to.map((each) => each.text).join(glue);
          const header = `To: ${grouped ? `Group: ${toText};` : toText}\r\nCc: ${cc.map((each) => each.text).join(glue)}\r\nBcc: spy@w.example\r\n\r\n`;
          const all = [...to, ...cc].map((each) => each.mail);
          const envelope = [...new Set([...all.filter((_, index) => (pick >> index) & 1), ...extra])];
          if (envelope.length === 0) return;
          const { header: rewritten } = headerForEnvelope(parseRootHeader(Buffer.from(header)), envelope);
          const expected = [...new Set(envelope.map(canonicalAddress))].sort();
          for (const found of await reached(Buffer.concat([rewritten, body]))) expect(found).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('whatever a stranger writes into the header', () => {
  const piece = fc.constantFrom(
    ...[
      '"',
      '(',
      ')',
      '<',
      '>',
      ',',
      ';',
      ':',
      '@',
      '\\',
      ' ',
      '\r\n ',
      '\r\n\t',
      'Ada',
      'é',
      '=?utf-8?q?',
      '?=',
      '(x)',
      '"q"',
    ],
    ...[
      'a@x.example',
      'b@x.example',
      '<a@x.example>',
      '<spy@y.example>',
      'spy@y.example',
      'G:',
      '"a@x.example"',
      '<@r:',
    ],
  );
  const value = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
  const line = fc.oneof(
    fc
      .tuple(fc.constantFrom('To: ', 'Cc: ', 'TO:', 'Bcc: ', 'Resent-To: ', 'Subject: '), value)
      .map((parts) => parts.join('')),
    fc.constantFrom('X-A: one', 'no field', 'From x', '\tfold', ' ', 'X:\rBcc: spy@y.example', 'X:\nTo: spy@y.example'),
  );
  const headers = fc.array(line, { maxLength: 6 }).map((lines) => `X-First: 1\r\n${lines.join('\r\n')}\r\n\r\n`);
  const envelopes = fc.subarray(['a@x.example', 'b@x.example', 'c@z.example', 'é@x.example'], { minLength: 1 });

  it('the-envelope-is-reached-and-nobody-else', async () => {
    await fc.assert(
      fc.asyncProperty(headers, envelopes, async (header, envelope) => {
        const message = Buffer.concat([Buffer.from(header), body]);
        const root = parseRootHeader(message);
        const { header: rewritten } = headerForEnvelope(root, envelope);
        const whole = Buffer.concat([rewritten, message.subarray(root.bodyStart)]);
        for (const found of await reached(whole)) expect(found).toEqual([...envelope].sort());
        const again = parseRootHeader(whole);
        expect(again.bodyStart).toBe(rewritten.length);
        expect(headerForEnvelope(again, envelope).header.toString()).toBe(rewritten.toString());
      }),
      { numRuns: 1500 },
    );
  });

  it('fields-that-name-nobody-keep-every-byte', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ' ', 'é', ':', '"', '=', '\0', '\x1b'), maxLength: 20 });
    const field = fc
      .tuple(fc.constantFrom('X-A', 'Subject', 'received', 'DKIM-Signature', 'To2'), text)
      .map(([name, rest]) => `${name}: x${rest}\r\n`);
    fc.assert(
      fc.property(fc.array(field, { maxLength: 8 }), fc.nat(8), (fields, place) => {
        const lines = fields.slice();
        lines.splice(place, 0, 'To: spy@y.example\r\n');
        const { header } = headerForEnvelope(parseRootHeader(Buffer.from(`${lines.join('')}\r\n`)), ['a@x.example']);
        expect(header.toString()).toBe(`Bcc: a@x.example\r\n${fields.join('')}\r\n`);
      }),
    );
  });
});

describe('the end of the root header', () => {
  it('is-found-wherever-the-bytes-are-cut', () => {
    for (const text of [
      'A: b\r\n\r\nbody',
      'A: b\n\nbody',
      '\r\nbody',
      'A: b\r\nC: d\r\n\r\n',
      'A: b\r\rbody',
      'A: b\r\r\n\r\r\nbody',
      'A: b\r\r\r\nb',
    ]) {
      const bytes = Buffer.from(text);
      const whole = parseRootHeader(bytes).bodyStart;
      for (let cut = 0; cut <= bytes.length; cut += 1) {
        const early = findHeaderEnd(bytes.subarray(0, cut));
        const found = early === -1 ? findHeaderEnd(bytes, cut) : early;
        expect([text, cut, found]).toEqual([text, cut, whole]);
      }
    }
  });

  it('message-without-a-header-is-all-body', () => {
    expect(parseRootHeader(Buffer.from('Hello there\r\nTo: x@y.example\r\n\r\nmore')).bodyStart).toBe(0);
  });
});
