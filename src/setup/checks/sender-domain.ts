/**
 * What the world's mail servers find about the sender's domain in DNS: SPF (RFC 7208), DKIM (RFC 6376) and DMARC
 * (RFC 7489). Mail leaves without them, and lands in the junk folder of others.
 */
import type { Check, CheckContext, CheckResult } from './check.ts';

/** The part of `node:dns/promises` that is asked. */
export interface DnsLookup {
  resolveTxt(name: string): Promise<string[][]>;
  resolveCname(name: string): Promise<string[]>;
}

/** What SPF includes for Exchange Online, by cloud (Microsoft 365, "Set up SPF"). */
const spfIncludes = /\binclude:spf\.protection\.(?:outlook\.com|office365\.us|partner\.outlook\.cn)\b/i;

async function texts(dns: DnsLookup, name: string): Promise<readonly string[] | undefined> {
  try {
    return (await dns.resolveTxt(name)).map((parts) => parts.join(''));
  } catch (error) {
    return isAbsent(error) ? [] : undefined;
  }
}

async function isAlias(dns: DnsLookup, name: string): Promise<boolean | undefined> {
  try {
    return (await dns.resolveCname(name)).length > 0;
  } catch (error) {
    return isAbsent(error) ? false : undefined;
  }
}

/** The name is not there, or has no such record: an answer, unlike a resolver that does not work. */
function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOTFOUND' || error.code === 'ENODATA');
}

export const senderDomainCheck: Check = {
  id: 'sender-domain',
  statement: 'SPF, DKIM and DMARC stand in the DNS of the sender’s domain.',
  needs: [],
  wanted: ({ wishes }) => wishes.dns === true,
  async run({ connector, dns }: CheckContext): Promise<CheckResult> {
    const domain = connector.userName.slice(connector.userName.lastIndexOf('@') + 1);
    const [policies, dmarc, ...selectors] = await Promise.all([
      texts(dns, domain),
      texts(dns, `_dmarc.${domain}`),
      isAlias(dns, `selector1._domainkey.${domain}`),
      isAlias(dns, `selector2._domainkey.${domain}`),
    ]);
    if (policies === undefined || dmarc === undefined)
      return {
        state: 'unknown',
        evidence: [`DNS of this machine gave no answer about ${domain}.`],
        remedy: 'Check the resolver of this machine, and run the check again.',
      };
    const spf = policies.filter((text) => /^v=spf1(?: |$)/i.test(text));
    const [policy] = dmarc.filter((text) => /^v=DMARC1\s*;/i.test(text));
    const missing = [
      ...(spf.length === 1 && spfIncludes.test(spf[0] ?? '')
        ? []
        : spf.length > 1
          ? ['one SPF record in place of several (receivers count several as an error)']
          : [`SPF: a TXT record of ${domain} with include:spf.protection.outlook.com`]),
      ...(selectors.includes(true)
        ? []
        : [`DKIM: the records of selector1 and selector2 (Defender → Email authentication → DKIM → ${domain})`]),
      ...(policy ? [] : [`DMARC: a TXT record of _dmarc.${domain}, such as v=DMARC1; p=none; rua=mailto:…`]),
    ];
    const found = [
      `SPF ${spf[0] ?? 'none'}`,
      `DKIM ${selectors.includes(true) ? 'there' : 'none'}`,
      `DMARC ${policy ?? 'none'}`,
    ];
    const evidence = [`${domain}: ${found.join('; ')}.`];
    if (missing.length === 0) return { state: 'pass', evidence };
    return { state: 'warn', evidence, remedy: `Add ${missing.join('; ')}.` };
  },
};
