/**
 * Faults of delivery: why an attempt was not `sent`. No SMTP client meets them; people read them in the trail.
 *
 * Remedies are written for an administrator with the Entra and Exchange admin centres open. Faults of the way to a token
 * come first, then those of Graph, then those of no service at all.
 */
import type { CatalogueRow } from './catalogue.ts';

const tokenFaults = {
  'credential-wrong': {
    text: 'The client secret is not accepted.',
    meaning:
      'Entra does not know the secret that was presented (AADSTS7000215). Often its ID was pasted, not its value.',
    remedy:
      'Entra admin centre → App registrations → the app → Certificates & secrets: make a new client secret and copy its *Value* at once, it is shown only then. Put it into the connector.',
  },
  'credential-expired': {
    text: 'The client secret or certificate has expired.',
    meaning: 'Entra knows the credential, and its end date has passed (AADSTS7000222).',
    remedy:
      'Entra admin centre → App registrations → the app → Certificates & secrets: add a new one and put it into the connector. The mail that waits goes out by itself.',
  },
  'credential-missing': {
    text: 'The token request held no credential that Entra could use.',
    meaning:
      'No secret and no assertion arrived (AADSTS7000218), or the app is set up as a public client (AADSTS700025).',
    remedy:
      'Give the connector a secret or a certificate. Under Authentication of the app registration, set "Allow public client flows" to No.',
  },
  'certificate-refused': {
    text: 'The certificate is not accepted.',
    meaning:
      'The assertion is not signed with a certificate that the app registration holds, or its name is not authorised (AADSTS700027, 50012, 700030).',
    remedy:
      'Compare the thumbprint in the connector with Certificates & secrets → Certificates of the app registration, and upload the certificate that belongs to this private key.',
  },
  'certificate-unreadable': {
    text: 'The certificate of the app or its private key cannot be used.',
    meaning:
      'One of the two is no PEM text, is encrypted with a passphrase, or is not of the other one; nothing was asked of Entra.',
    remedy:
      'Put the certificate (-----BEGIN CERTIFICATE-----) and its private key (-----BEGIN PRIVATE KEY-----, without a passphrase) into the connector, or make both anew: mailroom credential renew.',
  },
  'clock-wrong': {
    text: 'The clock of this machine is wrong.',
    meaning: 'The signed assertion is outside its time range for Entra (AADSTS500133, 700024).',
    remedy: 'Set the clock of this machine by NTP. A few minutes are enough to be refused.',
  },
  'federated-token-unreadable': {
    text: 'The token of the platform cannot be read.',
    meaning: 'The token file of the federated credential is not there, is empty, or may not be read by Mailroom.',
    remedy:
      'Compare federated.tokenFile of the connector with where the platform puts its token (AZURE_FEDERATED_TOKEN_FILE with workload identity in Kubernetes), and let Mailroom read it.',
  },
  'managed-identity-missing': {
    text: 'This machine has no managed identity.',
    meaning: 'Nothing answers at the address where Azure gives a machine the tokens of its managed identity.',
    remedy:
      'Turn the identity on (Azure portal → the machine → Identity), or give the connector a certificate where it does not run in Azure.',
  },
  'managed-identity-refused': {
    text: 'The managed identity gives no token.',
    meaning: 'The platform answers, and has no such identity or no token of it for Microsoft Graph.',
    remedy:
      'Compare managedIdentity.clientId of the connector with Azure portal → the machine → Identity → User assigned, or leave it out for the system-assigned one.',
  },
  'federation-refused': {
    text: 'The federated credential does not match.',
    meaning:
      'No federated credential of the app has this issuer, subject and audience, letter for letter (AADSTS70021, 700213, 7002131, 7002137, 7002138), or the issuer does not publish the signing key (AADSTS7000272).',
    remedy:
      'Compare issuer, subject and audience under Certificates & secrets → Federated credentials with the token that the platform issues. Capital letters count.',
  },
  'app-unknown': {
    text: 'The application is not known in this tenant.',
    meaning:
      'No app registration or enterprise application with this client ID is in the directory (AADSTS700016, 700011, 70001).',
    remedy:
      'Compare the connector with Application (client) ID and Directory (tenant) ID on the Overview of the app registration. After a new consent, wait some minutes.',
  },
  'app-disabled': {
    text: 'The application is disabled.',
    meaning: 'An administrator or Microsoft has switched the application off (AADSTS7000112).',
    remedy:
      'Entra admin centre → Enterprise applications → the app → Properties: "Enabled for users to sign in" to Yes.',
  },
  'tenant-unknown': {
    text: 'The tenant is not known.',
    meaning:
      'The tenant of the connector is no directory of this cloud (AADSTS90002), is in another national cloud (AADSTS90038), or is a word that this grant does not allow (AADSTS9001023, 50194).',
    remedy:
      'Put the Directory (tenant) ID, a GUID, into the connector, and choose the cloud that the tenant belongs to.',
  },
  'login-host-unknown': {
    text: 'The sign-in host is not one of Microsoft’s.',
    meaning: 'Instance discovery does not know the host (AADSTS50049).',
    remedy: 'Choose the cloud in the connector by its name, and remove an overridden login host.',
  },
  'scope-refused': {
    text: 'The token was asked for in a way that Entra does not accept.',
    meaning:
      'The scope or a parameter is not valid (AADSTS1002012, 70011, 700022, 900144, 901002). As a rule a host of the cloud was overridden with a wrong value.',
    remedy: 'Remove overridden hosts from the connector. If it stays, report it with the trace ID.',
  },
  'service-not-enabled': {
    text: 'The tenant does not have the service that the token is for.',
    meaning:
      'Microsoft Graph or Exchange Online is not enabled in the tenant, or the app registration does not ask for it (AADSTS500011, 650052, 650056, 650057).',
    remedy:
      'Check that the tenant has Exchange Online, and that API permissions of the app registration lists Microsoft Graph → Mail.Send (application).',
  },
  'sign-in-blocked': {
    text: 'A policy of the tenant blocks the sign-in of the application.',
    meaning:
      'Conditional Access for workload identities or security defaults refuse the token (AADSTS53003, 530032, 530035).',
    remedy:
      'Entra admin centre → Conditional Access → Sign-in logs → Service principal sign-ins show the policy. Exclude the app or allow the address of this machine.',
  },
  'sign-in-wrong-kind': {
    text: 'Entra answered as if a person were to sign in.',
    meaning: 'The answer belongs to the flows of users (AADSTS50034, 65001) and should not come to an application.',
    remedy: 'Check login host and tenant of the connector; report it with the trace ID if it stays.',
  },
  'token-throttled': {
    text: 'Entra asks to wait before the next token.',
    meaning: 'Too many token requests of this tenant or application (AADSTS90055, 50196, or status 429).',
    remedy: 'Nothing, if it passes. Else look for other programs that use the same app registration.',
  },
  'token-unavailable': {
    text: 'Entra cannot issue tokens at the moment.',
    meaning: 'A transient fault of the sign-in service (AADSTS90006, 90024, 90033, or a status of 500 and above).',
    remedy: 'Nothing: Mailroom tries again. Microsoft reports outages on the service health page of the admin centre.',
  },
  'token-unlisted': {
    text: 'Entra refused a token for a reason that is not listed.',
    meaning: 'The AADSTS number is not in the outcome table. The connector is paused, and looks again by itself.',
    remedy: 'Look the AADSTS number of the trail up in Microsoft’s list; the trace ID is what their support asks for.',
  },
} as const satisfies Record<string, CatalogueRow>;

const graphFaults = {
  'token-refused': {
    text: 'Graph does not accept the token.',
    meaning: 'A fresh token was refused as well (401): wrong audience, expired, or issued by another cloud.',
    remedy:
      'Check that login host and Graph host of the connector belong to the same cloud, and the clock of this machine.',
  },
  'permission-missing': {
    text: 'The application may not send mail.',
    meaning: 'The token has no Mail.Send, and no role of Exchange grants it either (403).',
    remedy:
      'Entra admin centre → App registrations → the app → API permissions: add Microsoft Graph → Application permissions → Mail.Send and grant admin consent; or assign the Exchange role "Application Mail.Send" to it. It takes up to two hours to apply.',
  },
  'drafts-not-allowed': {
    text: 'The application may not keep drafts in the mailbox, which large mail needs.',
    meaning:
      'largeMessages is upload, and the token has no Mail.ReadWrite, nor does a role of Exchange grant it (403). Mail that fits into one request goes on.',
    remedy:
      'Entra admin centre → App registrations → the app → API permissions: add Microsoft Graph → Application permissions → Mail.ReadWrite and grant admin consent, which mailroom setup does for an app of its own when it is run again; or assign the Exchange role "Application Mail.ReadWrite" to it. Or set largeMessages of the connector to smtp-oauth or refuse.',
  },
  'mailbox-not-allowed': {
    text: 'A policy does not let the application use this mailbox.',
    meaning:
      'An application access policy, or the scope of an Exchange role, leaves the sending mailbox out (RAOP). Changes take from minutes to hours.',
    remedy:
      'Put the system account into the mail-enabled security group of the policy (Get-ApplicationAccessPolicy shows it), then wait: Test-ApplicationAccessPolicy says Granted an hour before Graph does.',
  },
  'mailbox-unknown': {
    text: 'The sending mailbox does not exist.',
    meaning: 'Exchange or the directory does not know the user named as sender.',
    remedy:
      'Compare the system account of the connector with Exchange admin centre → Mailboxes. A new one takes some minutes.',
  },
  'mailbox-not-usable': {
    text: 'The sending account has no mailbox in the cloud.',
    meaning:
      'The user exists but has no licence or no Exchange Online mailbox, or the mailbox is on premises or soft-deleted.',
    remedy: 'Give the account an Exchange Online licence, or make it a shared mailbox, which needs none.',
  },
  'mailbox-full': {
    text: 'The sending mailbox is full.',
    meaning: 'Its quota is used up, as a rule by Sent Items.',
    remedy:
      'Empty Sent Items of the system account, add a retention policy to it, or send by the JSON form without a copy.',
  },
  'sender-blocked': {
    text: 'The sending mailbox may not send at the moment.',
    meaning:
      'Microsoft has suspended it or its message limit is used up (ErrorMessageSubmissionBlocked, ErrorExceededMessageLimit).',
    remedy:
      'Microsoft Defender → Review → Restricted entities shows and releases blocked senders. Limits end by themselves within 24 hours.',
  },
  'send-as-denied': {
    text: 'The mailbox may not send with this From address.',
    meaning: 'The From header names another address than the mailbox, without the right to Send As.',
    remedy:
      'Exchange admin centre → the mailbox of the From address → Delegation → Send As: add the system account; or let the route rewrite From to the system account.',
  },
  'recipient-refused': {
    text: 'The service does not accept a recipient.',
    meaning: 'A recipient’s address is not valid for Exchange, or there is none.',
    remedy: 'Correct the address where the mail is made and send it again.',
  },
  'too-large': {
    text: 'The message is too large for this way out.',
    meaning: 'The request limit of Graph (4 MB) or the size limit of the mailbox is exceeded.',
    remedy: 'Send a link in place of the file, or use a connector that takes larger mail.',
  },
  'sealed-too-large': {
    text: 'The message is signed or encrypted, and too large for one request.',
    meaning:
      'Mail over about 3 MB is taken apart to be uploaded, and that would break a signature, or what only its reader can open. It is never done.',
    remedy:
      'Set largeMessages of the connector to smtp-oauth, which sends every byte as it is; or send a link in place of the file.',
  },
  'draft-not-sent': {
    text: 'The draft was told to go, and it is still a draft.',
    meaning: 'The answer to the sending of a draft was lost. The mailbox was asked: it had not been sent.',
    remedy: 'Nothing: it is looked at again, and the same draft is sent. It cannot go out twice.',
  },
  'header-refused': {
    text: 'The service does not accept a header field.',
    meaning: 'The JSON form takes only header fields that begin with x-, and five at most.',
    remedy: 'Use the MIME form for this route.',
  },
  'request-refused': {
    text: 'The service could not read the request.',
    meaning:
      'Graph calls the body malformed. It is made anew for each attempt, so that something on the way may have changed it.',
    remedy: 'Look for a proxy or a firewall that rewrites HTTPS. If there is none, report it with the request-id.',
  },
  'item-missing': {
    text: 'A draft has gone before it was sent.',
    meaning: 'The item was not found in the mailbox: a rule, a person or another program removed it.',
    remedy: 'Nothing: the next attempt makes a new one. Look for rules and programs on the mailbox when it stays.',
  },
  throttled: {
    text: 'The service asks to wait.',
    meaning: 'A limit of Graph for this application and mailbox is reached (429 or 509). The whole lane waits.',
    remedy:
      'Nothing: Mailroom waits as long as it is told. Look for other programs that use the same app registration.',
  },
  'service-unavailable': {
    text: 'The service is not available at the moment.',
    meaning: 'Graph answered 503.',
    remedy: 'Nothing: Mailroom tries again. Microsoft reports outages on the service health page of the admin centre.',
  },
  'gateway-timeout': {
    text: 'A gateway of the service lost the answer.',
    meaning: 'Status 502 or 504 after the whole message was out: the mailbox may have taken it. It is `uncertain`.',
    remedy: 'Look into Sent Items of the system account for its Message-ID, then retry or cancel it.',
  },
  'unexpected-success': {
    text: 'The service answered a success that sending a message does not have.',
    meaning: 'Only 202 says that a message was taken. Another 2xx may come from a proxy. It is `uncertain`.',
    remedy: 'Look into Sent Items of the system account, and for a proxy between this machine and Graph.',
  },
} as const satisfies Record<string, CatalogueRow>;

export const deliveryFaults = {
  ...tokenFaults,
  ...graphFaults,
  'no-answer': {
    text: 'The connection ended after the message went out and before an answer came.',
    meaning: 'Whether the service took the message cannot be known. It is `uncertain`.',
    remedy: 'Look into Sent Items of the system account for its Message-ID, then retry or cancel it.',
  },
  network: {
    text: 'The service could not be reached.',
    meaning: 'Connecting, TLS or sending failed before the whole message was out. It was certainly not sent.',
    remedy: 'Check DNS, firewall and proxy of this machine; the trail has the reason. Mailroom tries again.',
  },
  'message-unreadable': {
    text: 'The bytes of the message could not be read from the store.',
    meaning: 'The disk failed, or the message is no longer kept. Nothing was sent.',
    remedy: 'Look at the log and the health of the disk. Mailroom tries again until the lifetime of the message ends.',
  },
  'message-unfit': {
    text: 'The message cannot be sent in this form.',
    meaning: 'Its header does not let itself be brought in line with its envelope, or the JSON form cannot bear it.',
    remedy: 'The trail has the reason. Use the MIME form for this route, or correct the mail where it is made.',
  },
  expired: {
    text: 'The message could not be sent within its lifetime.',
    meaning: 'Every attempt until the end of queue.expireAfter was deferred.',
    remedy: 'Look at the last attempts in the trail; retry the message when the cause is gone.',
  },
  'unlisted-answer': {
    text: 'The service gave an answer that is not listed.',
    meaning: 'Whatever is not in the outcome table counts as temporary.',
    remedy: 'Look at the status, the code and the request-id in the trail; Mailroom tries again.',
  },
} as const satisfies Record<string, CatalogueRow>;
