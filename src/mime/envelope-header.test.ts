import fc from 'fast-check';
import { simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
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
    expect(text).toBe('To: a@x.example\r\nSubject: x\r\nBcc: b@x.example\r\n\r\n');
  });

  it('existing-bcc-does-not-stop-the-repair', () => {
    const { text } = rewrite('Bcc: old@x.example\nTo: a@x.example\nbcc: other@x.example\n', [
      'a@x.example',
      'b@x.example',
    ]);
    expect(text).toBe('To: a@x.example\r\nBcc: b@x.example\r\n\r\n');
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

describe('the end of the root header', () => {
  it('is-found-wherever-the-bytes-are-cut', () => {
    for (const text of ['A: b\r\n\r\nbody', 'A: b\n\nbody', '\r\nbody', 'A: b\r\nC: d\r\n\r\n', 'A: b\r\rbody']) {
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
