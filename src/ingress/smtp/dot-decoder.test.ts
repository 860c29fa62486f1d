import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DotDecoder } from './dot-decoder.ts';
import { LineCheck } from './line-check.ts';

/** Feeds the bytes in these pieces; what came out, and what stood behind the end. */
function decode(
  text: string,
  cuts: readonly number[],
  lines = new LineCheck(1000),
): { message: string; rest: string | undefined } {
  const bytes = Buffer.from(text, 'latin1');
  const decoder = new DotDecoder(lines);
  const pieces: Buffer[] = [];
  const places = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  for (let index = 1; index < places.length; index += 1) {
    const from = places[index - 1] ?? 0;
    const end = decoder.decode(bytes.subarray(from, places[index]), { write: (piece) => pieces.push(piece) });
    if (end !== -1)
      return { message: Buffer.concat(pieces).toString('latin1'), rest: bytes.toString('latin1', from + end) };
  }
  return { message: Buffer.concat(pieces).toString('latin1'), rest: undefined };
}

describe('the end of DATA', () => {
  it('is-found-at-every-cut-of-the-network', () => {
    const text = 'Subject: x\r\n\r\n..dot\r\n.\r\nNOOP\r\n';
    for (let one = 0; one <= text.length; one += 1)
      for (let two = one; two <= text.length; two += 1)
        expect([one, two, decode(text, [one, two])]).toEqual([
          one,
          two,
          { message: 'Subject: x\r\n\r\n.dot\r\n', rest: 'NOOP\r\n' },
        ]);
  });

  it('smuggled-end-of-data-is-data', () => {
    for (const fake of [
      '\n.\n',
      '\n.\r\n',
      '\r.\r\n',
      '\r\n.\n',
      '\r\n.\r',
      '\r.\r',
      '\r\n\0.\r\n',
      '\n.\r',
      '\r\n.\0\r\n',
    ]) {
      const { rest, message } = decode(`a${fake}MAIL FROM:<evil@x>\r\n.\r\n`, []);
      expect([fake, rest]).toEqual([fake, '']);
      expect(message).toContain('MAIL FROM:<evil@x>');
    }
  });

  it('empty-message-is-an-empty-message', () => {
    expect(decode('.\r\nQUIT\r\n', [])).toEqual({ message: '', rest: 'QUIT\r\n' });
  });

  it('whatever-is-stuffed-comes-out-again', () => {
    const line = fc.stringMatching(/^[.ab\r\n]{0,8}$/).map((text) => text.replace(/\r(?!\n)|(?<!\r)\n/g, ''));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), fc.array(fc.nat(200), { maxLength: 12 }), (lines, cuts) => {
        const message = lines.map((each) => `${each}\r\n`).join('');
        const stuffed = message.replace(/^\./gm, '..');
        expect(decode(`${stuffed}.\r\nrest`, cuts)).toEqual({ message, rest: 'rest' });
      }),
      { numRuns: 500 },
    );
  });

  it('lines-are-looked-at-as-they-come-out', () => {
    const part = fc.constantFrom('\r\n', '\r', '\n', '.', 'a', 'bcdefghijklmnopqrs', '\r\n.', '\r\n..', '\r\n.\r');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 40 }), fc.array(fc.nat(300), { maxLength: 6 }), (parts, cuts) => {
        const sent = parts.join('');
        const onTheWay = new LineCheck(25);
        const { message, rest } = decode(`${sent}\r\n.\r\n`, cuts, onTheWay);
        const end = `\r\n${sent}\r\n.\r\n`.indexOf('\r\n.\r\n');
        expect(message).toBe(
          `\r\n${sent}\r\n`
            .slice(0, end + 2)
            .replace(/\r\n\./g, '\r\n')
            .slice(2),
        );
        expect(rest).toBe(`${sent}\r\n.\r\n`.slice(end + 3));
        const afterwards = new LineCheck(25);
        afterwards.look(Buffer.from(message, 'latin1'));
        for (const lines of [onTheWay, afterwards]) lines.end();
        expect([onTheWay.bareNewline, onTheWay.lineTooLong]).toEqual([afterwards.bareNewline, afterwards.lineTooLong]);
      }),
      { numRuns: 2000 },
    );
  });
});
