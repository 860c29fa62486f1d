import { describe, expect, it } from 'vitest';
import { Admission } from './admission.ts';

describe('who may connect', () => {
  it('stranger-outside-the-ranges-is-kept-out-in-every-notation', () => {
    const admission = new Admission({
      allowFrom: ['10.0.0.0/8', '2001:db8::/32', '192.0.2.7'],
      limits: { connections: 100, connectionsPerAddress: 100 },
    });
    for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '2001:db8::5', '2001:DB8:0::5', '192.0.2.7'])
      expect([address, admission.enter(address)]).toEqual([address, undefined]);
    for (const address of ['11.0.0.1', '::ffff:11.0.0.1', '2001:db9::5', '192.0.2.8', '', 'nonsense'])
      expect([address, admission.enter(address)]).toEqual([address, 'address-not-allowed']);
    expect(admission.open).toBe(5);
  });

  it('places-are-counted-in-all-and-by-address-and-come-back', () => {
    const admission = new Admission({ allowFrom: [], limits: { connections: 3, connectionsPerAddress: 2 } });
    expect([admission.enter('a'), admission.enter('a'), admission.enter('a')]).toEqual([
      undefined,
      undefined,
      'too-many-connections',
    ]);
    expect([admission.enter('b'), admission.enter('c')]).toEqual([undefined, 'too-many-connections']);
    admission.leave('a');
    expect([admission.open, admission.enter('a'), admission.enter('b')]).toEqual([
      2,
      undefined,
      'too-many-connections',
    ]);
    admission.leave('a');
    admission.leave('a');
    admission.leave('b');
    expect(admission.open).toBe(0);
  });
});
