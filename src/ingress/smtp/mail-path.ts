/**
 * Reads the argument of MAIL FROM and RCPT TO: a path and its parameters (RFC 5321 §4.1.2).
 *
 * More is let through than the grammar allows where clients are known to need it: a space after the colon, an address
 * without angle brackets, dots anywhere in a local part (Japanese mobile phones have them). A source route is read and
 * dropped (§4.1.1.3, appendix C). No expression here may take more than one way through a text: the text is a stranger's.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { isMailbox as isWritableMailbox } from '../../mime/addresses.ts';

export interface PathArgument {
  /** `local@domain`, or '' for the null reverse path. */
  readonly address: string;
  readonly parameters: readonly Parameter[];
}

export interface Parameter {
  /** Upper case. */
  readonly name: string;
  readonly value: string | undefined;
}

/** RFC 5321 §4.5.3.1.1 to .3, in octets; the label of a name as RFC 1035 §2.3.4 has it. */
const longestLocalPart = 64;
const longestDomain = 255;
const longestLabel = 63;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what an address must not hold.
const plainLocal = /^[^\s<>()[\]\\,;:@"\x00-\x1f\x7f]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the same.
const quotedString = /^"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*"$/;
const label = /^[\p{L}\p{N}\p{M}_-]+$/u;
const parameterText = /^([A-Za-z\d][A-Za-z\d-]*)(?:=([^=\s]+))?$/;

/** Reads what stands behind `MAIL FROM:` or `RCPT TO:`; undefined when it cannot be read. */
export function parsePathArgument(text: string): PathArgument | undefined {
  const trimmed = text.trim();
  // Bytes that are no UTF-8 were decoded to U+FFFD: which mailbox was meant can no longer be told.
  if (trimmed.includes('\ufffd')) return undefined;
  const bracketed = trimmed.startsWith('<');
  const split = bracketed ? endOfBrackets(trimmed) : endOfWord(trimmed);
  if (split === -1) return undefined;
  const parameters = readParameters(trimmed.slice(split));
  if (!parameters) return undefined;
  const inner = bracketed ? trimmed.slice(1, split - 1).trim() : trimmed.slice(0, split);
  if (inner === '') return bracketed ? { address: '', parameters } : undefined;
  const address = withoutRoute(inner);
  return address !== undefined && isMailbox(address) ? { address, parameters } : undefined;
}

/** Whether a text is `local@domain` as RFC 5321 §4.1.2 and RFC 6531 §3.3 have it. */
export function isMailbox(address: string): boolean {
  const at = address.lastIndexOf('@');
  if (at < 1) return false;
  const local = address.slice(0, at);
  if (Buffer.byteLength(local) > longestLocalPart) return false;
  if (!(quotedString.test(local) || plainLocal.test(local)) || !isDomain(address.slice(at + 1))) return false;
  // What the grammar allows and readers of headers read differently cannot be handed on by Graph without risk.
  return isWritableMailbox(address);
}

function isDomain(domain: string): boolean {
  if (domain === '' || Buffer.byteLength(domain) > longestDomain) return false;
  if (domain.startsWith('[') && domain.endsWith(']')) {
    const literal = domain.slice(1, -1);
    return isIPv4(literal) || (/^ipv6:/i.test(literal) && isIPv6(literal.slice(5)));
  }
  return domain.replace(/\.$/, '').split('.').every(isLabel);
}

function isLabel(text: string): boolean {
  return text.length <= longestLabel && label.test(text) && !text.startsWith('-') && !text.endsWith('-');
}

/** Drops `@one,@two:` before an address; undefined when what stands there is no route. */
function withoutRoute(path: string): string | undefined {
  if (!path.startsWith('@')) return path;
  const colon = path.indexOf(':');
  const route = path.slice(0, colon).split(',');
  return colon !== -1 && route.every((host) => host.startsWith('@') && isDomain(host.slice(1)))
    ? path.slice(colon + 1)
    : undefined;
}

/** Parameters behind the path: each `NAME` or `NAME=value`, none of them twice. */
function readParameters(text: string): Parameter[] | undefined {
  if (text === '') return [];
  if (!/^\s/.test(text)) return undefined;
  const parameters: Parameter[] = [];
  const seen = new Set<string>();
  for (const word of text.trim().split(/\s+/)) {
    const match = parameterText.exec(word);
    const name = match?.[1]?.toUpperCase();
    if (name === undefined || seen.has(name)) return undefined;
    seen.add(name);
    parameters.push({ name, value: match?.[2] });
  }
  return parameters;
}

function endOfBrackets(text: string): number {
  let quoted = false;
  for (let at = 1; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (quoted && char === '\\') at += 1;
    else if (char === '"') quoted = !quoted;
    else if (char === '>' && !quoted) return at + 1;
  }
  return -1;
}

function endOfWord(text: string): number {
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (quoted && char === '\\') at += 1;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && (char === ' ' || char === '\t')) return at;
  }
  return quoted ? -1 : text.length;
}
