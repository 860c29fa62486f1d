import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuMs } from '../../../test/harness/cpu-time.ts';
import { parsePathArgument } from './mail-path.ts';

const address = (text: string) => parsePathArgument(text)?.address;

describe('an address of MAIL FROM or RCPT TO', () => {
  it.each([
    ['<a@x.example>', 'a@x.example'],
    [' <a@x.example> ', 'a@x.example'],
    ['a@x.example', 'a@x.example'],
    ['<>', ''],
    ['< >', ''],
    ['<"a b"@x.example>', '"a b"@x.example'],
    ['<@one,@two.example:a@x.example>', 'a@x.example'],
    ['<a@[192.0.2.1]>', 'a@[192.0.2.1]'],
    ['<a@[IPv6:2001:db8::1]>', 'a@[IPv6:2001:db8::1]'],
    ['<用户@例子.example>', '用户@例子.example'],
    ['<a@x.example.>', 'a@x.example.'],
    ['<a@x_y.example>', 'a@x_y.example'],
    [`<${'l'.repeat(64)}@x.example>`, `${'l'.repeat(64)}@x.example`],
  ])('is-read: %s', (text, expected) => expect(address(text)).toBe(expected));

  it.each([
    '',
    'a',
    '<a>',
    '<a@>',
    '<@x.example>',
    '<a@x.example',
    '<a@x.example>SIZE=1',
    '<a@x..example>',
    '<a@.example>',
    '<a@-x.example>',
    '<a@[192.0.2.256]>',
    '<a@[2001:db8::1]>',
    '<a@x.example,b@x.example>',
    '<a@x\r.example>',
    '<a\u0000b@x.example>',
    '<"a@x.example>',
    '<@route-without-colon a@x.example>',
    '<@bad route:a@x.example>',
    '<j\ufffdrg@x.example>',
    `<${'l'.repeat(65)}@x.example>`,
    `<a@${'d.'.repeat(128)}example>`,
    // Readers of headers would differ on where these end, and on whom they name.
    '<"a<b"@x.example>',
    '<=?utf-8?q?a?=@x.example>',
  ])('is-not-guessed: %j', (text) => expect(parsePathArgument(text)).toBeUndefined());

  it('parameters-are-read-in-order', () => {
    expect(parsePathArgument('<a@x.example>  size=5\tSMTPUTF8 ')?.parameters).toEqual([
      { name: 'SIZE', value: '5' },
      { name: 'SMTPUTF8', value: undefined },
    ]);
    for (const wrong of ['SIZE=', '=5', 'SIZE=5=6', 'SIZE=1 size=2', '-X=1'])
      expect(parsePathArgument(`<a@x.example> ${wrong}`)).toBeUndefined();
  });

  it('text-of-a-stranger-never-takes-long', () => {
    const cost = cpuMs(() => {
      for (const piece of ['@a', '@a,', '@a.', 'a.', '"', '\\', '<', '-', 'é', '@', ' A', '+', '[', ':', '"a\\'])
        for (const tail of ['', '>', ':a@x.example>', '@x.example>'])
          parsePathArgument(`<${piece.repeat(4_000)}${tail}`);
    });
    // Backtracking would take longer than the age of the universe; a linear way takes a few milliseconds for all.
    expect(cost).toBeLessThan(5_000);
  });

  it('whatever-is-read-is-one-address-and-reads-the-same-again', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '@',
      'a',
      'b.c',
      '"',
      '\\',
      ' ',
      ',',
      ':',
      ';',
      '[',
      ']',
      '.',
      'é',
      '=?',
      '\t',
    );
    let seen = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 4 }), fc.array(piece, { maxLength: 3 }), (before, behind) => {
        const read = address(`<${before.join('')}a@b${behind.join('')}>`);
        if (read === undefined) return;
        seen += 1;
        expect(address(`<${read}>`)).toBe(read);
        expect(read).not.toMatch(/[\r\n<>]/);
      }),
      { numRuns: 5_000 },
    );
    expect(seen).toBeGreaterThan(100);
  });
});
