import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BodyProof, BodySum } from './body-sum.ts';

function sumOf(pieces: readonly Uint8Array[]): string {
  const sum = new BodySum();
  for (const piece of pieces) sum.add(piece);
  return sum.end();
}

function holds(file: ConstructorParameters<typeof BodyProof>[0], bytes: Uint8Array): boolean {
  const proof = new BodyProof(file);
  proof.add(bytes.subarray(0, 1));
  proof.add(bytes.subarray(1));
  return proof.end();
}

describe('the sum over a body file', () => {
  it('is-the-one-of-the-standard', () => {
    // The specification of GCM (McGrew, Viega), test case 1.
    expect(Buffer.from(sumOf([]), 'base64').toString('hex')).toBe('58e2fccefa7e3061367f1d57a4e7455a');
  });

  it('is-the-same-wherever-the-bytes-were-cut', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(200), { maxLength: 6 }), (bytes, cuts) => {
        const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length];
        const pieces = places.slice(1).map((to, at) => bytes.subarray(places[at], to));
        expect(sumOf(pieces)).toBe(sumOf([bytes]));
      }),
    );
  });

  it('bit-that-the-disk-turned-and-byte-that-it-lost-are-seen-by-sum-and-by-the-older-crc32', () => {
    const bytes = Buffer.from('Subject: x\r\n\r\nbody\r\n'.repeat(50));
    for (const file of [
      { name: 'a.eml', size: bytes.length, sum: sumOf([bytes]) },
      { name: 'a.eml', size: bytes.length, crc: crc32(bytes) },
    ]) {
      expect(holds(file, bytes)).toBe(true);
      expect(holds(file, bytes.subarray(0, -1))).toBe(false);
      expect(holds(file, Buffer.concat([bytes, Buffer.alloc(1)]))).toBe(false);
      for (let bit = 0; bit < bytes.length * 8; bit += 97) {
        const turned = Buffer.from(bytes);
        turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect([bit, holds(file, turned)]).toEqual([bit, false]);
      }
    }
  });
});
