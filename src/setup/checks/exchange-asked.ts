/**
 * Whether Exchange can be asked what it alone knows of the app: its roles, and whom they reach. An administrator who is
 * signed in may; so may the app itself, every day, where it has Exchange.ManageAsApp with a directory role that reads. As
 * a rule it has neither, which is right: then what Exchange said last, to an administrator, stands here with its age.
 */
import { ExchangeAdminClient } from '../../microsoft/exchange-admin-client.ts';
import { registrationLinks } from '../../microsoft/portals.ts';
import { askExchange, withCmdlets } from './ask-exchange.ts';
import type { Check, CheckContext, CheckResult, LastAsked } from './check.ts';
import { exchangeToken } from './exchange-token.ts';

const dayMs = 86_400_000;
/** An answer that is older says little about today. */
const freshDays = 90;

const askAgain =
  'mailroom check --sign-in asks Exchange as an administrator: roles of the app, consent beside them, how many mailboxes it can send as.';

/** Checks that rest on what Exchange said. */
export const exchangeIds: readonly string[] = [
  'exchange-role',
  'smtp-auth',
  'sender',
  'consent-beside-role',
  'reach',
  'large-mail-auth',
];

export const exchangeAskedCheck: Check = {
  id: 'exchange-asked',
  statement: 'Exchange has been asked what it alone knows: roles of the app, and how many mailboxes they reach.',
  row: 'M9',
  needs: ['credential'],
  link: ({ connector }) => registrationLinks(connector.portals.azure, connector.clientId).permissions,
  async run(context): Promise<CheckResult> {
    if (context.exchange) return { state: 'pass', evidence: ['An administrator is signed in, and Exchange is asked.'] };
    const asked = await exchangeToken(context);
    if ('refusal' in asked)
      return asLastTime(context, `Entra gives the app no token for Exchange: ${asked.refusal.description}`);
    if (!asked.roles.includes('Exchange.ManageAsApp'))
      return asLastTime(context, 'The app may not ask Exchange (no Exchange.ManageAsApp), and needs not to.');
    const { connector, connections, newId, findings } = context;
    const cmdlets = new ExchangeAdminClient({
      exchange: connector.exchangeAdmin,
      tenantId: asked.tenantId,
      caller: { kind: 'app', name: 'The app' },
      token: asked.token,
      connections,
      newId,
    });
    const answer = await askExchange(withCmdlets(context, cmdlets), 'Get-ManagementRoleAssignment', {
      RoleAssignee: findings.servicePrincipalId ?? connector.clientId,
    });
    // A permission that does nothing is one too many.
    if ('refused' in answer)
      return {
        ...answer.refused,
        state: 'warn',
        remedy: `The app has Exchange.ManageAsApp and no directory role to read with: give its enterprise application Global Reader, or take the permission away. ${askAgain}`,
      };
    findings.exchange = cmdlets;
    return { state: 'pass', evidence: ['The app may ask Exchange itself (Exchange.ManageAsApp).', answer.evidence] };
  },
};

function asLastTime({ lastAsked, now }: CheckContext, why: string): CheckResult {
  if (!lastAsked) return { state: 'unknown', mayStayOpen: true, evidence: [why], remedy: askAgain };
  const days = Math.floor((now() - lastAsked.at) / dayMs);
  const on = new Date(lastAsked.at).toISOString().slice(0, 10);
  const evidence = [
    why,
    `An administrator asked on ${on}, ${days} ${days === 1 ? 'day' : 'days'} ago:`,
    ...lastAsked.answers.map(wordsOf),
  ];
  const bad = lastAsked.answers.find(({ state }) => state === 'fail' || state === 'warn');
  if (bad)
    return {
      state: 'warn',
      evidence,
      remedy: `Mend what it said of ${bad.id}, and ask again. ${bad.remedy ?? ''}`.trim(),
    };
  if (days > freshDays)
    return { state: 'unknown', mayStayOpen: true, evidence, remedy: `That was long ago. ${askAgain}` };
  return { state: 'pass', evidence };
}

function wordsOf({ id, state, evidence }: LastAsked['answers'][number]): string {
  return `${id} ${state}: ${evidence}`;
}
