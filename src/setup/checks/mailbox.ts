/** The app may send as the system account, and as nobody else: what Graph answers, with nothing sent. */
import { catalogueRow } from '../../domain/catalogue.ts';
import { classifyGraph } from '../../egress/classify.ts';
import { registrationLinks } from '../../microsoft/portals.ts';
import type { Asked } from './ask.ts';
import type { Check, CheckContext, CheckResult } from './check.ts';
import { isAllowed, isDraftAllowed, probe, probeDraft } from './probe-mailbox.ts';

/** The verdict that a real message would meet. */
export function explain(asked: Asked): CheckResult {
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

/** Consent is granted in the registration; all else about a mailbox is Exchange's. */
function whereToMend({ connector }: CheckContext, { remedy = '' }: CheckResult): string {
  const { azure, exchangeAdmin } = connector.portals;
  return remedy.includes('API permissions') ? registrationLinks(azure, connector.clientId).permissions : exchangeAdmin;
}

export const mailboxCheck: Check = {
  id: 'mailbox',
  statement: 'The app may send as the system account.',
  row: 'M8',
  kinds: ['graph'],
  needs: ['credential', 'exchange-role'],
  link: whereToMend,
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
  kinds: ['graph'],
  needs: ['credential', 'mailbox'],
  link: ({ connector }) => connector.portals.exchangeAdmin,
  async run(context): Promise<CheckResult> {
    const { wishes, findings } = context;
    const { largeMailByUpload } = context.connector;
    const wide = (findings.roles ?? []).filter(
      (role) => role === 'Mail.Send' || (largeMailByUpload && role === 'Mail.ReadWrite'),
    );
    const isTenantWide = wide.length > 0;
    if (wishes.forbidden.length === 0)
      return {
        state: isTenantWide ? 'warn' : 'unknown',
        evidence: [
          isTenantWide
            ? `${wide.join(' and ')} ${wide.length === 1 ? 'is' : 'are'} granted in Entra: unless a policy limits the app, it can use every mailbox of the organisation.`
            : 'No other mailbox was named, so that nothing could be asked.',
        ],
        remedy: 'Name a mailbox that the app must not use (--forbidden), so that the limit can be proven.',
      };
    const asked = await Promise.all(
      wishes.forbidden.map(async (mailbox) => ({
        mailbox,
        answer: await probe(context, mailbox),
        draft: largeMailByUpload ? await probeDraft(context, mailbox) : undefined,
      })),
    );
    const evidence = asked.flatMap(({ answer, draft }) => [answer.evidence, ...(draft ? [draft.evidence] : [])]);
    const open = asked
      .filter(({ answer, draft }) => isAllowed(answer) || (draft && isDraftAllowed(draft)))
      .map(({ mailbox }) => mailbox);
    if (open.length > 0)
      return {
        state: 'fail',
        evidence: [
          `${open.join(', ')} ${open.length === 1 ? 'is' : 'are'} allowed as well: ${open.length} of ${asked.length} named.`,
          ...evidence,
        ],
        remedy: isTenantWide
          ? `Limit the app: mailroom policy script writes what is to be run. Where RBAC for Applications limits it already, withdraw ${wide.join(' and ')} in Entra: the two add up. After a change Graph may take two hours to follow.`
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
