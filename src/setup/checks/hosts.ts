/** The hosts of the cloud answer over TLS, and this machine's clock agrees with theirs. */
import { registrationLinks } from '../../microsoft/portals.ts';
import { ask } from './ask.ts';
import type { Check, CheckContext, CheckResult } from './check.ts';

/** Entra refuses an assertion that is five minutes off. */
const skewFailMs = 240_000;
const skewWarnMs = 60_000;

const discovery = ({ tenantId }: CheckContext['connector']) => `/${tenantId}/v2.0/.well-known/openid-configuration`;

export const hostsCheck: Check = {
  id: 'hosts',
  statement: 'The sign-in host and Microsoft Graph answer over TLS.',
  needs: ['proxy'],
  async run(context): Promise<CheckResult> {
    const { kind, cloud } = context.connector;
    const asked = await Promise.all([
      ask(context, { origin: cloud.login, path: discovery(context.connector), method: 'GET', headers: {} }),
      // The SMTP host is asked by the sign-in there.
      ...(kind === 'graph' ? [ask(context, { origin: cloud.graph, path: '/v1.0/', method: 'GET', headers: {} })] : []),
    ]);
    const evidence = asked.map((each) => each.evidence);
    if (asked.every(({ kind }) => kind === 'answered')) return { state: 'pass', evidence };
    return { state: 'fail', evidence, remedy: remedyFor(evidence.join(' ')) };
  },
};

function remedyFor(why: string): string {
  if (/ENOTFOUND|EAI_AGAIN/.test(why))
    return 'The name is not found. Check DNS on this machine (try: nslookup of the host), and the cloud of the connector.';
  if (/SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|ALTNAME|CERT_/.test(why))
    return 'The certificate is not trusted. Where a proxy looks into TLS, put its authority into caFile of the connector.';
  if (/ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|timed? ?out/i.test(why))
    return 'Nobody answers there. Let the firewall pass port 443 to this host, or set proxy of the connector.';
  return 'Check firewall, proxy and TLS between this machine and the host.';
}

export const clockCheck: Check = {
  id: 'clock',
  statement: 'The clock of this machine is right.',
  needs: ['hosts'],
  async run(context): Promise<CheckResult> {
    const { login } = context.connector.cloud;
    const asked = await ask(context, { origin: login, path: discovery(context.connector), method: 'GET', headers: {} });
    const date = asked.kind === 'answered' ? Date.parse(asked.headers['date'] ?? '') : Number.NaN;
    if (Number.isNaN(date)) return { state: 'unknown', evidence: [asked.evidence], remedy: 'Run the check again.' };
    const skewMs = context.now() - date;
    const seconds = Math.round(Math.abs(skewMs) / 1000);
    const evidence = [`This machine is ${seconds} s ${skewMs < 0 ? 'behind' : 'ahead of'} ${login}.`];
    if (Math.abs(skewMs) < skewWarnMs) return { state: 'pass', evidence };
    const remedy = 'Set the clock of this machine by NTP (timedatectl set-ntp true).';
    return { state: Math.abs(skewMs) < skewFailMs ? 'warn' : 'fail', evidence, remedy };
  },
};

export const tenantCheck: Check = {
  id: 'tenant',
  link: ({ connector }) => registrationLinks(connector.portals.azure, connector.clientId).overview,
  statement: 'The tenant is a directory of this cloud.',
  row: 'M3',
  needs: ['hosts'],
  async run(context): Promise<CheckResult> {
    const { connector } = context;
    const asked = await ask(context, {
      origin: connector.cloud.login,
      path: discovery(connector),
      method: 'GET',
      headers: {},
    });
    const evidence = [asked.evidence];
    if (asked.kind === 'broken') return { state: 'unknown', evidence, remedy: 'Run the check again.' };
    if (asked.read.judged.status === 200) return { state: 'pass', evidence };
    return {
      state: 'fail',
      evidence,
      remedy:
        'Put the Directory (tenant) ID, a GUID from Overview of the app registration, into the connector, and choose the cloud that the tenant belongs to.',
    };
  },
};
