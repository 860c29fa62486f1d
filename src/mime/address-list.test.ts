import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuMs } from '../../test/harness/cpu-time.ts';
import { readAddressList } from './address-list.ts';
import { headerRecipients, isMailbox, possibleAddresses, sameMailbox } from './addresses.ts';
import { mailboxText } from './mailbox.ts';
import { parseRootHeader } from './root-header.ts';

function mailboxes(value: string): string[] {
  const list = readAddressList(Buffer.from(value).toString('latin1'));
  if (!list.readable) return ['unreadable'];
  return list.items
    .flatMap((item) => (item.kind === 'group' ? item.members : [item]))
    .map((item) => (item.kind === 'mailbox' ? item.address : `? ${item.text}`));
}

describe('an address list', () => {
  it.each([
    ['comma-in-a-quoted-name-splits-nobody', '"Doe, Jane" <j@x.example>, k@x.example', ['j@x.example', 'k@x.example']],
    ['comment-with-a-comma-splits-nobody', 'j@x.example (Doe, Jane), k@x.example', ['j@x.example', 'k@x.example']],
    ['nested-comment-hides-an-address-that-is-none', '(a (b) <spy@y.example>) <j@x.example>', ['j@x.example']],
    [
      'group-members-are-found',
      'Team: a@x.example, "B; C" <b@x.example>;, d@x.example',
      ['a@x.example', 'b@x.example', 'd@x.example'],
    ],
    ['group-without-its-end', 'Team: a@x.example, b@x.example', ['a@x.example', 'b@x.example']],
    ['group-in-a-group-is-unreadable', 'A: B: a@x.example;;', ['unreadable']],
    ['semicolons-of-old-clients', 'a@x.example; b@x.example', ['a@x.example', 'b@x.example']],
    ['source-route', '<@relay.example,@hub.example:a@x.example>', ['a@x.example']],
    ['quoted-local-part-with-an-at', '"a@spy.example"@x.example', ['"a@spy.example"@x.example']],
    ['utf-8-letters-with-the-byte-A0', 'à@bücher.example, Chloà <c@x.example>', ['à@bücher.example', 'c@x.example']],
    ['two-addresses-without-a-comma', 'a@x.example b@x.example', ['? a@x.example b@x.example']],
    ['address-behind-the-brackets', '<a@x.example> <b@x.example>', ['? <a@x.example> <b@x.example>']],
    [
      'encoded-word-in-place-of-an-address',
      '=?utf-8?q?a=40x=2Eexample?=@x.example',
      ['? =?utf-8?q?a=40x=2Eexample?=@x.example'],
    ],
    ['name-without-an-address', 'root', ['? root']],
    ['percent-in-a-domain', 'a@ex%41mple.example', ['? a@ex%41mple.example']],
    ['open-quote', '"a@x.example, b@x.example', ['unreadable']],
    ['open-comment', 'a@x.example (note, b@x.example', ['unreadable']],
    ['open-bracket', '<a@x.example, b@x.example', ['unreadable']],
    ['nul-in-an-address', 'a\0@x.example', ['unreadable']],
    ['escape-sequence-of-iso-2022-jp', '\u001b$B@nED\u001b(B <a@x.example>', ['unreadable']],
    ['empty-entries', ', ,,a@x.example,', ['a@x.example']],
    ['folded-inside-a-name', 'Jane\r\n\tDoe <a@x.example>', ['a@x.example']],
  ])('%s', (_name, value, expected) => {
    expect(mailboxes(value)).toEqual(expected);
  });

  it('what-is-written-safely-is-read-alike-again', () => {
    const rough = [
      'a@x.example <b@x.example>',
      '<@relay.example:a@x.example>',
      '=?utf-8?Q?Doe,_Jane?= <a@x.example>',
      'a@x.example (one (two))',
      '"a b"@x.example',
      '"x" y@z <a@x.example>',
    ];
    for (const text of rough) {
      const first = readAddressList(text);
      if (!first.readable) throw new Error('unreadable');
      for (const item of first.items) {
        if (item.kind !== 'mailbox') throw new Error(`${text} is no mailbox`);
        expect(item.plain).toBe(false);
        const again = readAddressList(item.safeText);
        expect(again).toMatchObject({ readable: true, items: [{ address: item.address, text: item.safeText }] });
      }
    }
  });

  it('any-bytes-are-read-without-an-exception', () => {
    const piece = fc.constantFrom(
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
      '[',
      ']',
      ' ',
      'a',
      '=?u?q?',
      '?=',
      '\r\n ',
      '\xa0',
      '\0',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join('');
        readAddressList(text);
        possibleAddresses(text);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ',',
    '"',
    '(',
    ')',
    '<',
    '<a',
    '@',
    '\\',
    '[',
    ';',
    ':',
    ' ',
    'a',
    'a@',
    '=?a?q?',
    '"a" ',
    '(a) ',
    '<a@b>',
    'a@b,',
    'a@b c ',
    '\r\n ',
  ])('megabyte-of-%j-takes-time-in-proportion-to-its-length', (unit) => {
    // A quadratic reader takes about 400 times as long for the second as for the first; the bound leaves room for noise.
    const time = (bytes: number) => {
      const text = unit.repeat(bytes / unit.length);
      return cpuMs(() => {
        readAddressList(text);
        possibleAddresses(text);
      });
    };
    time(50_000);
    const small = Math.max(time(50_000), 4);
    expect(time(1_000_000) / small).toBeLessThan(120);
  });
});

describe('two spellings of a mailbox', () => {
  it.each([
    ['a@X.Example', 'a@x.example', true],
    ['A@x.example', 'a@x.example', false],
    ['a@bücher.example', 'a@XN--BCHER-KVA.example', true],
    ['"a"@x.example', 'a@x.example', true],
    ['"a b"@x.example', 'a b@x.example', false],
    ['a@1.2.3', 'a@1.2.0.3', false],
  ])('%s and %s: %s', (one, other, same) => {
    expect(sameMailbox(one, other)).toBe(same);
  });
});

describe('an address that comes by the envelope', () => {
  it('line-end-or-comma-in-it-names-nobody-else', () => {
    for (const bad of [
      'a@x.example\r\nBcc: spy@y.example',
      'a@x.example,spy@y.example',
      '<a@x.example>',
      'a',
      '@x.example',
      'a@',
      'a b@x.example',
      '"a\r\n"@x.example',
      '"a>"@x.example',
      'a＠y.example@x.example',
      'a，b@x.example',
    ]) {
      expect([bad, isMailbox(bad)]).toEqual([bad, false]);
      expect(() => mailboxText(bad)).toThrow(RangeError);
    }
    for (const good of [
      'a@x.example',
      'a..b.@x.example',
      '"a b"@x.example',
      'ü@bücher.example',
      '😀・x@x.example',
      'a@x.example.',
      'a@[192.0.2.1]',
      "o'brien+tag@x.example",
    ])
      expect([good, isMailbox(good)]).toEqual([good, true]);
  });
});

describe('an address with the final dot of DNS', () => {
  it('reaches-its-mailbox-and-is-written-without-it', () => {
    expect(mailboxText('a@x.example.')).toBe('a@x.example');
    expect(sameMailbox('a@x.example.', 'a@X.example')).toBe(true);
    expect(mailboxes('a@x.example.')).toEqual(['? a@x.example.']);
  });
});

describe('who a message claims to be from', () => {
  it('bare-address-in-the-name-counts-as-a-sender', () => {
    expect(possibleAddresses('boss@x.example <clerk@x.example>')).toEqual(['clerk@x.example', 'boss@x.example']);
    expect(possibleAddresses('"boss@x.example" <clerk@x.example>')).toEqual(['clerk@x.example']);
    expect(possibleAddresses('=?utf-8?Q?boss@x.example,?= <clerk@x.example>')).toEqual(['clerk@x.example']);
    expect(possibleAddresses('"open <clerk@x.example>')).toEqual(['clerk@x.example']);
  });

  it('sendmail-t-reads-its-recipients-from-the-header', () => {
    const header = parseRootHeader(
      Buffer.from('To: a@x.example, root\r\nCc: T: b@x.example;\r\nBcc: c@x.example\r\nTo: "d\r\n\r\n'),
    );
    expect(headerRecipients(header)).toEqual({
      to: ['a@x.example'],
      cc: ['b@x.example'],
      bcc: ['c@x.example'],
      unreadable: ['root', '"d'],
    });
  });
});
