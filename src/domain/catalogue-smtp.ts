/** Faults of delivery by SMTP: to Exchange Online with OAuth, or to a smart host. */
import type { CatalogueRow } from './catalogue.ts';

export const smtpFaults = {
  'smtp-login-refused': {
    text: 'The mail server does not accept the login.',
    meaning:
      'Exchange Online: the token is good for Entra and not for this mailbox (535 5.7.3), because the application has no SMTP.SendAsApp, its service principal is not registered in Exchange, or SMTP AUTH is off. A smart host: login or password are wrong.',
    remedy:
      'Exchange Online: grant the application SMTP.SendAsApp of Office 365 Exchange Online, run New-ServicePrincipal with the Object ID of the enterprise application, and Set-CASMailbox <mailbox> -SmtpClientAuthenticationDisabled $false. A smart host: correct login and password of the connector.',
  },
  'smtp-auth-disabled': {
    text: 'SMTP AUTH is switched off in Exchange Online.',
    meaning: 'SmtpClientAuthentication is disabled for the tenant or for the mailbox (535 5.7.139).',
    remedy:
      'Set-CASMailbox <mailbox> -SmtpClientAuthenticationDisabled $false switches it on for this mailbox, whatever the tenant says. It is needed with OAuth as well.',
  },
  'smtp-mailbox-right': {
    text: 'The application has no right on the sending mailbox.',
    meaning:
      'Exchange accepted the login and could not open the mailbox (430 4.2.0): the right is missing, or was given within the last hour.',
    remedy:
      'Add-MailboxPermission <mailbox> -User <service principal> -AccessRights FullAccess, or the Exchange role "Application SMTP.SendAsApp" with a scope that holds the mailbox. Then wait up to an hour.',
  },
  'smtp-server-refuses': {
    text: 'The mail server does not take connections of this machine.',
    meaning: 'It answered the connection itself with a permanent refusal.',
    remedy: 'The trail has its words. Let its administrator allow the address of this machine.',
  },
  'smtp-tls-failed': {
    text: 'No trusted TLS connection to the mail server came about.',
    meaning:
      'The server offers no STARTTLS, its certificate is not trusted or made out to another name, or it speaks no TLS from 1.2 up. Nothing was sent in the clear.',
    remedy:
      'Compare host, port and tls of the connector with what the server offers. A private certificate authority goes into caFile.',
  },
  'recipient-deferred': {
    text: 'The mail server does not take a recipient at the moment.',
    meaning: 'A temporary refusal of single recipients; the others may have the message already.',
    remedy: 'Nothing: Mailroom tries these recipients again, and no others.',
  },
  'smtp-deferred': {
    text: 'The mail server asks to try again later.',
    meaning: 'A temporary refusal of this message.',
    remedy: 'The trail has its words. Mailroom tries again.',
  },
  'message-refused': {
    text: 'The mail server does not accept the message.',
    meaning: 'A permanent refusal of its sender or its content.',
    remedy: 'The trail has its words. Correct the mail where it is made and send it again.',
  },
} as const satisfies Record<string, CatalogueRow>;
