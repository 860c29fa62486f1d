import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressRanges } from './address-ranges.ts';
import { askedFrom } from './forwarded-address.ts';

const trusted = new AddressRanges(['10.0.0.0/8', 'fd00::/8', '127.0.0.1']);
const proxy = '10.0.0.2';
const from = (ip: string, list?: string, forwarded?: string) =>
  askedFrom(
    {
      ip,
      headers: {
        ...(list === undefined ? {} : { 'x-forwarded-for': list }),
        ...(forwarded === undefined ? {} : { forwarded }),
      },
    },
    trusted,
  );

describe('behind a proxy that is trusted', () => {
  it.each([
    ['the client itself', '203.0.113.7', '203.0.113.7'],
    ['a chain of trusted proxies', '203.0.113.7, 10.1.1.1, fd00::1', '203.0.113.7'],
    ['what the client has put before it', '127.0.0.1, 198.51.100.1, 203.0.113.7', '203.0.113.7'],
    ['a trusted address that the client claims to be', '10.0.0.9, 203.0.113.7, 10.1.1.1', '203.0.113.7'],
    ['a port behind it', '203.0.113.7:51311', '203.0.113.7'],
    ['IPv6', '2001:db8::7', '2001:db8::7'],
    ['IPv6 in brackets, with a port', '[2001:DB8::7]:443', '2001:db8::7'],
    ['IPv4 in IPv6', '::ffff:203.0.113.7', '203.0.113.7'],
    ['all of them trusted: the first', '10.9.9.9, 10.1.1.1', '10.9.9.9'],
    ['a proxy that does not say', 'unknown', proxy],
    ['rubbish behind which nothing is known', '203.0.113.7, rubbish', proxy],
    ['rubbish before a trusted hop', 'rubbish, 10.1.1.1', '10.1.1.1'],
    ['nothing', '', proxy],
    ['commas', ',,,', proxy],
    ['a bracket that does not close', '[2001:db8::7', proxy],
    ['IPv4 in brackets', '[203.0.113.7]', proxy],
    ['a name', 'evil.example', proxy],
    ['a number', '3405803783', proxy],
    ['octets that are none', '203.0.113.777', proxy],
    ['a script', '<script>alert(1)</script>', proxy],
  ])('is found: %s', (_what, list, found) => expect(from(proxy, list)).toBe(found));

  it.each([
    ['for=203.0.113.7', '203.0.113.7'],
    ['For="[2001:db8:cafe::17]:4711";proto=https;by=10.0.0.2', '2001:db8:cafe::17'],
    ['for=198.51.100.1, for=203.0.113.7;host=a, for=10.1.1.1', '203.0.113.7'],
    ['for="203.0.113.7"', '203.0.113.7'],
    ['for="_hid,den", for=203.0.113.7', '203.0.113.7'],
    ['for=203.0.113.7, for="_hidden"', proxy],
    ['for=203.0.113.7, proto=https', proxy],
    ['host="for=203.0.113.7"', proxy],
    ['for="203.0.113.7', proxy],
  ])('is found in Forwarded: %s', (forwarded, found) => expect(from(proxy, undefined, forwarded)).toBe(found));

  it('is neither of two that do not agree: one of them came from the client', () => {
    expect(from(proxy, '203.0.113.7', 'for=203.0.113.7')).toBe('203.0.113.7');
    expect(from(proxy, '203.0.113.7', 'for=198.51.100.1')).toBe(proxy);
  });
});

it('nobody else is believed, whatever it sends', () => {
  expect(from('203.0.113.9', '10.0.0.2, 198.51.100.1', 'for=198.51.100.1')).toBe('203.0.113.9');
});

it('is always the address of the connection or one that the header holds', () => {
  const part = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.string({ maxLength: 30 }),
    fc.constantFrom('10.0.0.3', '"', '\\', ';'),
  );
  fc.assert(
    fc.property(fc.array(part), fc.array(part), (list, elements) => {
      const found = from(proxy, list.join(', '), elements.map((each) => `for="${each}"`).join(','));
      expect(found).toMatch(/^[0-9a-f.:]+$/);
    }),
  );
});
