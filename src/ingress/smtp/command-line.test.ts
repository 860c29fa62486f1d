import { describe, expect, it } from 'vitest';
import { CommandLines } from './command-line.ts';

const take = (text: string, limit = 20) => new CommandLines(limit).take(Buffer.from(text, 'latin1'));

describe('a command line', () => {
  it('ends-in-cr-lf-and-nowhere-else', () => {
    expect(take('NOOP\r\nQUIT\r\n')).toEqual({ used: 6, text: 'NOOP' });
    expect(take('NOOP')).toBeUndefined();
    expect(take('NOOP\r')).toBeUndefined();
    for (const wrong of ['NOOP\n', 'A\rB\r\n', 'A\0\r\n', '\n', 'A\r\r\n'])
      expect(take(wrong)).toMatchObject({ used: wrong.length, fault: { code: 'command-unknown' } });
  });

  it('over-the-limit-is-refused-once-and-not-kept', () => {
    const lines = new CommandLines(8);
    expect(lines.take(Buffer.from('123456\r\n'))).toEqual({ used: 8, text: '123456' });
    expect(lines.take(Buffer.from('1234567\r\n'))).toMatchObject({ used: 9, fault: { code: 'command-too-long' } });
    expect(lines.keep(Buffer.from('12345678')).length).toBe(8);
    expect(lines.keep(Buffer.from('123456789')).length).toBe(0);
    expect(lines.take(Buffer.from('rest'))).toBeUndefined();
    expect(lines.take(Buffer.from('x\r\nNOOP\r\n'))).toMatchObject({ used: 3, fault: { code: 'command-too-long' } });
    expect(lines.take(Buffer.from('NOOP\r\n'))).toEqual({ used: 6, text: 'NOOP' });
  });
});
