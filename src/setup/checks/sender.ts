/**
 * The system account as others see it: its primary address or an alias, and its display name. Asked of the directory where
 * the app may look, or of Exchange while an administrator is signed in; otherwise nobody can tell.
 */
import { z } from 'zod';
import { askGraph } from './ask.ts';
import { askExchange, cmdletsOf, textOf } from './ask-exchange.ts';
import type { Check, CheckContext, CheckResult } from './check.ts';

const directoryRoles = ['User.ReadBasic.All', 'User.Read.All', 'Directory.Read.All'];
const userSchema = z.object({ mail: z.string().nullish(), displayName: z.string().nullish() });

interface Sender {
  readonly primary: string;
  readonly displayName: string;
  readonly evidence: string;
}

const mayReadDirectory = ({ findings }: CheckContext) =>
  findings.roles?.some((role) => directoryRoles.includes(role)) ?? false;

async function senderOf(context: CheckContext): Promise<Sender | CheckResult> {
  const { userName } = context.connector;
  if (cmdletsOf(context)) {
    const asked = await askExchange(context, 'Get-Mailbox', { Identity: userName });
    if ('refused' in asked) return asked.refused;
    const [mailbox] = asked.rows;
    const [primary, displayName] = [textOf(mailbox, 'PrimarySmtpAddress'), textOf(mailbox, 'DisplayName')];
    return { primary, displayName, evidence: `${asked.evidence}, ${primary} "${displayName}"` };
  }
  const path = `/v1.0/users/${encodeURIComponent(userName)}?$select=mail,displayName`;
  const asked = await askGraph(context, { method: 'GET', path });
  const read = asked.kind === 'answered' ? userSchema.safeParse(asked.json) : undefined;
  const primary = read?.data?.mail;
  if (!primary)
    return { state: 'unknown', evidence: [asked.evidence], remedy: 'Run mailroom check --sign-in: Exchange knows.' };
  return { primary, displayName: read.data?.displayName ?? '', evidence: asked.evidence };
}

export const senderCheck: Check = {
  id: 'sender',
  statement: 'The system account is a primary address, and its name is one that Exchange sends with.',
  row: 'M1',
  needs: ['mailbox'],
  wanted: (context) =>
    cmdletsOf(context) !== undefined || (context.connector.kind === 'graph' && mayReadDirectory(context)),
  link: ({ connector }) => `${connector.portals.exchangeAdmin}/#/mailboxes`,
  async run(context): Promise<CheckResult> {
    const { userName } = context.connector;
    const sender = await senderOf(context);
    if ('state' in sender) return sender;
    context.findings.primaryAddress = sender.primary;
    const evidence = [sender.evidence];
    if (sender.primary.toLowerCase() !== userName.toLowerCase())
      return {
        state: 'warn',
        evidence,
        remedy: `${userName} is an alias: recipients see ${sender.primary}. Put that into userName, or make ${userName} the primary address of a mailbox of its own.`,
      };
    if (sender.displayName.includes('@'))
      return {
        state: 'warn',
        evidence,
        remedy: `The display name "${sender.displayName}" holds an @: Graph has been seen to refuse such senders (ErrorSendAsDenied). Give the mailbox a name in words.`,
      };
    return { state: 'pass', evidence };
  },
};
