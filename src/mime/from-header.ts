/**
 * Changes of the From header, for routes that ask for them. Never on signed mail: the signature would break.
 */
import { decodeWords } from 'postal-mime';
import { type MailboxItem, readAddressList } from './address-list.ts';
import { fieldBytes, writeList } from './header-writing.ts';
import { fromLatin1, mailboxText, sameMailbox } from './mailbox.ts';
import { fieldsNamed, fieldText, fieldValue, parseRootHeader, type RootHeader } from './root-header.ts';

export type FromChange =
  | { readonly changed: true; readonly header: RootHeader; readonly note: string }
  | { readonly changed: false; readonly why: 'signed' | 'same' | 'no-from' };

/** Whether a change to the header or the body would break a signature, or a message that only its reader can open. */
export function isSigned(header: RootHeader): boolean {
  if (fieldsNamed(header, 'dkim-signature').length > 0) return true;
  return fieldsNamed(header, 'content-type').some((field) => {
    const type = fieldValue(header, field).toLowerCase();
    return type.startsWith('multipart/signed') || /^application\/(?:x-)?pkcs7-mime/.test(type);
  });
}

/**
 * Puts another address into From, with the display name kept (without an `@`, see withHarmlessFromName), and the old address into Reply-To where there is none. A
 * Sender field goes, since the new From is who sends; with another address in it Graph answers ErrorSendAsDenied. The
 * result's bytes hold the new header alone, and the body follows as it was. Throws RangeError for an address that is no
 * mailbox.
 */
export function withFrom(header: RootHeader, address: string): FromChange {
  const old = readFrom(header);
  if (!old) return { changed: false, why: 'no-from' };
  const [first, ...others] = old.mailboxes;
  if (first && others.length === 0 && sameMailbox(first.address, address)) return { changed: false, why: 'same' };
  if (isSigned(header)) return { changed: false, why: 'signed' };
  const name = first ? (harmlessName(first) ?? nameOf(first)) : '';
  const added = [writeList('From', [name === '' ? mailboxText(address) : `${name} ${inBrackets(address)}`])];
  const hasReplyTo = fieldsNamed(header, 'reply-to').length > 0;
  if (!hasReplyTo && old.mailboxes.length > 0)
    added.push(
      writeList(
        'Reply-To',
        old.mailboxes.map((mailbox) => mailbox.safeText),
      ),
    );
  return {
    changed: true,
    header: replaceFrom(header, added, new Set(['from', 'sender'])),
    note: `From ${first?.address ?? old.text} became ${address}`,
  };
}

/**
 * Takes the `@` out of the display name of From. Graph answers ErrorSendAsDenied to `From: scan@x <scan@x>`, which many
 * printers send. A name that is an address is left out when it is the very address, and else written as an encoded
 * word, which has no `@` in it. Nothing is done to signed mail. For routes that ask for it.
 */
export function withHarmlessFromName(header: RootHeader): FromChange {
  const field = fieldsNamed(header, 'from')[0];
  if (field && isPlainlyHarmless(fieldText(header, field))) return { changed: false, why: 'same' };
  const old = readFrom(header);
  const first = old?.mailboxes[0];
  if (!old) return { changed: false, why: 'no-from' };
  const kept = first && old.mailboxes.length === 1 ? harmlessName(first) : undefined;
  if (!first || kept === undefined) return { changed: false, why: 'same' };
  if (isSigned(header)) return { changed: false, why: 'signed' };
  const written = kept === '' ? mailboxText(first.address) : `${kept} ${inBrackets(first.address)}`;
  return {
    changed: true,
    header: replaceFrom(header, [writeList('From', [written])], new Set(['from'])),
    note: kept === '' ? 'the address was left out of the name in From' : 'the name in From was encoded, for its @',
  };
}

/**
 * Whether no name can have an `@` in it, seen without reading the list, as most mail is: there is but one, the brackets are
 * around it, and nothing is quoted or a comment.
 */
function isPlainlyHarmless(from: string): boolean {
  const at = from.indexOf('@');
  if (at === -1 || from.includes('@', at + 1) || /["(\\:,;]/.test(from)) return false;
  const open = from.indexOf('<');
  return open === -1 ? !from.includes('>') : open < at && from.indexOf('>') > at;
}

/** The mailboxes of the first From field; undefined when there is none. */
function readFrom(
  header: RootHeader,
): { readonly text: string; readonly mailboxes: readonly MailboxItem[] } | undefined {
  const field = fieldsNamed(header, 'from')[0];
  if (!field) return undefined;
  const text = fieldText(header, field);
  const list = readAddressList(text);
  const items = list.readable ? list.items.flatMap((item) => (item.kind === 'group' ? item.members : [item])) : [];
  return { text: fromLatin1(text).trim().slice(0, 200), mailboxes: items.filter((item) => item.kind === 'mailbox') };
}

/** The display name with nothing in it that could be taken for an address or a list. */
function nameOf(mailbox: MailboxItem): string {
  if (mailbox.plain) return mailbox.phrase;
  const bracket = mailbox.safeText.lastIndexOf('<');
  return bracket < 1 ? '' : mailbox.safeText.slice(0, bracket).replace(/ $/, '');
}

/** The display name without its `@`: '' when it is the address over again; undefined when there is no `@` in it. */
function harmlessName(mailbox: MailboxItem): string | undefined {
  // In an encoded word the @ stands as =40 already, or in base64.
  if (!mailbox.phrase.includes('@')) return undefined;
  const name = mailbox.phrase.replace(/^"((?:[^"\\]|\\.)*)"$/s, '$1').replace(/\\(.)/gs, '$1');
  const text = decodeWords(fromLatin1(name.replace(/[\r\n]/g, '')));
  return sameMailbox(text.trim(), mailbox.address) ? '' : encodedWords(text);
}

function inBrackets(address: string): string {
  const text = mailboxText(address);
  return text.startsWith('<') ? text : `<${text}>`;
}

/** New fields in the place of the first From; the other fields of `removed` go. */
function replaceFrom(header: RootHeader, added: readonly Buffer[], removed: ReadonlySet<string>): RootHeader {
  const pieces: Buffer[] = [];
  const first = fieldsNamed(header, 'from')[0];
  for (const field of header.fields) {
    if (field === first) pieces.push(...added);
    else if (!removed.has(field.name)) pieces.push(fieldBytes(header, field));
  }
  return parseRootHeader(Buffer.concat([...pieces, Buffer.from('\r\n')]));
}

/** Text as encoded words of RFC 2047 §4.2, at most 75 characters each, never cut inside a character. */
function encodedWords(text: string): string {
  const words: string[] = [];
  let word = '';
  for (const char of text) {
    const encoded = /^[A-Za-z0-9]$/.test(char) ? char : char === ' ' ? '_' : hexOctets(char);
    if (word.length + encoded.length > 60) {
      words.push(word);
      word = '';
    }
    word += encoded;
  }
  if (word !== '') words.push(word);
  return words.map((each) => `=?utf-8?q?${each}?=`).join('\r\n ');
}

function hexOctets(char: string): string {
  return [...Buffer.from(char, 'utf8')].map((byte) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}
