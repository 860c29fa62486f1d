/**
 * How strict the practice tenant is. `documented` has the limits and delays that Microsoft documents; `unlimited` has
 * neither rates nor delays, for tests of something else. Each value can be set by itself.
 * Source: Graph "Microsoft Graph service-specific throttling limits", Exchange Online "Sending limits".
 */
import { z } from 'zod';

const count = z.number().int().positive().nullable();
const ms = z.number().int().min(0);

/** A limit of null is off. Sizes are in bytes, delays in ms. */
export const profileSchema = z.strictObject({
  /** Requests to mailboxes under way at once. */
  concurrency: count,
  /** Microsoft has published three readings of whom that limit counts for. */
  concurrencyReading: z.enum(['app-and-mailbox', 'mailbox', 'app']),
  /** By app and mailbox. */
  requestsPer10Minutes: count,
  /** By app and mailbox, in bytes. */
  uploadBytesPer5Minutes: count,
  /** By mailbox: what is beyond is delivered in the following minutes, not refused. */
  messagesPerMinute: count,
  /** By mailbox in rolling 24 hours: what is beyond comes back as a non-delivery report. */
  recipientsPerDay: count,
  /** Of the tenant, outside its domains, in rolling 24 hours. */
  externalRecipientsPerDay: count,
  recipientsPerMessage: count,
  /** Addresses of the tenant's domains that are nobody's: reported to the sender, or relayed (a domain of type InternalRelay). */
  unknownInternalRecipients: z.enum(['report', 'relay']),
  requestBytes: count,
  maxSendBytes: count,
  smtpConnectionsPerMailbox: count,
  /** Writes to the directory per app in 150 s. */
  directoryWritesPer150Seconds: count,
  /** Until a new secret or certificate is known everywhere. */
  credentialDelayMs: ms,
  /** Until a granted or withdrawn app role shows in new tokens. */
  consentDelayMs: ms,
  /** Until Graph honours what Test-ApplicationAccessPolicy says at once. */
  accessPolicyDelayMs: ms,
  /** Until Graph honours what Test-ServicePrincipalAuthorization says at once. */
  roleAssignmentDelayMs: ms,
  /** Until Exchange's replicas know a new object. */
  exchangeObjectDelayMs: ms,
  /** Until a right on a mailbox (Add-MailboxPermission) holds for SMTP. */
  mailboxPermissionDelayMs: ms,
  /** The least that an access token lives. */
  accessTokenSeconds: z.number().int().positive(),
  /** At random, up to so many seconds are added. Entra "Configurable token lifetimes": 60 to 90 minutes, 75 on average. */
  accessTokenSpreadSeconds: z.number().int().min(0),
  /** How long a request to a mailbox is under way, in ms of this machine's own time; its answer comes after. */
  mailboxAnswerMs: ms,
  /** Between two questions of a device that waits for its code to be entered. */
  deviceCodeIntervalSeconds: z.number().int().positive(),
});
export type Profile = z.infer<typeof profileSchema>;

const minuteMs = 60_000;
const mib = 1024 * 1024;

/** Delays are in the middle of what Microsoft and the field report; the sources give ranges. */
const documented: Profile = {
  concurrency: 4,
  concurrencyReading: 'app-and-mailbox',
  requestsPer10Minutes: 10_000,
  uploadBytesPer5Minutes: 150 * mib,
  messagesPerMinute: 30,
  recipientsPerDay: 10_000,
  externalRecipientsPerDay: 10_000,
  recipientsPerMessage: 500,
  unknownInternalRecipients: 'report',
  requestBytes: 4 * mib,
  maxSendBytes: 35 * mib,
  smtpConnectionsPerMailbox: 3,
  directoryWritesPer150Seconds: 3000,
  credentialDelayMs: 15_000,
  consentDelayMs: minuteMs,
  accessPolicyDelayMs: 30 * minuteMs,
  roleAssignmentDelayMs: 60 * minuteMs,
  exchangeObjectDelayMs: 2 * minuteMs,
  mailboxPermissionDelayMs: 30 * minuteMs,
  accessTokenSeconds: 3599,
  accessTokenSpreadSeconds: 1800,
  mailboxAnswerMs: 0,
  deviceCodeIntervalSeconds: 5,
};

const unlimited: Profile = {
  ...documented,
  concurrency: null,
  requestsPer10Minutes: null,
  uploadBytesPer5Minutes: null,
  messagesPerMinute: null,
  recipientsPerDay: null,
  externalRecipientsPerDay: null,
  recipientsPerMessage: null,
  unknownInternalRecipients: 'relay',
  smtpConnectionsPerMailbox: null,
  directoryWritesPer150Seconds: null,
  credentialDelayMs: 0,
  consentDelayMs: 0,
  accessPolicyDelayMs: 0,
  roleAssignmentDelayMs: 0,
  exchangeObjectDelayMs: 0,
  mailboxPermissionDelayMs: 0,
  accessTokenSpreadSeconds: 0,
  deviceCodeIntervalSeconds: 1,
};

export const profiles = { documented, unlimited } as const;
export type ProfileName = keyof typeof profiles;
