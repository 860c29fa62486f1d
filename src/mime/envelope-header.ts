/**
 * Makes the root header say what the envelope says. Graph takes MIME without an envelope and delivers to whoever stands in
 * To, Cc and Bcc, so without this a redirected test mail reaches the real customer, and a blind recipient gets nothing.
 *
 * - Addresses of To and Cc outside the envelope are removed; so is what cannot be read with certainty, and a group that
 *   has lost all its members. An address named twice stays where it stood first. Several To fields become one.
 * - Whatever Bcc there was is replaced by one Bcc field of the envelope's recipients that To and Cc do not name. It comes
 *   first of all, so that no broken line can make body of it, which recipients would read.
 * - Resent-To, Resent-Cc and Resent-Bcc are removed. What Graph makes of them is written nowhere; other ways into
 *   Exchange deliver to them in place of To, and then the mail would go to the wrong people, or not to the right ones.
 * - mbox lines are removed; all other fields keep their bytes and order, and nothing below the root header is touched.
 *
 * A header whose lines do not all end in CR LF is written with CR LF throughout, so that Graph sees its end where we did.
 */
import { type DoubtfulItem, type ListItem, type MailboxItem, readAddressList } from './address-list.ts';
import { fieldBytes, fieldName, writeList } from './header-writing.ts';
import { canonicalAddress, fromLatin1, mailboxText } from './mailbox.ts';
import { fieldText, type HeaderField, isMboxLine, type RootHeader } from './root-header.ts';

const crlf = Buffer.from('\r\n');

/** Fields that nobody below Graph may read a recipient from. */
const removedNames = /^(?:bcc|resent-to|resent-cc|resent-bcc|apparently-to)$/;

/** Most of an unreadable text that is told. */
const toldCharacters = 200;

export interface EnvelopeHeader {
  /** The whole header with its empty line, ready to be followed by the body. */
  readonly header: Buffer;
  /** What was taken out of To and Cc: addresses outside the envelope, and what could not be read, as it stood there. */
  readonly trimmed: readonly string[];
  /** Envelope recipients that get the message by Bcc. */
  readonly blind: readonly string[];
}

/**
 * The header under which Graph reaches exactly these recipients. Doing it twice changes nothing more.
 * Throws RangeError when a recipient is no mailbox that can be written into a header (isMailbox of mailbox.ts).
 */
export function headerForEnvelope(header: RootHeader, recipients: readonly string[]): EnvelopeHeader {
  const wanted = new Map(recipients.map((address) => [canonicalAddress(address), address]));
  const named = new Set<string>();
  const trimmed: string[] = [];
  const lists = new Map<string, KeptList>();
  for (const name of ['to', 'cc']) {
    const fields = header.fields.filter((field) => field.name === name);
    lists.set(name, keepWanted(header, fields, wanted, named, trimmed));
  }
  const blind = [...wanted].filter(([canonical]) => !named.has(canonical)).map(([, address]) => address);
  const pieces: Buffer[] = [];
  if (blind.length > 0) pieces.push(writeList('Bcc', blind.map(mailboxText)));
  for (const field of header.fields) {
    const list = lists.get(field.name);
    if (list) {
      if (list.first === field) pieces.push(list.asItCame ? fieldBytes(header, field) : rewritten(header, field, list));
    } else if (!isRemoved(header, field)) pieces.push(fieldBytes(header, field));
  }
  pieces.push(crlf);
  return { header: Buffer.concat(pieces), trimmed, blind };
}

/** The header without any Bcc, as recipients may read it; for ways out that have an envelope of their own. */
export function headerWithoutBcc(header: RootHeader): Buffer {
  const kept = header.fields.filter((field) => field.name !== 'bcc' && field.name !== 'resent-bcc');
  return Buffer.concat([...kept.map((field) => fieldBytes(header, field)), crlf]);
}

function isRemoved(header: RootHeader, field: HeaderField): boolean {
  if (field.name !== '') return removedNames.test(field.name);
  if (isMboxLine(header.bytes, field.start)) return true;
  // `B\0cc:` is no field to us, but it is one to a reader that drops the NUL.
  const line = header.bytes.toString('latin1', field.start, Math.min(field.end, field.start + 998));
  const name = line.slice(0, Math.max(0, line.indexOf(':'))).replace(/[^!-~]/g, '');
  return /^(?:to|cc)$/.test(name.toLowerCase()) || removedNames.test(name.toLowerCase());
}

function rewritten(header: RootHeader, field: HeaderField, list: KeptList): Buffer {
  return writeList(fieldName(header, field), list.items);
}

interface KeptList {
  /** The field that stays, the first of its name; undefined when nothing of the list is left. */
  readonly first: HeaderField | undefined;
  /** The field needs no change at all. */
  readonly asItCame: boolean;
  readonly items: readonly string[];
}

/**
 * What stays of all To or all Cc fields. Adds the canonical addresses that stay to `named`, and what goes to `trimmed`.
 */
function keepWanted(
  header: RootHeader,
  fields: readonly HeaderField[],
  wanted: ReadonlyMap<string, string>,
  named: Set<string>,
  trimmed: string[],
): KeptList {
  const items: string[] = [];
  let asItCame = fields.length === 1;
  const takeMember = (item: MailboxItem | DoubtfulItem): string[] => {
    const canonical = item.kind === 'mailbox' ? canonicalAddress(item.address) : '';
    if (item.kind === 'mailbox' && wanted.has(canonical) && !named.has(canonical)) {
      named.add(canonical);
      if (!item.plain) asItCame = false;
      return [item.safeText];
    }
    asItCame = false;
    if (!named.has(canonical)) trimmed.push(item.kind === 'mailbox' ? item.address : told(item.text));
    return [];
  };
  for (const field of fields) {
    const text = fieldText(header, field);
    const list = readAddressList(text);
    // Behind a broken line the field may be no header any more to Graph: its recipients are sure of their copy by Bcc only.
    if (!list.readable || header.soundEnd < field.end) {
      asItCame = false;
      for (const lost of list.readable ? addressesOutside(list.items, wanted) : [told(text)]) trimmed.push(lost);
      continue;
    }
    if (!list.tidy) asItCame = false;
    for (const item of list.items) {
      if (item.kind !== 'group') {
        items.push(...takeMember(item));
        continue;
      }
      const members = item.members.flatMap(takeMember);
      // A group that came empty stays (`undisclosed-recipients:;`). One that has lost all its members goes with them: its
      // name may be the very thing that nobody is to read.
      if (members.length > 0 || item.members.length === 0) items.push(`${item.name}: ${members.join(', ')};`);
    }
  }
  return { first: items.length > 0 ? fields[0] : undefined, asItCame, items };
}

function addressesOutside(items: readonly ListItem[], wanted: ReadonlyMap<string, string>): string[] {
  return items
    .flatMap((item) => (item.kind === 'group' ? item.members : [item]))
    .filter((item) => item.kind !== 'mailbox' || !wanted.has(canonicalAddress(item.address)))
    .map((item) => (item.kind === 'mailbox' ? item.address : told(item.text)));
}

function told(text: string): string {
  return fromLatin1(text).trim().slice(0, toldCharacters);
}
