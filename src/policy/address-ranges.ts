/** Ranges of network addresses: single addresses and CIDR blocks, IPv4 and IPv6. */
import { BlockList, isIP } from 'node:net';

/** What a range means, or undefined when it is none: `10.0.0.0/8`, `::1`, `2001:db8::/32`. */
function readRange(range: string): { address: string; bits: number; family: 'ipv4' | 'ipv6' } | undefined {
  const [address = '', bitsText, ...rest] = range.trim().split('/');
  const version = isIP(address);
  const most = version === 4 ? 32 : 128;
  const bits = bitsText === undefined ? most : /^\d{1,3}$/.test(bitsText) ? Number(bitsText) : -1;
  if (version === 0 || rest.length > 0 || bits < 0 || bits > most || address.includes('%')) return undefined;
  return { address, bits, family: version === 4 ? 'ipv4' : 'ipv6' };
}

export function isAddressRange(range: string): boolean {
  return readRange(range) !== undefined;
}

/** An IPv4 address that came in over an IPv6 socket is that IPv4 address (RFC 4291 §2.5.5.2). */
export function plainAddress(address: string): string {
  const lower = address.toLowerCase();
  return lower.startsWith('::ffff:') && isIP(lower.slice(7)) === 4 ? lower.slice(7) : lower.replace(/%.*$/, '');
}

/** A set of ranges, to ask whether an address is in one of them. */
export class AddressRanges {
  readonly #list = new BlockList();

  /** @throws RangeError for what is no range; the configuration has been checked before. */
  constructor(ranges: readonly string[]) {
    for (const range of ranges) {
      const read = readRange(range);
      if (!read) throw new RangeError(`${range} is no address and no CIDR range`);
      this.#list.addSubnet(read.address, read.bits, read.family);
    }
  }

  has(address: string): boolean {
    const plain = plainAddress(address);
    const version = isIP(plain);
    return version !== 0 && this.#list.check(plain, version === 4 ? 'ipv4' : 'ipv6');
  }
}
