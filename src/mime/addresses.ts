/**
 * Addresses in header fields, for whoever asks who a message is from or to. What one mailbox is stands in mailbox.ts,
 * how a list of them is read in address-list.ts.
 */
import { type DoubtfulItem, type MailboxItem, readAddressList } from './address-list.ts';
import { fromLatin1 } from './mailbox.ts';
import { fieldsNamed, fieldText, type RootHeader } from './root-header.ts';

export { canonicalAddress, canonicalDomain, isMailbox, sameMailbox } from './mailbox.ts';

/**
 * Every address that anybody might read out of a field's value: whoever holds a From header against a rule must hold all
 * of them against it, since `a@x <b@y>` is one of them to one reader and the other to the next.
 */
export function possibleAddresses(value: string): readonly string[] {
  const list = readAddressList(value);
  // Joined by flatMap and not by push(...): a stranger's list is longer than a call may have arguments.
  const addresses = list.readable
    ? list.items.flatMap((item) =>
        item.kind === 'group' ? item.members.flatMap(claimedAddresses) : claimedAddresses(item),
      )
    : addressesInText(value);
  return [...new Set(addresses)];
}

function claimedAddresses(item: MailboxItem | DoubtfulItem): string[] {
  if (item.kind === 'doubtful') return addressesInText(item.text);
  // A quoted or encoded name that looks like an address is a name to everybody; a bare one is not.
  return item.plain ? [item.address] : [item.address, ...addressesInText(item.text.replace(quotedOrEncoded, ' '))];
}

const quotedOrEncoded = /"(?:[^"\\]|\\.)*"|=\?[^ \t\r\n?]{1,60}\?[bq]\?[^ \t\r\n?]{0,998}\?=/gis;

/** Whatever looks like an address, wherever it stands. */
function addressesInText(text: string): string[] {
  const pieces = text.match(/[^ \t\r\n<>()",;:[\]\\]+/g) ?? [];
  return pieces.filter((piece) => /[^@]@[^@]/.test(piece)).map(fromLatin1);
}

export interface HeaderRecipients {
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  /** Entries of these fields that cannot be read with certainty, as they stand there. */
  readonly unreadable: readonly string[];
}

/** The recipients that a header names; for sendmail -t, where the header is the envelope. */
export function headerRecipients(header: RootHeader): HeaderRecipients {
  const unreadable: string[] = [];
  const read = (name: string): string[] => {
    const addresses: string[] = [];
    for (const field of fieldsNamed(header, name)) {
      const value = fieldText(header, field);
      const list = readAddressList(value);
      if (!list.readable) unreadable.push(fromLatin1(value.trim()));
      else
        for (const item of list.items.flatMap((each) => (each.kind === 'group' ? each.members : [each])))
          if (item.kind === 'mailbox') addresses.push(item.address);
          else unreadable.push(fromLatin1(item.text));
    }
    return addresses;
  };
  return { to: read('to'), cc: read('cc'), bcc: read('bcc'), unreadable };
}
