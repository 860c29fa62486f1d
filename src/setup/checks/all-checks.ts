/** Every check, in the order in which a cause comes before what rests on it. */
import type { Check } from './check.ts';
import { clockCheck, hostsCheck, tenantCheck } from './hosts.ts';
import { forbiddenCheck, mailboxCheck, sendCheck } from './mailbox.ts';
import { credentialCheck, daysLeftCheck, rolesCheck } from './token.ts';

export const allChecks: readonly Check[] = [
  hostsCheck,
  clockCheck,
  tenantCheck,
  credentialCheck,
  daysLeftCheck,
  rolesCheck,
  mailboxCheck,
  forbiddenCheck,
  sendCheck,
];
