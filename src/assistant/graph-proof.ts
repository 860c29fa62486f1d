/** What Graph lets the app of a connector do, asked with a token that is made for the question. */
import { checkConnectorOnce } from '../check-connector.ts';
import type { MicrosoftConnectorConfig } from '../config/schema.ts';
import type { CheckFindings } from '../setup/checks/check.ts';
import type { GraphProof } from '../setup/limit/migrate-limit.ts';

/** What Graph answers with a token made now; nothing is sent. */
export async function proveByGraph(
  connector: MicrosoftConnectorConfig,
  mailboxes: readonly string[],
  forbidden: string | undefined,
  now: () => number = Date.now,
): Promise<GraphProof> {
  const only = ['app', 'credential', 'roles', 'mailbox', ...(forbidden === undefined ? [] : ['forbidden-mailbox'])];
  const evidence: string[] = [];
  let [hasConsent, isAllowed, isRefused]: [boolean, boolean, boolean | undefined] = [false, true, undefined];
  for (const userName of mailboxes) {
    const wishes = { send: false, forbidden: forbidden === undefined ? [] : [forbidden] };
    const findings: CheckFindings = {};
    const reports = await checkConnectorOnce({ ...connector, userName }, wishes, { only, now, findings });
    const stateOf = (id: string) => reports.find((report) => report.id === id)?.state;
    hasConsent ||= findings.roles?.includes('Mail.Send') ?? false;
    isAllowed &&= stateOf('mailbox') === 'pass';
    if (forbidden !== undefined && stateOf('mailbox') === 'pass') isRefused = stateOf('forbidden-mailbox') === 'pass';
    evidence.push(
      ...reports.filter(({ id }) => id.endsWith('mailbox')).flatMap((report) => report.evidence.slice(0, 1)),
    );
  }
  return { hasConsent, isAllowed, isRefused, evidence };
}
