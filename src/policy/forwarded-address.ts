/**
 * Who asks, behind a reverse proxy that is trusted to say so.
 *
 * A header is believed only of a peer in `trustedProxies`. Each proxy adds at the right the address that it was asked from, and
 * what stands left of that came with the request, from whoever sent it. So the way is gone from the right: past those that are
 * trusted, up to the first that is not, which is the client. An entry that is no address (`unknown`, `_hidden`, rubbish) ends
 * the way at the hop that wrote it.
 *
 * X-Forwarded-For and Forwarded (RFC 7239) are read. A proxy sets one of them and may pass the other on as it came: where both
 * are there and do not agree, neither is believed, and the proxy's own address counts.
 */
import { isIP } from 'node:net';
import { type AddressRanges, plainAddress } from './address-ranges.ts';

export interface AskedFrom {
  /** Address of the connection. */
  readonly ip: string;
  /** Names in lower case; several of a name joined by commas. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** The address that counts: for logins that fail, for ranges that may connect, in trails. */
export function askedFrom({ ip, headers }: AskedFrom, trusted: AddressRanges): string {
  if (!trusted.has(ip)) return ip;
  const [list, elements] = [joined(headers['x-forwarded-for']), joined(headers['forwarded'])];
  const found = [
    ...(list === undefined ? [] : [firstUntrusted(ip, list.split(','), trusted)]),
    ...(elements === undefined ? [] : [firstUntrusted(ip, forOf(elements), trusted)]),
  ];
  const [first = ip, second = first] = found;
  return first === second ? first : ip;
}

function joined(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.join(',');
}

function firstUntrusted(ip: string, hops: readonly string[], trusted: AddressRanges): string {
  let known = ip;
  for (const hop of hops.toReversed()) {
    const address = addressIn(hop.trim());
    if (address === undefined) return known;
    if (!trusted.has(address)) return address;
    known = address;
  }
  return known;
}

/** `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::7`, `[2001:db8::7]`, `[2001:db8::7]:4711`. */
function addressIn(text: string): string | undefined {
  const [, bracketed] = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text) ?? [];
  const [, withoutPort] = /^([\d.]+):\d{1,5}$/.exec(text) ?? [];
  const address = bracketed ?? withoutPort ?? text;
  if (isIP(address) === 0 || (bracketed !== undefined && isIP(address) !== 6)) return undefined;
  return plainAddress(address);
}

/** The `for` of each element, from left to right; one without it is no address. Quoted text may hold commas. */
function forOf(header: string): string[] {
  return splitOutsideQuotes(header, ',').map((element) => {
    const pair = splitOutsideQuotes(element, ';').find((each) => /^\s*for\s*=/i.test(each)) ?? '';
    const value = pair.slice(pair.indexOf('=') + 1).trim();
    return /^".*"$/.test(value) ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
  });
}

function splitOutsideQuotes(text: string, mark: string): string[] {
  const parts: string[] = [];
  let [from, isQuoted] = [0, false];
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (isQuoted && character === '\\') at += 1;
    else if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted && character === mark) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, text.slice(from)];
}
