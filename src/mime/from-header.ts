/**
 * Changes of the From header, for routes that ask for them. Never on signed mail: the signature would break.
 */
import addressparser from 'nodemailer/lib/addressparser';
import { fromLatin1 } from './addresses.ts';
import { fieldBytes, writeList } from './envelope-header.ts';
import { fieldsNamed, fieldValue, parseRootHeader, type RootHeader } from './root-header.ts';

export type FromChange =
  | { readonly changed: true; readonly header: RootHeader; readonly note: string }
  | { readonly changed: false; readonly why: 'signed' | 'same' | 'no-from' };

/** Whether a change to the header or the body would break a signature. */
export function isSigned(header: RootHeader): boolean {
  if (fieldsNamed(header, 'dkim-signature').length > 0) return true;
  return fieldsNamed(header, 'content-type').some((field) => {
    const type = fieldValue(header, field).toLowerCase();
    return type.startsWith('multipart/signed') || /^application\/(?:x-)?pkcs7-mime/.test(type);
  });
}

/**
 * Puts another address into From, with the display name kept, and the old address into Reply-To where there is none. The
 * result's bytes hold the new header alone, and the body follows as it was.
 */
export function withFrom(header: RootHeader, address: string): FromChange {
  const field = fieldsNamed(header, 'from')[0];
  if (!field) return { changed: false, why: 'no-from' };
  const value = fieldValue(header, field);
  const old = addressparser(value, { flatten: true })[0];
  if (old?.address === address) return { changed: false, why: 'same' };
  if (isSigned(header)) return { changed: false, why: 'signed' };
  const pieces: Buffer[] = [];
  for (const each of header.fields) {
    if (each.name !== 'from') pieces.push(fieldBytes(header, each));
    else if (each === field) pieces.push(writeList('From', [mailbox(old?.name ?? '', address)], 'utf8'));
  }
  const hasReplyTo = fieldsNamed(header, 'reply-to').length > 0;
  if (!hasReplyTo && old?.address) pieces.push(writeList('Reply-To', [mailbox(old.name, old.address)], 'utf8'));
  pieces.push(Buffer.from('\r\n'));
  return {
    changed: true,
    header: parseRootHeader(Buffer.concat(pieces)),
    note: `From ${fromLatin1(old?.address ?? value)} became ${address}`,
  };
}

/** A mailbox with a display name that cannot be taken for an address or an address list. */
function mailbox(name: string, address: string): string {
  const utf8 = fromLatin1(name);
  if (utf8 === '') return fromLatin1(address);
  const text =
    /^[\w !#$%&'*+/=?^`{|}~-]+$/.test(utf8) || utf8.startsWith('=?') ? utf8 : `"${utf8.replace(/["\\]/g, '\\$&')}"`;
  return `${text} <${fromLatin1(address)}>`;
}
