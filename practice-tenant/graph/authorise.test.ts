import { beforeAll, describe, expect, it } from 'vitest';
import { clouds } from '../clouds.ts';
import { Tokens } from '../entra/tokens.ts';
import { TrafficLimits } from '../limits/traffic-limits.ts';
import { Mailboxes } from '../mailboxes/mailboxes.ts';
import { profiles } from '../profile.ts';
import { callerOf, type TokenService } from './authorise.ts';
import { directoryUnderTest } from './directory-under-test.sample.ts';
import { GraphRefusal, refusalAnswer } from './graph-error.ts';

let tenant: ReturnType<typeof directoryUnderTest>;
let service: TokenService;
let tokens: Tokens;
beforeAll(async () => {
  tenant = directoryUnderTest();
  const { clock, directory } = tenant;
  const profile = profiles.documented;
  const whole = {
    directory,
    profile,
    mailboxes: new Mailboxes('all', clock),
    limits: new TrafficLimits(profile, clock),
  };
  tokens = await Tokens.create(clock);
  const byName = (name: string) => (name === directory.tenantId ? whole : undefined);
  service = { tokens, origin: 'https://localhost:8443', cloud: clouds.global, tenant: byName };
});

function token(claims: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const of = { tid: tenant.directory.tenantId, appid: tenant.own.appId, oid: tenant.ownPrincipal.id, idtyp: 'app' };
  return tokens.sign({ ver: '1.0', aud: 'https://graph.microsoft.com', ...of, ...claims }, 3599);
}
const ask = (authorization?: string) =>
  callerOf(service, {
    method: 'GET',
    segments: [],
    query: new URLSearchParams(),
    headers: authorization === undefined ? {} : { authorization },
    body: Buffer.alloc(0),
  });
const refused = async (authorization?: string) => {
  const error = await ask(authorization).catch((thrown: unknown) => thrown);
  if (!(error instanceof GraphRefusal)) throw new Error('was not refused');
  return error;
};

describe('who is asking', () => {
  it('an-app-with-its-roles-under-any-name-of-graph', async () => {
    const bearer = `Bearer ${await token({ roles: ['Mail.Send'] })}`;
    expect(await ask(bearer)).toMatchObject({ isApp: true, appId: tenant.own.appId, roles: ['Mail.Send'], scopes: [] });
    for (const aud of [
      'https://graph.microsoft.com/',
      'https://localhost:8443',
      '00000003-0000-0000-c000-000000000000',
    ])
      expect((await ask(`bearer ${await token({ aud })}`)).appId).toBe(tenant.own.appId);
  });

  it('a-person-with-scopes-and-with-the-roles-of-the-directory-not-of-the-token', async () => {
    const { oid } = tenant.person('admin@contoso.example', [], ['Global Administrator']);
    const caller = await ask(`Bearer ${await token({ oid, idtyp: 'user', scp: 'User.Read Mail.Send' })}`);
    expect(caller).toMatchObject({
      isApp: false,
      scopes: ['User.Read', 'Mail.Send'],
      directoryRoles: ['Global Administrator'],
    });
  });

  it('nobody-without-a-token-that-is-good-here-and-now', async () => {
    expect((await refused()).message).toBe('Access token is empty.');
    expect((await refused('Basic eDp5')).message).toBe('Access token is empty.');
    expect((await refused('Bearer nonsense')).message).toContain('CompactToken parsing failed');
    expect((await refused(`Bearer ${await token({ aud: 'https://outlook.office365.com' })}`)).message).toContain(
      'Invalid audience',
    );
    expect((await refused(`Bearer ${await token({ tid: '99999999-9999-4999-8999-999999999999' })}`)).row.status).toBe(
      401,
    );
    const early = await token();
    tenant.clock.advance(3_600_000);
    expect((await refused(`Bearer ${early}`)).message).toBe('Lifetime validation failed, the token is expired.');
  });
});

describe('a refusal', () => {
  it('of-the-directory-has-an-inner-error-that-names-the-request-and-one-of-exchange-has-none', async () => {
    const context = { now: Date.parse('2026-11-24T09:00:00.123Z'), clientRequestId: 'mine' };
    const { status, headers = {}, body } = refusalAnswer(await refused(), context);
    expect([status, headers['client-request-id'], headers['content-type']]).toEqual([401, 'mine', 'application/json']);
    expect(body).toEqual({
      error: {
        code: 'InvalidAuthenticationToken',
        message: 'Access token is empty.',
        innerError: { date: '2026-11-24T09:00:00', 'request-id': headers['request-id'], 'client-request-id': 'mine' },
      },
    });
    expect(headers['x-ms-ags-diagnostic']).toContain('ServerInfo');
  });
});
