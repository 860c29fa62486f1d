/**
 * Addresses in header fields. The reading itself is nodemailer's; what is ours is to know which bytes belong to which
 * address, and to notice when an address cannot be read with certainty.
 */
import { domainToASCII } from 'node:url';
import addressparser from 'nodemailer/lib/addressparser';

/** One entry of an address list: a mailbox with the text it stands in, or the start or end of a group. */
export type AddressEntry =
  | { readonly kind: 'mailbox'; readonly text: string; readonly address: string }
  /** Text in the place of a mailbox whose address two readers might read differently. */
  | { readonly kind: 'doubtful'; readonly text: string }
  | { readonly kind: 'group-start'; readonly text: string }
  | { readonly kind: 'group-end' };

/** The domain in the form that decides whether two are the same: A-labels, lower case (RFC 5891 §4.4). */
export function canonicalDomain(domain: string): string {
  const lower = domain.toLowerCase().replace(/\.$/, '');
  return domainToASCII(lower) || lower;
}

/** The form in which two spellings of one mailbox are equal: the local part to the letter, the domain as canonicalDomain has it. */
export function canonicalAddress(address: string): string {
  const at = address.lastIndexOf('@');
  if (at === -1) return address;
  return `${unquoteLocalPart(address.slice(0, at))}@${canonicalDomain(address.slice(at + 1))}`;
}

/** `"ada"@x` and `ada@x` are one mailbox (RFC 5321 §4.1.2: quoted where it need not be). */
function unquoteLocalPart(local: string): string {
  if (!/^"[^"\\]*"$/.test(local)) return local;
  const inner = local.slice(1, -1);
  return /^[\w!#$%&'*+/=?^`{|}~.-]+$/.test(inner) ? inner : local;
}

/** Whether two addresses mean the same mailbox. */
export function sameMailbox(one: string, other: string): boolean {
  return one === other || canonicalAddress(one) === canonicalAddress(other);
}

/** Header text came in as one character a byte; addresses outside ASCII are UTF-8 (RFC 6532 §3.2). */
export function fromLatin1(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the question is whether anything but ASCII is there.
  return /^[\x00-\x7f]*$/.test(text) ? text : Buffer.from(text, 'latin1').toString('utf8');
}

/**
 * Splits the unfolded value of an address field (one character a byte) into its entries. Takes time in proportion to
 * its length, whatever a stranger writes.
 */
export function splitAddressList(value: string): readonly AddressEntry[] {
  const entries: AddressEntry[] = [];
  let inGroup = false;
  let start = 0;
  let quoted = false;
  let angle = false;
  let comment = 0;
  const endEntry = (stop: number) => {
    const text = value.slice(start, stop).trim();
    if (text !== '') entries.push(readEntry(text));
    start = stop + 1;
  };
  for (let at = 0; at < value.length; at += 1) {
    const char = value.charAt(at);
    if (char === '\\' && (quoted || comment > 0)) at += 1;
    else if (quoted) quoted = char !== '"';
    else if (comment > 0) comment += char === '(' ? 1 : char === ')' ? -1 : 0;
    else if (char === '"') quoted = true;
    else if (char === '(') comment += 1;
    else if (char === '<') angle = true;
    else if (char === '>') angle = false;
    else if (char === ',' && !angle) endEntry(at);
    else if (char === ':' && !angle && !inGroup && !value.slice(start, at).includes('[')) {
      entries.push({ kind: 'group-start', text: value.slice(start, at).trim() });
      inGroup = true;
      start = at + 1;
    } else if (char === ';' && !angle) {
      endEntry(at);
      if (inGroup) entries.push({ kind: 'group-end' });
      inGroup = false;
    }
  }
  const unfinished = quoted || comment > 0 || angle;
  const rest = value.slice(start).trim();
  // An open quote swallows what follows it for us, but maybe not for the service: nothing in it can be trusted.
  if (rest !== '') entries.push(unfinished ? { kind: 'doubtful', text: rest } : readEntry(rest));
  if (inGroup) entries.push({ kind: 'group-end' });
  return entries;
}

const clearMailbox =
  /^(?:(?:[^<>()@,;:"[\]\\]|"(?:[^"\\]|\\.)*"|\((?:[^()\\]|\\.)*\))*<[^<>\s]+@[^<>\s@]+>|(?:\((?:[^()\\]|\\.)*\)\s*)*(?:[^<>()@,;:"[\]\\\s]+|"(?:[^"\\]|\\.)*")@[^<>()@,;:"\\\s]+)(?:\s*\((?:[^()\\]|\\.)*\))*$/;

function readEntry(text: string): AddressEntry {
  // Longer than any address with a name (RFC 5321 §4.5.3.1); the pattern below is not let loose on more.
  if (text.length > 4096 || !clearMailbox.test(text)) return { kind: 'doubtful', text };
  const parsed = addressparser(text, { flatten: true });
  const address = parsed[0]?.address;
  if (parsed.length !== 1 || !address?.includes('@')) return { kind: 'doubtful', text };
  return { kind: 'mailbox', text, address: fromLatin1(address) };
}

/**
 * Every address that anybody might read out of a field's value: whoever holds a From header against a rule must hold all
 * of them against it, since `a@x <b@y>` is one of them to one reader and the other to the next.
 */
export function possibleAddresses(value: string): readonly string[] {
  const addresses: string[] = [];
  for (const entry of splitAddressList(value)) {
    if (entry.kind === 'mailbox') addresses.push(entry.address);
    if (entry.kind === 'doubtful')
      for (const [match] of entry.text.matchAll(/[^\s<>()",;:[\]\\]{1,256}@[^\s<>()",;:\\]{1,256}/g))
        addresses.push(fromLatin1(match));
  }
  return [...new Set(addresses)];
}
