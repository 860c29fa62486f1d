/**
 * How long the credential is still good. A certificate says so itself; the end of a secret stands in Entra alone, where an
 * app may look only with a permission that Mailroom does not ask for by itself.
 */
import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { registrationLinks } from '../../microsoft/portals.ts';
import { askGraph } from './ask.ts';
import type { Check, CheckContext, CheckResult } from './check.ts';

const dayMs = 24 * 3600 * 1000;
const warnDays = 30;

const secretsSchema = z.object({
  passwordCredentials: z.array(z.object({ hint: z.string().nullish(), endDateTime: z.string().nullish() })),
});

const renew =
  'Renew it: mailroom credential renew. A server does it by itself where the app may: mailroom credential status says why not.';

function judge(what: 'client secret' | 'certificate', endsAt: number, now: number, remedy: string): CheckResult {
  const days = Math.floor((endsAt - now) / dayMs);
  const evidence = [`The ${what} ends on ${new Date(endsAt).toISOString().slice(0, 10)}: ${days} days.`];
  if (days >= warnDays) return { state: 'pass', evidence };
  return { state: days >= 0 ? 'warn' : 'fail', evidence, remedy };
}

const notKnown: CheckResult = {
  state: 'unknown',
  evidence: ['When a client secret ends stands in Entra alone, and the app has no permission to look there.'],
  remedy:
    'Note the end date of the secret in renewal.endsOn of the connector, or use a certificate: its end can be read from itself.',
};

/** The secret in use, found among several by its first three characters, which Entra keeps as its hint. */
async function endOfSecret(context: CheckContext, secret: string): Promise<number | undefined> {
  const path = `/v1.0/applications(appId='${context.connector.clientId}')?$select=passwordCredentials`;
  const asked = await askGraph(context, { method: 'GET', path });
  if (asked.kind === 'broken' || asked.read.judged.status !== 200) return undefined;
  const read = secretsSchema.safeParse(asked.json);
  const ends = (read.data?.passwordCredentials ?? [])
    .filter(({ hint }) => hint === secret.slice(0, 3))
    .map(({ endDateTime }) => Date.parse(endDateTime ?? ''))
    .filter((end) => !Number.isNaN(end));
  return ends.length === 0 ? undefined : Math.max(...ends);
}

export const daysLeftCheck: Check = {
  id: 'days-left',
  statement: 'The credential is good for a month at least.',
  row: 'M6',
  needs: [],
  link: ({ connector }) => registrationLinks(connector.portals.azure, connector.clientId).credentials,
  async run(context): Promise<CheckResult> {
    const { connector, findings, now } = context;
    const { credential } = connector;
    switch (credential.kind) {
      case 'certificate': {
        const endsAt = new X509Certificate(credential.certificatePem).validToDate.getTime();
        return judge('certificate', endsAt, now(), renew);
      }
      case 'secret': {
        const mayAsk = findings.token !== undefined && connector.kind === 'graph';
        const endsAt = (mayAsk ? await endOfSecret(context, credential.secret) : undefined) ?? connector.secretEndsAt;
        return endsAt === undefined ? notKnown : judge('client secret', endsAt, now(), renew);
      }
      case 'federated':
        return {
          state: 'pass',
          evidence: ['A federated credential has no end: the platform issues a new token each time.'],
        };
      case 'managed-identity':
        return { state: 'pass', evidence: ['A managed identity has no end: the platform looks after its key.'] };
    }
  },
};
