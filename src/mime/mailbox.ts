/**
 * A mailbox as `local@domain`: what may be written into a header as one, and when two of them are the same.
 */
import { domainToASCII } from 'node:url';

// Beyond ASCII any sign, but none that a reader may fold into an ASCII separator (full width and small forms, RFC 8265).
const atomLocal = /^(?:(?!["(),:;<>@[\]\\\uFE50-\uFE6F\uFF01-\uFF65])[\p{L}\p{N}\p{M}\p{S}\p{P}])+$/u;
// Without < > " \ inside: with them, readers differ on where the address ends.
const quotedLocal = /^"[ !#-;=?-[\]-~]*"$/;
const domainName = /^[\p{L}\p{N}\p{M}_-]+(?:\.[\p{L}\p{N}\p{M}_-]+)*\.?$/u;
const addressLiteral = /^\[[\w.:-]+\]$/;

/** Longest address that is taken, in octets: local part 64, @, domain 255 (RFC 5321 §4.5.3.1), with room for the lax. */
const maxAddressOctets = 512;

/**
 * Whether an address can be written into a header so that every reader reads it alike. Ask it where an address comes in:
 * one with a line end or a comma in it would otherwise name other recipients than it says.
 */
export function isMailbox(address: string): boolean {
  const at = address.lastIndexOf('@');
  if (at < 1 || Buffer.byteLength(address) > maxAddressOctets) return false;
  const local = address.slice(0, at);
  const domain = address.slice(at + 1);
  if (!domainName.test(domain) && !addressLiteral.test(domain)) return false;
  // An encoded word in an address is read as its decoded text by some (RFC 2047 §5 forbids it).
  return (atomLocal.test(local) || quotedLocal.test(local)) && !address.includes('=?');
}

/** The address that an addr-spec in latin1 header text means, or undefined when it is none that everybody reads alike. */
export function addressOfSpec(spec: string): string | undefined {
  if (spec.length > maxAddressOctets) return undefined;
  const address = decodeUtf8(spec);
  // The final dot of a full name belongs to DNS; in a header some take it for the end of a sentence.
  return address !== undefined && isMailbox(address) && !address.endsWith('.') ? address : undefined;
}

/** The domain in the form that decides whether two are the same: A-labels, lower case (RFC 5891 §4.4). */
export function canonicalDomain(domain: string): string {
  const lower = domain.toLowerCase().replace(/\.$/, '');
  // Plain names do not go through domainToASCII: it reads them as hosts of URLs, where 1.2.3 is 1.2.0.3 and %41 is a.
  return isAscii(lower) || !domainName.test(lower) ? lower : domainToASCII(lower) || lower;
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
  return atomLocal.test(inner) ? inner : local;
}

/** Whether two addresses mean the same mailbox. */
export function sameMailbox(one: string, other: string): boolean {
  return one === other || canonicalAddress(one) === canonicalAddress(other);
}

/**
 * A mailbox as it is written into a header; latin1, one character a byte. A quoted local part stands in brackets, where
 * fewer readers lose its quotes; an international domain becomes A-labels where the local part is ASCII, so that the
 * next server need not know SMTPUTF8. Throws RangeError for what is no mailbox.
 */
export function mailboxText(address: string): string {
  if (!isMailbox(address))
    throw new RangeError('The address cannot be written into a header. Check it with isMailbox.');
  const at = address.lastIndexOf('@');
  const local = address.slice(0, at);
  const written = isAscii(local) ? `${local}@${canonicalDomain(address.slice(at + 1))}` : address.replace(/\.$/, '');
  return toLatin1(local.startsWith('"') ? `<${written}>` : written);
}

/** Header text as characters: UTF-8 (RFC 6532 §3.2), and where it is not, the usual guess of old clients. */
export function fromLatin1(text: string): string {
  return decodeUtf8(text) ?? new TextDecoder('windows-1252').decode(Buffer.from(text, 'latin1'));
}

/** Characters as header text, one character a byte of its UTF-8. */
export function toLatin1(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

function decodeUtf8(latin1: string): string | undefined {
  if (isAscii(latin1)) return latin1;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(latin1, 'latin1'));
  } catch {
    return undefined;
  }
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 127) return false;
  return true;
}
