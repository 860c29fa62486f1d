/**
 * Who may submit as which mailbox. Set-up A: the app role SMTP.SendAsApp, the service principal known to Exchange, and
 * FullAccess to the mailbox, whose absence shows only at the end of the data. Set-up B: RBAC for Applications alone.
 */
import type { TenantUser } from '../../directory/directory-state.ts';
import { hasCloudMailbox } from '../../directory/users.ts';
import type { Service, Tenant } from '../../service.ts';
import { roleAssigned } from '../access.ts';

export interface Submitter {
  readonly tenant: Tenant;
  readonly mailbox: TenantUser;
  /** Object id of the service principal or the person. */
  readonly oid: string;
  /** False: the mailbox refuses the message once it is there. */
  readonly mayOpen: boolean;
}

export type LoginEnd =
  | { readonly kind: 'submitter'; readonly submitter: Submitter }
  | { readonly kind: 'refused'; readonly reply: string };

const server = '[PRACTICE.PROD.OUTLOOK.COM]';
const unsuccessful = `535 5.7.3 Authentication unsuccessful ${server}`;
const disabled = (what: 'Tenant' | 'Mailbox') =>
  `535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the ${what}. Visit https://aka.ms/smtp_auth_disabled for more information. ${server}`;

/** @param text base64 of `user=…^Aauth=Bearer …^A^A` */
export async function logIn(service: Service, text: string): Promise<LoginEnd> {
  const refuse = (reply: string): LoginEnd => ({ kind: 'refused', reply });
  const decoded = Buffer.from(text, 'base64').toString('utf8');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: SASL XOAUTH2 separates its fields by ^A.
  const [, user = '', token = ''] = /^user=([^\x01]*)\x01auth=Bearer ([^\x01]*)\x01\x01$/i.exec(decoded) ?? [];
  const check = token === '' ? undefined : await service.tokens.check(token);
  if (!check?.valid) return refuse(unsuccessful);
  const { aud, tid, appid, oid, roles, scopes, idtyp } = check.claims;
  const audiences = [service.cloud.exchange, 'https://outlook.office.com', `${service.origin}/outlook`];
  const tenant = audiences.includes(aud.replace(/\/$/, '')) ? service.tenant(tid) : undefined;
  const mailbox = tenant?.directory.user(user);
  if (!tenant || !mailbox || !hasCloudMailbox(mailbox)) return refuse(unsuccessful);
  const { exchange } = tenant.directory.state;
  const off = mailbox.smtpClientAuthenticationDisabled ?? exchange.smtpClientAuthenticationDisabled;
  if (off) return refuse(disabled(mailbox.smtpClientAuthenticationDisabled === null ? 'Tenant' : 'Mailbox'));
  const now = service.clock.now();
  const hasRight = mailbox.fullAccess.some(({ trusteeId, effectiveAt }) => trusteeId === oid && effectiveAt <= now);
  if (idtyp === 'user') {
    if (!scopes.includes('SMTP.Send')) return refuse(unsuccessful);
    return { kind: 'submitter', submitter: { tenant, mailbox, oid, mayOpen: oid === mailbox.id || hasRight } };
  }
  const byRole = roleAssigned(tenant.directory, oid, 'Application SMTP.SendAsApp', mailbox, now);
  const isKnown = exchange.servicePrincipals.some(({ objectId, appId }) => objectId === oid && appId === appid);
  if (!byRole && (!roles.includes('SMTP.SendAsApp') || !isKnown)) return refuse(unsuccessful);
  // The claim in the token brings the check of the mailbox's rights back, also beside a role of RBAC.
  const mayOpen = roles.includes('SMTP.SendAsApp') ? hasRight : byRole;
  return { kind: 'submitter', submitter: { tenant, mailbox, oid, mayOpen } };
}

/** Whether the mailbox may send as this address, for this app or person. */
export function maySubmitAs({ tenant, mailbox, oid }: Submitter, address: string): boolean {
  const wanted = address.toLowerCase();
  if (mailbox.maySendAs.includes('*')) return true;
  if ([mailbox.address, ...mailbox.aliases, ...mailbox.maySendAs].some((each) => each.toLowerCase() === wanted))
    return true;
  return tenant.directory.user(address)?.sendAsTrustees.includes(oid) ?? false;
}
