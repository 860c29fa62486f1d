/** Recipients of a message by its header, for commands that are not told them: `send` of a file, and `sendmail -t`. */
import { headerRecipients } from '../mime/addresses.ts';
import { parseRootHeader } from '../mime/root-header.ts';

/** Addresses of To, Cc and Bcc, each once. */
export function addressesIn(message: Buffer): string[] {
  const { to, cc, bcc } = headerRecipients(parseRootHeader(message));
  return [...new Set([...to, ...cc, ...bcc])];
}
