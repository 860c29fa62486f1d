/**
 * Mail that is too large for one request of Graph goes by SMTP with the same registration, or by a draft and uploads, where
 * the connector says so. That is a second way out with a permission of its own: without these checks nobody would know before
 * the first large message.
 */
import { catalogueRow } from '../../domain/catalogue.ts';
import { classifyDraftStep } from '../../egress/classify.ts';
import { registrationLinks } from '../../microsoft/portals.ts';
import { cmdletsOf } from './ask-exchange.ts';
import type { Check, CheckContext, CheckResult } from './check.ts';
import { exchangeToken } from './exchange-token.ts';
import { isDraftAllowed, probeDraft } from './probe-mailbox.ts';
import { signInOverSmtp, smtpAuthSwitches } from './smtp-submission.ts';
import { refused } from './token.ts';

const isUsed = ({ connector }: CheckContext) => connector.largeMailBySmtp;

export const largeMailAuthCheck: Check = {
  id: 'large-mail-auth',
  statement: 'SMTP AUTH is on for the system account, for mail too large for Graph.',
  kinds: ['graph'],
  needs: ['credential'],
  wanted: (context) => isUsed(context) && cmdletsOf(context) !== undefined,
  link: ({ connector }) => connector.portals.exchangeAdmin,
  run: smtpAuthSwitches,
};

export const largeMailSignInCheck: Check = {
  id: 'large-mail-sign-in',
  statement: 'The SMTP host takes the token of the app, for mail too large for Graph.',
  kinds: ['graph'],
  needs: ['credential', 'mailbox', 'large-mail-auth'],
  wanted: isUsed,
  link: ({ connector }, { remedy = '' }) =>
    remedy.includes('SMTP.SendAsApp')
      ? registrationLinks(connector.portals.azure, connector.clientId).permissions
      : connector.portals.exchangeAdmin,
  async run(context): Promise<CheckResult> {
    const asked = await exchangeToken(context);
    if ('refusal' in asked) return refused(asked.refusal);
    const result = await signInOverSmtp(context, asked.token);
    const roles = `App roles for Exchange: ${asked.roles.join(', ') || 'none'}.`;
    return { ...result, evidence: [...result.evidence, roles] };
  },
};

/** Nothing is left behind: see `probeDraft`. */
export const largeMailDraftsCheck: Check = {
  id: 'large-mail-drafts',
  statement:
    'The app may keep drafts in the mailbox of the system account, for mail too large for one request of Graph.',
  kinds: ['graph'],
  needs: ['credential', 'mailbox'],
  wanted: ({ connector }) => connector.largeMailByUpload,
  link: ({ connector }) => registrationLinks(connector.portals.azure, connector.clientId).permissions,
  async run(context): Promise<CheckResult> {
    const asked = await probeDraft(context, context.connector.userName);
    const evidence = [asked.evidence];
    if (asked.kind === 'broken') return { state: 'unknown', evidence, remedy: 'Run the check again.' };
    if (isDraftAllowed(asked)) return { state: 'pass', evidence };
    const verdict = classifyDraftStep(asked.read.judged);
    if (verdict.outcome === 'sent')
      return { state: 'unknown', evidence, remedy: 'Graph took what is no message. Look into its Drafts.' };
    const { text, remedy } = catalogueRow(verdict.fault);
    const isOfTheMoment = verdict.outcome === 'deferred' && verdict.scope === 'lane';
    return {
      state: isOfTheMoment ? 'unknown' : 'fail',
      evidence: [text, ...evidence],
      remedy,
      ...(verdict.fault === 'drafts-not-allowed' ? { mayStillCome: true } : {}),
    };
  },
};
