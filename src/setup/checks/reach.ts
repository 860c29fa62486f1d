/**
 * How many mailboxes the app can send as: each one that can be named is asked for at Graph, as the mailbox check does, and
 * nothing is sent. Mailboxes are listed by the directory where the app may look, or by Exchange while an administrator is
 * signed in; otherwise those that the administrator named must do.
 */
import { z } from 'zod';
import { askGraph } from './ask.ts';
import { askExchange, cmdletsOf, textOf } from './ask-exchange.ts';
import type { Check, CheckContext, CheckResult } from './check.ts';
import { isAllowed, probe } from './probe-mailbox.ts';

/** Asked at most, and so many at a time: the lane that sends mail has to share. */
const askedAtMost = 60;
const atOnce = 3;
const directoryRoles = ['User.ReadBasic.All', 'User.Read.All', 'Directory.Read.All'];
const usersSchema = z.object({ value: z.array(z.object({ mail: z.string().nullish() })) });

const mayList = (context: CheckContext) =>
  cmdletsOf(context) !== undefined || (context.findings.roles?.some((role) => directoryRoles.includes(role)) ?? false);

/** Addresses of mailboxes of the tenant; `total` when it is known. */
async function mailboxes(context: CheckContext): Promise<readonly string[]> {
  if (cmdletsOf(context)) {
    const asked = await askExchange(context, 'Get-Mailbox');
    return 'refused' in asked ? [] : asked.rows.map((row) => textOf(row, 'PrimarySmtpAddress'));
  }
  if (!mayList(context)) return [];
  const asked = await askGraph(context, { method: 'GET', path: '/v1.0/users?$select=mail&$top=200' });
  if (asked.kind === 'broken' || asked.read.judged.status !== 200) return [];
  const read = usersSchema.safeParse(asked.json);
  return (read.data?.value ?? []).flatMap(({ mail }) => mail ?? []);
}

export const reachCheck: Check = {
  id: 'reach',
  statement: 'The app can send as the mailboxes that it is for, and not as all of them.',
  row: 'M9',
  needs: ['mailbox'],
  kinds: ['graph'],
  wanted: (context) => mayList(context) || context.wishes.forbidden.length > 0,
  link: ({ connector }) => connector.portals.exchangeAdmin,
  async run(context): Promise<CheckResult> {
    const { connector, wishes, findings } = context;
    const listed = (await mailboxes(context)).filter((address) => address !== '');
    const own = (findings.primaryAddress ?? connector.userName).toLowerCase();
    const all = [...new Set([own, ...wishes.forbidden, ...listed].map((address) => address.toLowerCase()))];
    const asked = all.slice(0, askedAtMost);
    const allowed: string[] = [];
    let answered = 0;
    for (let from = 0; from < asked.length; from += atOnce)
      await Promise.all(
        asked.slice(from, from + atOnce).map(async (mailbox) => {
          const answer = await probe(context, mailbox);
          if (isAllowed(answer)) allowed.push(mailbox);
          // What is no mailbox (404) or could not be asked says nothing about the limit.
          if (isAllowed(answer) || (answer.kind === 'answered' && answer.read.judged.status === 403)) answered += 1;
        }),
      );
    const of = asked.length < all.length ? `${answered} that were asked, of ${all.length}` : `${answered}`;
    const evidence = [
      `The app can send as ${allowed.length} of ${of} mailboxes: ${allowed.toSorted().slice(0, 10).join(', ')}.`,
    ];
    const others = allowed.filter((mailbox) => mailbox !== own);
    if (others.length === 0) return { state: 'pass', evidence };
    if (answered > 1 && allowed.length === answered)
      return {
        state: 'fail',
        evidence: [`All of them. ${evidence[0]}`],
        remedy:
          'Limit the app to the mailboxes that it is for: mailroom policy apply (RBAC for Applications), or mailroom policy script.',
        mayStillCome: true,
      };
    return {
      state: 'warn',
      evidence,
      remedy:
        'Where these are more than the app is for: take them out of the group of the limit (mailroom policy list shows it).',
    };
  },
};
