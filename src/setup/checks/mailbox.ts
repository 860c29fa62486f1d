/**
 * What Graph really lets the app do with a mailbox. It is asked to send a message without recipients: a mailbox that the
 * app may use answers that there is nobody to send to, and one that it may not use refuses before it reads the message.
 * So nothing is sent, and what is proven is what a real message would meet.
 */
import { catalogueRow } from '../../domain/catalogue.ts';
import { classifyGraph } from '../../egress/classify.ts';
import { type Asked, askGraph } from './ask.ts';
import type { Check, CheckContext, CheckResult } from './check.ts';

const withoutRecipients = JSON.stringify({
  message: { subject: 'Mailroom: a check', body: { contentType: 'Text', content: '' }, toRecipients: [] },
  saveToSentItems: false,
});

function probe(context: CheckContext, mailbox: string): Promise<Asked> {
  return askGraph(context, {
    method: 'POST',
    path: `/v1.0/users/${encodeURIComponent(mailbox)}/sendMail`,
    headers: { 'content-type': 'application/json' },
    body: { kind: 'whole', bytes: Buffer.from(withoutRecipients) },
  });
}

/** Whether an answer to the probe means that a real message would have been taken. */
function isAllowed(asked: Asked): boolean {
  return asked.kind === 'answered' && asked.read.judged.code?.toLowerCase() === 'errorinvalidrecipients';
}

function explain(asked: Asked): CheckResult {
  if (asked.kind === 'broken') return { state: 'unknown', evidence: [asked.evidence], remedy: 'Run the check again.' };
  const verdict = classifyGraph(asked.read.judged);
  if (verdict.outcome === 'sent')
    return {
      state: 'unknown',
      evidence: [asked.evidence],
      remedy: 'Graph took a message without recipients. Look into its Sent Items.',
    };
  const { text, remedy } = catalogueRow(verdict.fault);
  const isOfTheMoment = verdict.outcome === 'deferred' && verdict.scope === 'lane';
  const comes = verdict.fault === 'mailbox-not-allowed' || verdict.fault === 'permission-missing';
  return {
    state: isOfTheMoment ? 'unknown' : 'fail',
    evidence: [text, asked.evidence],
    remedy,
    ...(comes ? { mayStillCome: true } : {}),
  };
}

export const mailboxCheck: Check = {
  id: 'mailbox',
  statement: 'The app may send as the system account.',
  row: 'M8',
  needs: ['credential'],
  async run(context): Promise<CheckResult> {
    const { userName } = context.connector;
    const asked = await probe(context, userName);
    if (!isAllowed(asked)) return explain(asked);
    return { state: 'pass', evidence: [`${userName} is allowed.`, asked.evidence] };
  },
};

export const forbiddenCheck: Check = {
  id: 'forbidden-mailbox',
  statement: 'The app may not send as anybody else.',
  row: 'M12',
  needs: ['credential', 'mailbox'],
  async run(context): Promise<CheckResult> {
    const { wishes, findings } = context;
    const isTenantWide = findings.roles?.includes('Mail.Send') ?? false;
    if (wishes.forbidden.length === 0)
      return {
        state: isTenantWide ? 'warn' : 'unknown',
        evidence: [
          isTenantWide
            ? 'Mail.Send is granted in Entra: unless a policy limits it, the app can send as every mailbox of the organisation.'
            : 'No other mailbox was named, so that nothing could be asked.',
        ],
        remedy: 'Name a mailbox that the app must not use (--forbidden), so that the limit can be proven.',
      };
    const asked = await Promise.all(
      wishes.forbidden.map(async (mailbox) => ({ mailbox, answer: await probe(context, mailbox) })),
    );
    const evidence = asked.map(({ answer }) => answer.evidence);
    const open = asked.filter(({ answer }) => isAllowed(answer)).map(({ mailbox }) => mailbox);
    if (open.length > 0)
      return {
        state: 'fail',
        evidence: [
          `${open.join(', ')} ${open.length === 1 ? 'is' : 'are'} allowed as well: ${open.length} of ${asked.length} named.`,
          ...evidence,
        ],
        remedy: isTenantWide
          ? 'Limit the app: mailroom policy script writes what is to be run. Where RBAC for Applications limits it already, withdraw Mail.Send in Entra: the two add up. After a change Graph may take two hours to follow.'
          : 'A role of Exchange covers this mailbox: narrow its scope (Get-ManagementRoleAssignment shows it). Graph may take two hours to follow.',
        mayStillCome: true,
      };
    for (const { mailbox, answer } of asked) {
      const refused = answer.kind === 'answered' ? answer.read.judged : undefined;
      if (refused?.status === 403) continue;
      if (refused?.status !== 404) return explain(answer);
      return {
        state: 'unknown',
        evidence: [answer.evidence],
        remedy: `${mailbox} is no mailbox of this tenant. Name one that exists: what is not there proves nothing.`,
      };
    }
    return { state: 'pass', evidence: [`${wishes.forbidden.join(', ')}: refused.`, ...evidence] };
  },
};

export const sendCheck: Check = {
  id: 'send',
  statement: 'A real message from the system account to itself is taken.',
  row: 'M13',
  needs: ['mailbox'],
  wanted: ({ send }) => send,
  async run(context): Promise<CheckResult> {
    const { userName } = context.connector;
    const recipient = context.wishes.sendTo ?? userName;
    const message = {
      subject: 'Mailroom: this mail proves the connector',
      body: { contentType: 'Text', content: `Sent by mailroom check on ${new Date(context.now()).toISOString()}.` },
      toRecipients: [{ emailAddress: { address: recipient } }],
    };
    const asked = await askGraph(context, {
      method: 'POST',
      path: `/v1.0/users/${encodeURIComponent(userName)}/sendMail`,
      headers: { 'content-type': 'application/json' },
      body: { kind: 'whole', bytes: Buffer.from(JSON.stringify({ message, saveToSentItems: false })) },
    });
    if (asked.kind === 'answered' && asked.read.judged.status === 202)
      return {
        state: 'pass',
        evidence: [asked.evidence, `Look into the inbox of ${recipient}: it arrives within a minute.`],
      };
    return explain(asked);
  },
};
