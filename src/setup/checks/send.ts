/** A real message from the system account to itself: Graph takes it, and it arrives. Only where it is asked for. */
import { z } from 'zod';
import { askGraph } from './ask.ts';
import type { Check, CheckContext, CheckResult } from './check.ts';
import { explain } from './mailbox.ts';

export const sendCheck: Check = {
  id: 'send',
  statement: 'A real message from the system account to itself is taken.',
  row: 'M13',
  kinds: ['graph'],
  needs: ['mailbox'],
  wanted: ({ wishes }) => wishes.send,
  async run(context): Promise<CheckResult> {
    const { userName } = context.connector;
    const recipient = context.wishes.sendTo ?? userName;
    const mark = context.newId().slice(0, 8);
    const subject = `Mailroom: this mail proves the connector (${mark})`;
    const message = {
      subject,
      body: { contentType: 'Text', content: `Sent by mailroom check on ${new Date(context.now()).toISOString()}.` },
      toRecipients: [{ emailAddress: { address: recipient } }],
    };
    const asked = await askGraph(context, {
      method: 'POST',
      path: `/v1.0/users/${encodeURIComponent(userName)}/sendMail`,
      headers: { 'content-type': 'application/json' },
      body: { kind: 'whole', bytes: Buffer.from(JSON.stringify({ message, saveToSentItems: false })) },
    });
    if (asked.kind !== 'answered' || asked.read.judged.status !== 202) return explain(asked);
    context.findings.sent = { subject, mark };
    return { state: 'pass', evidence: [asked.evidence] };
  },
};

/** Graph's 202 is no delivery: transport, rules and limits come after it. */
const arrivesWithinMs = 60_000;
const everyMs = 3_000;
const readingRoles = ['Mail.Read', 'Mail.ReadWrite'];
const foundSchema = z.object({
  value: z.array(
    z.object({
      subject: z.string().nullish(),
      receivedDateTime: z.string().optional(),
      bodyPreview: z.string().nullish(),
    }),
  ),
});

export const arrivalCheck: Check = {
  id: 'arrival',
  statement: 'That message arrives in the inbox.',
  row: 'M13',
  kinds: ['graph'],
  needs: ['send'],
  // Sent to somebody else, it is in no mailbox of ours to look into.
  wanted: ({ wishes }) => wishes.send && wishes.sendTo === undefined,
  async run(context: CheckContext): Promise<CheckResult> {
    const { findings, connector, wishes } = context;
    const { userName } = connector;
    const { subject = '', mark = '' } = findings.sent ?? {};
    if (!findings.roles?.some((role) => readingRoles.includes(role)))
      return {
        state: 'unknown',
        evidence: [`The app may not read the inbox of ${userName}, and needs not to.`],
        remedy: `Look into the inbox of ${userName}: "${subject}" arrives within a minute.`,
      };
    const filter = encodeURIComponent(`contains(subject,'${mark}')`);
    const path = `/v1.0/users/${encodeURIComponent(userName)}/mailFolders/inbox/messages?$filter=${filter}&$select=subject,receivedDateTime,bodyPreview`;
    const withinMs = wishes.arrivesWithinMs ?? arrivesWithinMs;
    const looks = Math.max(1, Math.ceil(withinMs / everyMs));
    let last = '';
    for (let look = 1; look <= looks; look += 1) {
      const asked = await askGraph(context, { method: 'GET', path });
      last = asked.evidence;
      if (asked.kind === 'answered' && asked.read.judged.status === 200) {
        const found = foundSchema.safeParse(asked.json).data?.value ?? [];
        const arrived = found.find((each) => each.subject === subject);
        if (arrived) return { state: 'pass', evidence: [`It arrived at ${arrived.receivedDateTime}.`, last] };
        // Exchange reports what it took and could not deliver to the sender, who is the same here.
        const [report] = found;
        if (report) return undeliverable(`"${report.subject}": ${report.bodyPreview ?? ''}`, last);
      }
      if (look < looks) await context.pause(everyMs);
    }
    return {
      state: 'warn',
      evidence: [`Not in the inbox within ${Math.ceil(withinMs / 1000)} s.`, last],
      remedy:
        'Look into Junk and at the rules of the mailbox, and for a non-delivery report; the message trace of the Exchange admin center tells the rest.',
    };
  },
};

function undeliverable(report: string, asked: string): CheckResult {
  return {
    state: 'fail',
    evidence: [`It came back as undeliverable. ${report}`.slice(0, 400), asked],
    remedy:
      'Mend what the report names: a limit of the mailbox (Get-Mailbox … | Format-List *Send*,*Limit*), a mail flow rule, or a full mailbox. All other mail of this account comes back likewise.',
  };
}
