/**
 * What the tenant allows for credentials of apps: a set-up that works today cannot be renewed in its present form where that
 * has been tightened. Asked where the app may look; making a new credential reads it in any case.
 */
import { credentialPolicyOf, sayPolicy, tenantPolicySchema } from '../../microsoft/credential-policy.ts';
import { registrationLinks } from '../../microsoft/portals.ts';
import { askGraph } from './ask.ts';
import type { Check, CheckContext, CheckResult } from './check.ts';

const readingRoles = [
  'Policy.Read.All',
  'Policy.Read.ApplicationConfiguration',
  'Policy.ReadWrite.ApplicationConfiguration',
];

export const credentialPolicyCheck: Check = {
  id: 'credential-policy',
  statement: 'The tenant allows credentials of this kind to be renewed.',
  row: 'M5',
  kinds: ['graph'],
  needs: ['credential', 'roles'],
  wanted: ({ findings }) => findings.roles?.some((role) => readingRoles.includes(role)) ?? false,
  link: ({ connector }) => registrationLinks(connector.portals.azure, connector.clientId).credentials,
  async run(context: CheckContext): Promise<CheckResult> {
    const { credential } = context.connector;
    const asked = await askGraph(context, { method: 'GET', path: '/v1.0/policies/defaultAppManagementPolicy' });
    const evidence = [asked.evidence];
    const read = asked.kind === 'answered' ? tenantPolicySchema.safeParse(asked.json) : undefined;
    if (asked.kind === 'broken' || asked.read.judged.status !== 200 || !read?.success)
      return {
        state: 'unknown',
        evidence,
        remedy: 'Ask an administrator for the app management policy of the tenant.',
      };
    const policy = credentialPolicyOf(read.data, undefined, context.now());
    if (!policy) return { state: 'pass', evidence };
    const words = [sayPolicy(policy), ...evidence];
    if (credential.kind === 'secret' && !policy.allowsSecrets)
      return {
        state: 'warn',
        evidence: words,
        remedy:
          'The next renewal of the client secret will be refused. Change to a certificate, or to a federated credential: neither is a secret.',
      };
    const days = credential.kind === 'secret' ? policy.longestSecretDays : policy.longestCertificateDays;
    if ((credential.kind !== 'secret' && credential.kind !== 'certificate') || days === undefined)
      return { state: 'pass', evidence: words };
    return {
      state: 'warn',
      evidence: words,
      remedy: `A new one may live ${days} days at most: let Mailroom renew it by itself, or renew it in time.`,
    };
  },
};
