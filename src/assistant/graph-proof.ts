/** What Graph lets the app of a connector do, asked with a token that is made for the question. */
import { checkConnectorOnce } from '../check-connector.ts';
import type { MicrosoftConnectorConfig } from '../config/schema.ts';
import type { CheckFindings } from '../setup/checks/check.ts';
import type { GraphProof } from '../setup/limit/migrate-limit.ts';
import { limitedRoles } from './consent-in-entra.ts';

/** What Graph answers with a token made now; nothing is sent. */
export async function proveByGraph(
  connector: MicrosoftConnectorConfig,
  mailboxes: readonly string[],
  forbidden: string | undefined,
  now: () => number = Date.now,
): Promise<GraphProof> {
  const wanted = limitedRoles(connector);
  const needsDrafts = wanted.includes('Mail.ReadWrite');
  const only = [
    ...['app', 'credential', 'roles', 'mailbox'],
    ...(needsDrafts ? ['large-mail-drafts'] : []),
    ...(forbidden === undefined ? [] : ['forbidden-mailbox']),
  ];
  const evidence: string[] = [];
  const roles = new Set<string>();
  let [isAllowed, isRefused]: [boolean, boolean | undefined] = [true, undefined];
  let mayKeepDrafts = needsDrafts ? true : undefined;
  for (const userName of mailboxes) {
    const wishes = { send: false, forbidden: forbidden === undefined ? [] : [forbidden] };
    const findings: CheckFindings = {};
    const reports = await checkConnectorOnce({ ...connector, userName }, wishes, { only, now, findings });
    const stateOf = (id: string) => reports.find((report) => report.id === id)?.state;
    for (const role of findings.roles ?? []) if (wanted.includes(role)) roles.add(role);
    isAllowed &&= stateOf('mailbox') === 'pass';
    mayKeepDrafts &&= stateOf('large-mail-drafts') === 'pass';
    if (forbidden !== undefined && stateOf('mailbox') === 'pass') isRefused = stateOf('forbidden-mailbox') === 'pass';
    evidence.push(
      ...reports
        .filter(({ id }) => id.endsWith('mailbox') || id === 'large-mail-drafts')
        .flatMap((report) => report.evidence.slice(0, 1)),
    );
  }
  return { roles: [...roles], isAllowed, isRefused, mayKeepDrafts, evidence };
}
