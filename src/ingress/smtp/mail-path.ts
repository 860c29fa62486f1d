/**
 * Reads the argument of MAIL FROM and RCPT TO: a path and its parameters (RFC 5321 §4.1.2).
 *
 * More is let through than the grammar allows where devices are known to need it: a space after the colon, and an address
 * without angle brackets. A source route is read and dropped (§4.1.1.3, appendix C).
 */

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

/** RFC 5321 §4.5.3.1.1 to .3, in octets. */
const longestLocalPart = 64;
const longestDomain = 255;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what an address must not hold.
const dotString = /^[^\s<>()[\]\\,;:@"\x00-\x1f\x7f]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the same.
const quotedString = /^"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*"$/;
const domainName =
  /^[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}_-]*[\p{L}\p{N}\p{M}_])?(?:\.[\p{L}\p{N}_](?:[\p{L}\p{N}\p{M}_-]*[\p{L}\p{N}\p{M}])?)*\.?$/u;
const addressLiteral = /^\[(?:\d{1,3}(?:\.\d{1,3}){3}|IPv6:[\da-f:.]+)\]$/i;
const parameterText = /^([A-Za-z\d][A-Za-z\d-]*)(?:=([^=\s]+))?$/;

/** Reads what stands behind `MAIL FROM:` or `RCPT TO:`; undefined when it cannot be read. */
export function parsePathArgument(text: string): PathArgument | undefined {
  const trimmed = text.trim();
  const split = trimmed.startsWith('<') ? endOfBrackets(trimmed) : endOfWord(trimmed);
  if (split === -1) return undefined;
  const path = trimmed.slice(0, split);
  const rest = trimmed.slice(split);
  if (rest !== '' && !/^\s/.test(rest)) return undefined;
  const parameters: Parameter[] = [];
  for (const word of rest.split(/\s+/).filter(Boolean)) {
    const match = parameterText.exec(word);
    if (!match?.[1]) return undefined;
    parameters.push({ name: match[1].toUpperCase(), value: match[2] });
  }
  const inner = path.startsWith('<') ? path.slice(1, -1).trim() : path;
  if (inner === '') return path.startsWith('<') ? { address: '', parameters } : undefined;
  const address = inner.replace(/^(?:@[^,:\s]+,?)+:/, '');
  return isMailbox(address) ? { address, parameters } : undefined;
}

/** Whether a text is `local@domain` as RFC 5321 §4.1.2 and RFC 6531 §3.3 have it. */
export function isMailbox(address: string): boolean {
  const at = address.lastIndexOf('@');
  if (at < 1) return false;
  const local = address.slice(0, at);
  const domain = address.slice(at + 1);
  if (Buffer.byteLength(local) > longestLocalPart || Buffer.byteLength(domain) > longestDomain) return false;
  const goodLocal = quotedString.test(local) || dotString.test(local);
  // What the grammar allows and readers of headers read differently cannot be handed on by Graph without risk.
  return goodLocal && (domainName.test(domain) || addressLiteral.test(domain)) && isWritableMailbox(address);
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
