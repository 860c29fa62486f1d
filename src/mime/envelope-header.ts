/**
 * Makes the root header say what the envelope says. Graph takes MIME without an envelope and delivers to whoever stands in
 * To, Cc and Bcc, so without this a redirected test mail reaches the real customer, and a blind recipient gets nothing.
 *
 * - Addresses of To and Cc outside the envelope are removed; so is what cannot be read with certainty.
 * - Whatever Bcc there was is replaced by one Bcc field of the envelope's recipients that To and Cc do not name.
 * - A Resent- field with an address outside the envelope is removed, for nobody says that it is not read.
 * - All other fields keep their bytes and their order, and nothing below the root header is touched.
 *
 * A header whose lines do not all end in CR LF is written with CR LF throughout, so that Graph sees its end where we did.
 */
import { canonicalAddress, fromLatin1, splitAddressList } from './addresses.ts';
import { fieldValue, type HeaderField, type RootHeader } from './root-header.ts';

const crlf = Buffer.from('\r\n');

/** Longest line that we write ourselves, in characters; the hard limit is 998 (RFC 5322 §2.1.1). */
const preferredLineLength = 78;

export interface EnvelopeHeader {
  /** The whole header with its empty line, ready to be followed by the body. */
  readonly header: Buffer;
  /** What was taken out of To, Cc or a Resent- field, as it stood there. */
  readonly trimmed: readonly string[];
  /** Envelope recipients that get the message by Bcc. */
  readonly blind: readonly string[];
}

/** The header under which Graph reaches exactly these recipients. */
export function headerForEnvelope(header: RootHeader, recipients: readonly string[]): EnvelopeHeader {
  const wanted = new Map(recipients.map((address) => [canonicalAddress(address), address]));
  const named = new Set<string>();
  const trimmed: string[] = [];
  const pieces: Buffer[] = [];
  for (const field of header.fields) {
    switch (field.name) {
      case 'to':
      case 'cc': {
        const kept = keepWanted(fieldValue(header, field), wanted);
        for (const address of kept.addresses) named.add(address);
        trimmed.push(...kept.trimmed);
        if (kept.trimmed.length === 0) pieces.push(fieldBytes(header, field));
        else if (kept.items.length > 0) pieces.push(writeList(fieldName(header, field), kept.items, 'latin1'));
        break;
      }
      case 'bcc':
      case 'resent-bcc':
      case 'apparently-to':
        break;
      case 'resent-to':
      case 'resent-cc': {
        const kept = keepWanted(fieldValue(header, field), wanted);
        if (kept.trimmed.length === 0) pieces.push(fieldBytes(header, field));
        trimmed.push(...kept.trimmed);
        break;
      }
      default:
        pieces.push(fieldBytes(header, field));
    }
  }
  const blind = [...wanted].filter(([canonical]) => !named.has(canonical)).map(([, address]) => address);
  if (blind.length > 0) pieces.push(writeList('Bcc', withCommas(blind), 'utf8'));
  pieces.push(crlf);
  return { header: Buffer.concat(pieces), trimmed, blind };
}

/** The header without any Bcc, as recipients may read it. */
export function headerWithoutBcc(header: RootHeader): Buffer {
  const kept = header.fields.filter((field) => field.name !== 'bcc' && field.name !== 'resent-bcc');
  return Buffer.concat([...kept.map((field) => fieldBytes(header, field)), crlf]);
}

interface KeptList {
  /** Parts of the list to write, each with the punctuation that follows it. */
  readonly items: readonly string[];
  readonly addresses: readonly string[];
  readonly trimmed: readonly string[];
}

function keepWanted(value: string, wanted: ReadonlyMap<string, string>): KeptList {
  const items: string[] = [];
  const addresses: string[] = [];
  const trimmed: string[] = [];
  let group: { readonly name: string; readonly members: string[] } | undefined;
  for (const entry of splitAddressList(value)) {
    switch (entry.kind) {
      case 'group-start':
        group = { name: entry.text, members: [] };
        break;
      case 'group-end':
        // A group that has lost all its members goes too: its name may be the very thing that nobody is to read.
        if (group && group.members.length > 0) items.push(`${group.name}: ${group.members.join(', ')};`);
        group = undefined;
        break;
      case 'doubtful':
        trimmed.push(fromLatin1(entry.text));
        break;
      case 'mailbox': {
        const canonical = canonicalAddress(entry.address);
        if (!wanted.has(canonical)) {
          trimmed.push(entry.address);
          break;
        }
        addresses.push(canonical);
        (group ? group.members : items).push(entry.text);
        break;
      }
    }
  }
  return { items: withCommas(items), addresses, trimmed };
}

function withCommas(items: readonly string[]): string[] {
  return items.map((item, index) => (index < items.length - 1 ? `${item},` : item));
}

function fieldName(header: RootHeader, field: HeaderField): string {
  return header.bytes.toString('latin1', field.start, field.start + field.name.length);
}

/** A field as it came, but with CR LF where the header has other line ends, or none at its last line. */
export function fieldBytes(header: RootHeader, field: HeaderField): Buffer {
  const bytes = header.bytes.subarray(field.start, field.end);
  const complete = bytes.length >= 2 && bytes[bytes.length - 1] === 10 && bytes[bytes.length - 2] === 13;
  if (complete && !header.hasBareLineEnds) return bytes;
  const text = bytes.toString('latin1', 0, bytes.length).replace(/(?:\r\n|\r|\n)$/, '');
  return Buffer.from(`${text.replace(/\r\n|\r|\n/g, '\r\n')}\r\n`, 'latin1');
}

/** Writes a field as a list, folded between its items. */
export function writeList(name: string, items: readonly string[], encoding: 'latin1' | 'utf8'): Buffer {
  let text = `${name}:`;
  let lineLength = text.length;
  for (const [index, item] of items.entries()) {
    if (index > 0 && lineLength + 1 + item.length > preferredLineLength) {
      text += '\r\n';
      lineLength = 0;
    }
    text += ` ${item}`;
    lineLength += 1 + item.length;
  }
  return Buffer.from(`${text}\r\n`, encoding);
}
