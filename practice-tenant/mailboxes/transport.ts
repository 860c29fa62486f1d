/**
 * The one way into mailboxes, for Graph and for SMTP. By now the request has been answered with success: whatever goes
 * wrong from here on reaches the sender as a non-delivery report in the own inbox, as with Exchange.
 * Source: Exchange Online "Sending limits", "Receiving limits", "Email non-delivery reports and SMTP errors".
 */
import { randomUUID } from 'node:crypto';
import type { TenantUser } from '../directory/directory-state.ts';
import { hasCloudMailbox } from '../directory/users.ts';
import type { Service, Tenant } from '../service.ts';
import type { MailCopy } from './mailboxes.ts';
import { type DeliveryFailure, type FailureReason, nonDeliveryReport } from './non-delivery-report.ts';
import { endOfHeader, withoutBcc } from './without-bcc.ts';

export interface Submission {
  /** Whose mailbox sends: it gets Sent Items and non-delivery reports, and its limits count. */
  readonly sender: TenantUser;
  /** Everybody who is to get it, blind copies too. The header is not looked at. */
  readonly recipients: readonly string[];
  /** Recipients get it without its Bcc fields, Sent Items with them. */
  readonly raw: Buffer;
  /** Address in the From field where it is not the sender's own. */
  readonly from?: string | undefined;
  readonly saveToSentItems: boolean;
  /** With angle brackets; one is made up when it is empty. */
  readonly internetMessageId: string;
  readonly subject: string;
  /** The draft that this was: it goes from Drafts, and its immutable id goes on in Sent Items. */
  readonly draft?: MailCopy;
}

/** Takes a message for delivery. Never throws: what cannot be delivered is reported to the sender. */
export function submitMessage(service: Pick<Service, 'clock'>, tenant: Tenant, message: Submission): void {
  const { directory, mailboxes, limits } = tenant;
  const { sender, raw, draft, subject } = message;
  const at = limits.sending.releaseAt(sender.address);
  const internetMessageId = message.internetMessageId || `<${randomUUID()}@${directory.domain}>`;
  mailboxes.accepted += 1;
  if (draft) mailboxes.remove(draft);
  const copy = { internetMessageId, subject, at };
  if (message.saveToSentItems)
    mailboxes.deliver(sender.address, 'sentitems', { ...copy, raw, ...(draft ? { origin: draft.origin } : {}) });

  const recipients = distinct(message.recipients);
  const whole = reasonAgainstAll(tenant, message, recipients.length);
  const failures: DeliveryFailure[] = whole ? recipients.map((address) => ({ address, reason: whole })) : [];
  if (!whole) {
    const { targets, failed } = resolve(tenant, recipients);
    failures.push(...failed);
    const outside = [...targets.values()].filter(({ isOutside }) => isOutside).length;
    const mayLeave = outside === 0 || limits.sending.takeExternal(outside);
    const shown = withoutBcc(raw);
    for (const [mailbox, { address, isOutside }] of targets) {
      if (isOutside && !mayLeave) failures.push({ address, reason: 'tenant-external-limit' });
      else mailboxes.deliver(mailbox, 'inbox', { ...copy, raw: shown, address });
    }
  }
  if (failures.length === 0) return;
  const report = nonDeliveryReport({
    domain: directory.domain,
    to: message.from ?? sender.address,
    failures,
    header: withoutBcc(raw.subarray(0, endOfHeader(raw))),
    internetMessageId,
    subject,
    now: service.clock.now(),
  });
  mailboxes.deliver(sender.address, 'inbox', { ...report, at });
}

/** What is wrong with the message as a whole, so that nobody gets it. A group counts as one recipient. */
function reasonAgainstAll({ profile, limits }: Tenant, message: Submission, count: number): FailureReason | undefined {
  const { sender, raw } = message;
  const maxBytes = sender.maxSendBytes ?? profile.maxSendBytes;
  if (maxBytes !== null && raw.length > maxBytes) return 'too-large';
  const maxRecipients = sender.recipientLimit ?? profile.recipientsPerMessage;
  if (maxRecipients !== null && count > maxRecipients) return 'too-many-recipients';
  return limits.sending.takeRecipients(sender.address, count) ? undefined : 'daily-recipients';
}

interface Target {
  /** As the message named it; for a member of a group, its own address. */
  readonly address: string;
  readonly isOutside: boolean;
}

/** The mailboxes behind addresses, each once however often it was named. */
function resolve({ directory, profile }: Tenant, recipients: readonly string[]) {
  const relaysUnknown = profile.unknownInternalRecipients === 'relay';
  const targets = new Map<string, Target>();
  const failed: DeliveryFailure[] = [];
  const add = (user: TenantUser, address: string) => {
    const isOutside = user.mailboxType === 'MailUser';
    if (!isOutside && !hasCloudMailbox(user)) failed.push({ address, reason: 'unknown-recipient' });
    else if (user.mailboxFull) failed.push({ address, reason: 'mailbox-full' });
    else if (!targets.has(user.address.toLowerCase())) targets.set(user.address.toLowerCase(), { address, isOutside });
  };
  for (const address of recipients) {
    const user = directory.user(address);
    if (user) {
      add(user, address);
      continue;
    }
    if (!directory.isInternal(address)) {
      targets.set(address.toLowerCase(), { address, isOutside: true });
      continue;
    }
    const group = directory.group(address);
    if (group?.mail) for (const member of directory.membersBelow(group)) add(member, member.address);
    else if (relaysUnknown) targets.set(address.toLowerCase(), { address, isOutside: true });
    else failed.push({ address, reason: 'unknown-recipient' });
  }
  return { targets, failed };
}

function distinct(addresses: readonly string[]): string[] {
  const byKey = new Map<string, string>();
  for (const address of addresses) if (!byKey.has(address.toLowerCase())) byKey.set(address.toLowerCase(), address);
  return [...byKey.values()];
}
