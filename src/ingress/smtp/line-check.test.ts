import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuMs } from '../../../test/harness/cpu-time.ts';
import { LineCheck } from './line-check.ts';

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
      const flood = Buffer.alloc(size, '\n');
      return cpuMs(() => new LineCheck(1 << 20).look(flood));
    };
    cost(1 << 16);
    // Sixteen times the bytes in a hundred times the time leaves room for a busy machine; a quadratic search takes 256.
    expect(cost(1 << 22) / Math.max(cost(1 << 18), 1)).toBeLessThan(100);
  });

  it('word-by-word-look-sees-what-a-byte-by-byte-look-sees', () => {
    const text = fc.array(fc.constantFrom('\r\n', '\r', '\n', 'a', 'bcdefghij', '\0', '\x0e', '\xff\x8d\x8a', '\t'), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(text, fc.nat(7), fc.nat(300), (parts, offset, cut) => {
        // Buffers begin at any address, so that words begin at each of the four places.
        const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(parts.join(''), 'latin1')]).subarray(offset);
        const lines = new LineCheck(20);
        lines.look(bytes.subarray(0, cut));
        lines.look(bytes.subarray(cut));
        lines.end();
        const all = bytes.toString('latin1');
        expect(lines.bareNewline).toBe(/\r(?!\n)|(?<!\r)\n/.test(all));
        expect(lines.lineTooLong).toBe(
          all.split('\n').some((line, at, list) => line.length + (at < list.length - 1 ? 1 : 0) > 20),
        );
      }),
      { numRuns: 2000 },
    );
  });
});
