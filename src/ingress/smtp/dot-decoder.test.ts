import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DotDecoder } from './dot-decoder.ts';
import { LineCheck } from './line-check.ts';

/** Feeds the bytes in these pieces; what came out, and what stood behind the end. */
function decode(text: string, cuts: readonly number[]): { message: string; rest: string | undefined } {
  const bytes = Buffer.from(text, 'latin1');
  const decoder = new DotDecoder();
  const pieces: Buffer[] = [];
  const places = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  for (let index = 1; index < places.length; index += 1) {
    const result = decoder.decode(bytes.subarray(places[index - 1], places[index]));
    pieces.push(...result.pieces);
    if (result.rest !== undefined) {
      const rest = result.rest.toString('latin1') + bytes.toString('latin1', places[index]);
      return { message: Buffer.concat(pieces).toString('latin1'), rest };
    }
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
});

describe('bare line ends', () => {
  it('are-noticed-wherever-the-network-cuts', () => {
    const check = (text: string, cut: number) => {
      const lines = new LineCheck(1000);
      lines.look(Buffer.from(text.slice(0, cut)));
      lines.look(Buffer.from(text.slice(cut)));
      lines.end();
      return lines.bareNewline;
    };
    for (const [text, bare] of [
      ['a\r\nb\r\n', false],
      ['a\nb\r\n', true],
      ['a\rb\r\n', true],
      ['a\r\n\r', true],
      ['a\r\r\n', true],
      ['\n', true],
    ] as const)
      for (let cut = 0; cut <= text.length; cut += 1) expect([text, cut, check(text, cut)]).toEqual([text, cut, bare]);
  });

  it('line-over-the-limit-is-noticed-across-chunks', () => {
    const lines = new LineCheck(10);
    for (const piece of ['123456\r\n', '1234', '56789', '0']) lines.look(Buffer.from(piece));
    expect(lines.lineTooLong).toBe(false);
    lines.look(Buffer.from('1'));
    expect(lines.lineTooLong).toBe(true);
  });

  it('flood-of-line-feeds-takes-time-in-proportion', () => {
    const cost = (size: number) => {
      const started = process.hrtime.bigint();
      new LineCheck(1 << 20).look(Buffer.alloc(size, '\n'));
      return Number(process.hrtime.bigint() - started);
    };
    cost(1 << 16);
    // Sixteen times the bytes in a hundred times the time leaves room for a busy machine; a quadratic search takes 256.
    expect(cost(1 << 22) / Math.max(cost(1 << 18), 1e6)).toBeLessThan(100);
  });
});
