/**
 * Hands messages in by SMTP, one transaction each, and holds what reaches the mailboxes of a practice tenant against them:
 * exactly the envelope's recipients, and not one byte changed below the root header.
 */
import { startPracticeTenant } from '../../practice-tenant/tenant.ts';
import { canonicalAddress } from '../../src/mime/addresses.ts';
import { bodyBelowHeader, type Fixture } from '../corpus/corpus.ts';
import { withMailroom } from '../harness/mailroom-in-process.ts';
import { openDialogue, type SmtpDialogue } from '../harness/smtp-dialogue.ts';

export interface CorpusReport {
  readonly accepted: number;
  readonly sent: number;
  /** Name and reply of each message that was refused. */
  readonly refused: readonly string[];
  readonly complaints: readonly string[];
}

const systemAccount = 'noreply@contoso.example';

/** Sends all of them, one after the other, and says what is wrong with what arrived. */
export async function throughMailroom(
  messages: readonly Fixture[],
  bareNewlines: 'refuse' | 'keep',
): Promise<CorpusReport> {
  const tenant = await startPracticeTenant({ profile: 'unlimited' });
  // This is about who gets what; the tenant must not refuse a From of the nineties.
  tenant.addUser(systemAccount, { maySendAs: ['*'] });
  try {
    return await withMailroom(
      { tenant, systemAccount, senders: ['*'], listener: { bareNewlines } },
      async ({ smtpPort, store, settled }) => {
        const refused: string[] = [];
        const complaints: string[] = [];
        await using dialogue = await openDialogue({ port: smtpPort });
        await dialogue.reply();
        await dialogue.command('EHLO corpus');
        for (const message of messages) {
          const answer = await handIn(dialogue, message);
          const id = /queued as (\S+)/.exec(answer)?.[1];
          if (id === undefined) {
            refused.push(`${message.name}: ${answer}`);
            continue;
          }
          await settled();
          const trail = await store.trail(id);
          if (trail?.message.state === 'sent') complaints.push(...compare(message, tenant.mailboxes.delivered()));
          else
            complaints.push(
              `${message.name} is ${trail?.message.state}: ${JSON.stringify(trail?.attempts.at(-1)?.result)}`,
            );
          tenant.mailboxes.clear();
        }
        const { accepted, sent } = await store.books();
        return { accepted, sent, refused, complaints };
      },
    );
  } finally {
    await tenant.close();
  }
}

/** One transaction; the last reply, or the first refusal. */
async function handIn(dialogue: SmtpDialogue, message: Fixture): Promise<string> {
  const { bytes, mailFrom, recipients, smtpUtf8 } = message;
  const text = ({ code, lines }: { code: number; lines: readonly string[] }) => `${code} ${lines.join(' ')}`;
  const commands = [
    `MAIL FROM:<${mailFrom}>${smtpUtf8 ? ' SMTPUTF8' : ''}`,
    ...recipients.map((to) => `RCPT TO:<${to}>`),
    'DATA',
  ];
  for (const command of commands) {
    const reply = await dialogue.command(command);
    if (reply.code < 400) continue;
    await dialogue.command('RSET');
    return text(reply);
  }
  const stuffed = bytes.toString('latin1').replace(/(^|\r\n)\./g, '$1..');
  dialogue.write(Buffer.from(`${stuffed}.\r\n`, 'latin1'));
  return text(await dialogue.reply());
}

function compare(message: Fixture, copies: readonly { readonly address: string; readonly raw?: Buffer }[]): string[] {
  const complaints: string[] = [];
  const wanted = message.recipients.map(canonicalAddress).sort();
  const reached = copies.map((copy) => canonicalAddress(copy.address)).sort();
  if (JSON.stringify(wanted) !== JSON.stringify(reached))
    complaints.push(`${message.name}: meant for ${wanted}, reached ${reached}`);
  const body = bodyBelowHeader(message.bytes);
  for (const { raw, address } of copies)
    if (raw && !raw.subarray(raw.length - body.length).equals(body))
      complaints.push(`${message.name}: changed below the root header on its way to ${address}`);
  return complaints;
}
