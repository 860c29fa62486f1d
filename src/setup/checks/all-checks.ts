/** Every check, in the order in which a cause comes before what rests on it. */
import type { Check } from './check.ts';
import { daysLeftCheck } from './days-left.ts';
import { clockCheck, hostsCheck, tenantCheck } from './hosts.ts';
import { limitsCheck } from './limits.ts';
import { forbiddenCheck, mailboxCheck, sendCheck } from './mailbox.ts';
import { senderDomainCheck } from './sender-domain.ts';
import { credentialCheck, rolesCheck } from './token.ts';

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
  limitsCheck,
  senderDomainCheck,
];
