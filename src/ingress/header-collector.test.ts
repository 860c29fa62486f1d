import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeaderCollector } from './header-collector.ts';

const message = Buffer.from(`Subject: a\r\nX-Long: ${'y'.repeat(5_000)}\r\n\r\nbody\r\n\r\nmore`);
const end = message.indexOf('\r\n\r\n') + 4;

function collect(pieces: readonly Uint8Array[], limit = 100_000): HeaderCollector {
  const collector = new HeaderCollector(limit);
  for (const piece of pieces) if (collector.open) collector.add(piece);
  return collector;
}

describe('the header of a message that comes in pieces', () => {
  it('is-the-same-however-the-network-cuts-it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 2_000 }), { maxLength: 40 }), (sizes) => {
        const pieces: Buffer[] = [];
        let at = 0;
        for (const size of sizes) {
          pieces.push(message.subarray(at, at + size));
          at += size;
        }
        pieces.push(message.subarray(at));
        const collector = collect(pieces.filter((piece) => piece.length > 0));
        expect(collector.bytes.equals(message.subarray(0, end))).toBe(true);
      }),
    );
  });

  it('header-that-comes-byte-by-byte-does-not-stall-the-server', () => {
    const collector = new HeaderCollector(1_048_576);
    const byte = Buffer.from('x');
    for (let count = 0; count < 1_048_577; count += 1) collector.add(byte);
    expect(collector.tooLong).toBe(true);
  });

  it('first-piece-is-not-copied', () => {
    expect(collect([message]).bytes.buffer).toBe(message.buffer);
  });

  it('body-after-the-header-is-not-kept', () => {
    const collector = collect([message.subarray(0, 20), Buffer.concat([message.subarray(20), Buffer.alloc(50_000)])]);
    expect(collector.bytes.length).toBe(end);
  });

  it('header-beyond-the-limit-is-noticed-even-when-its-end-is-in-sight', () => {
    expect(collect([message], 1_000).tooLong).toBe(true);
  });
});
