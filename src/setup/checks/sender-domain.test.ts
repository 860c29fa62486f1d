import { Agent } from 'undici';
import { afterAll, describe, expect, test } from 'vitest';
import { clouds } from '../../microsoft/clouds.ts';
import { portals } from '../../microsoft/portals.ts';
import { documentedLimits } from '../../queue/lane-limits.ts';
import type { CheckContext } from './check.ts';
import { senderDomainCheck } from './sender-domain.ts';

const connections = new Agent();
afterAll(() => connections.close());

/** DNS with these TXT and CNAME records; every other name is absent, or answers with `otherwise`. */
function contextWith(
  txt: Readonly<Record<string, readonly string[]>>,
  cname: readonly string[],
  otherwise = 'ENOTFOUND',
): CheckContext {
  const absent = () => Object.assign(new Error(otherwise), { code: otherwise });
  return {
    connector: {
      name: 'default',
      kind: 'graph',
      portals: portals.global,
      cloud: clouds.global,
      tenantId: 'contoso.com',
      clientId: '11111111-2222-3333-4444-555555555555',
      userName: 'noreply@contoso.com',
      credential: { kind: 'secret', secret: 'unused' },
      readsSentItems: false,
      largeMailBySmtp: false,
      largeMailByUpload: false,
      exchangeAdmin: clouds.global.exchange,
      limits: documentedLimits,
      renewsItself: false,
    },
    wishes: { send: false, dns: true, forbidden: [] },
    findings: {},
    connections,
    dns: {
      // Long records come in pieces.
      resolveTxt: (name) => {
        const found = txt[name];
        return found
          ? Promise.resolve(found.map((text) => [text.slice(0, 9), text.slice(9)]))
          : Promise.reject(absent());
      },
      resolveCname: (name) =>
        cname.includes(name) ? Promise.resolve(['x.onmicrosoft.com']) : Promise.reject(absent()),
    },
    now: () => 0,
    pause: () => Promise.resolve(),
    newId: () => 'an id',
  };
}

const spf = 'v=spf1 include:spf.protection.outlook.com -all';
const dmarc = { '_dmarc.contoso.com': ['v=DMARC1; p=none'] };
const dkim = ['selector1._domainkey.contoso.com'];

describe('the domain of the sender', () => {
  test('is well with all three', async () => {
    const found = await senderDomainCheck.run(contextWith({ 'contoso.com': ['MS=ms1', spf], ...dmarc }, dkim));
    expect(found.state).toBe('pass');
  });

  test.each<[string, CheckContext, RegExp]>([
    ['no SPF', contextWith({ ...dmarc }, dkim), /^Add SPF: a TXT record of contoso\.com/],
    ['an SPF of another service', contextWith({ 'contoso.com': ['v=spf1 mx -all'], ...dmarc }, dkim), /^Add SPF/],
    ['two SPF records', contextWith({ 'contoso.com': [spf, spf], ...dmarc }, dkim), /one SPF record/],
    ['no DKIM', contextWith({ 'contoso.com': [spf], ...dmarc }, []), /^Add DKIM/],
    ['no DMARC', contextWith({ 'contoso.com': [spf] }, dkim), /^Add DMARC/],
    ['nothing at all', contextWith({}, []), /SPF.*DKIM.*DMARC/],
  ])('with %s it says what is missing', async (_what, context, remedy) => {
    expect(await senderDomainCheck.run(context)).toMatchObject({
      state: 'warn',
      remedy: expect.stringMatching(remedy),
    });
  });

  test('is not called wrong where DNS does not work', async () => {
    expect((await senderDomainCheck.run(contextWith({}, [], 'ETIMEOUT'))).state).toBe('unknown');
  });
});
