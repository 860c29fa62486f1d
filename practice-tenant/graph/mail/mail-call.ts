/** One request to a mailbox, with what each part of the mail answers needs. */
import type { TenantUser } from '../../directory/directory-state.ts';
import { headerText, type TenantRequest } from '../../http/exchange.ts';
import type { Throttled } from '../../limits/traffic-limits.ts';
import { immutableIdOf, type MailCopy } from '../../mailboxes/mailboxes.ts';
import type { MailAddress, MessageContent } from '../../mailboxes/message-content.ts';
import type { Service, Tenant } from '../../service.ts';
import type { Caller } from '../authorise.ts';
import { exchangeRefusal, GraphRefusal, refusal } from '../graph-error.ts';

/** What the mail part needs of the service. */
export type MailService = Pick<Service, 'origin' | 'uploadOrigin' | 'clock' | 'tenant'>;

export interface MailCall {
  readonly service: MailService;
  readonly request: TenantRequest;
  readonly caller: Caller;
  readonly tenant: Tenant;
  readonly mailbox: TenantUser;
  /** ms since the epoch. */
  readonly now: number;
  /** `users('…')`, with the user as the path named it. */
  readonly base: string;
  /** The client asked for ids that stay when an item moves. */
  readonly immutableIds: boolean;
}

export function asksForImmutableIds(request: TenantRequest): boolean {
  return /\bIdType\s*=\s*"?ImmutableId\b/i.test(headerText(request.headers, 'prefer') ?? '');
}

/** Said of every answer in which ids are the ones that the client asked for. */
export function preferenceHeaders({ immutableIds }: MailCall): Record<string, string> {
  return immutableIds ? { 'preference-applied': 'IdType="ImmutableId"' } : {};
}

export function idOf({ immutableIds }: MailCall, copy: MailCopy): string {
  return immutableIds ? immutableIdOf(copy) : copy.id;
}

/** The absolute address of something in the mailbox. */
export function mailUrl({ service, base }: MailCall, path: string): string {
  return `${service.origin}/v1.0/${base}/${path}`;
}

export function contextUrl({ service, base }: MailCall, path: string): string {
  return `${service.origin}/v1.0/$metadata#${base}/${path}`;
}

export function findMessage({ tenant, mailbox }: MailCall, id: string): MailCopy {
  if (!/^AA[\w=+/-]+$/.test(id)) throw exchangeRefusal(400, 'ErrorInvalidIdMalformed', 'Id is malformed.');
  const found = tenant.mailboxes.find(mailbox.address, id);
  if (!found) throw refusal('itemNotFound');
  return found;
}

export function ownAddress({ displayName, address }: TenantUser): MailAddress {
  return { name: displayName, address };
}

/** The content with the mailbox as its sender where it names none. */
export function withSender(content: MessageContent, mailbox: TenantUser): MessageContent {
  return content.from ? content : { ...content, from: ownAddress(mailbox) };
}

/** Everybody the content is for, as it names them: no header is read again. */
export function recipientsOf({ to, cc, bcc }: MessageContent): string[] {
  return [...to, ...cc, ...bcc].map(({ address }) => address);
}

/** @throws GraphRefusal 403 for a sender address that the mailbox has no right to; no address is its own */
export function requireSendAs({ tenant, mailbox }: MailCall, ...addresses: readonly (string | undefined)[]): void {
  for (const address of addresses)
    if (address !== undefined && !maySendAs(tenant, mailbox, address)) throw refusal('sendAsDenied');
}

function maySendAs({ directory }: Tenant, mailbox: TenantUser, address: string): boolean {
  if (mailbox.maySendAs.includes('*')) return true;
  const wanted = address.toLowerCase();
  const own = [mailbox.address, ...mailbox.aliases, ...mailbox.maySendAs];
  return (
    own.some((each) => each.toLowerCase() === wanted) ||
    directory.user(address)?.sendAsTrustees.includes(mailbox.id) === true
  );
}

/** @throws GraphRefusal 403 when nothing more fits into the mailbox */
export function requireRoom({ mailbox }: MailCall): void {
  if (mailbox.mailboxFull)
    throw exchangeRefusal(403, 'ErrorQuotaExceeded', 'The mailbox has exceeded its maximum size.');
}

/** 400: the operation is not for items of this kind. */
export function invalidForItem(message: string): GraphRefusal {
  return exchangeRefusal(400, 'ErrorInvalidRequest', message);
}

/** 429 with the seconds to wait. The limits of the mailbox are Exchange's, that on requests is the gateway's. */
export function throttled({ code, message, retryAfterSeconds }: Throttled): GraphRefusal {
  const headers = { 'retry-after': String(retryAfterSeconds) };
  return new GraphRefusal({ status: 429, code, message, inner: code === 'TooManyRequests', headers });
}
