/** Every check, in the order in which a cause comes before what rests on it. */
import type { Check } from './check.ts';
import { credentialPolicyCheck } from './credential-policy.ts';
import { daysLeftCheck } from './days-left.ts';
import { exchangeAskedCheck } from './exchange-asked.ts';
import { addingUpCheck, exchangeRoleCheck } from './exchange-roles.ts';
import { clockCheck, hostsCheck, tenantCheck } from './hosts.ts';
import { largeMailAuthCheck, largeMailDraftsCheck, largeMailSignInCheck } from './large-mail.ts';
import { limitsCheck } from './limits.ts';
import { forbiddenCheck, mailboxCheck } from './mailbox.ts';
import { privateFilesCheck } from './private-files.ts';
import { proxyCheck } from './proxy.ts';
import { reachCheck } from './reach.ts';
import { arrivalCheck, sendCheck } from './send.ts';
import { senderCheck } from './sender.ts';
import { senderDomainCheck } from './sender-domain.ts';
import { smtpAuthCheck, smtpSendCheck, smtpSignInCheck } from './smtp-submission.ts';
import { appCheck, credentialCheck, rolesCheck, surplusCheck } from './token.ts';

export const allChecks: readonly Check[] = [
  proxyCheck,
  hostsCheck,
  clockCheck,
  tenantCheck,
  appCheck,
  credentialCheck,
  daysLeftCheck,
  rolesCheck,
  credentialPolicyCheck,
  surplusCheck,
  exchangeAskedCheck,
  exchangeRoleCheck,
  smtpAuthCheck,
  smtpSignInCheck,
  smtpSendCheck,
  mailboxCheck,
  senderCheck,
  addingUpCheck,
  forbiddenCheck,
  reachCheck,
  sendCheck,
  arrivalCheck,
  largeMailAuthCheck,
  largeMailSignInCheck,
  largeMailDraftsCheck,
  privateFilesCheck,
  limitsCheck,
  senderDomainCheck,
];
