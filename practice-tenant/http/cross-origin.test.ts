import { Agent, fetch } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PracticeTenant, startPracticeTenant } from '../tenant.ts';

const origin = 'https://spa.contoso.example';
let tenant: PracticeTenant;
let agent: Agent;

beforeAll(async () => {
  tenant = await startPracticeTenant({ profile: 'unlimited' });
  agent = new Agent({ connect: { ca: tenant.caPem } });
});
afterAll(async () => {
  await agent.close();
  await tenant.close();
});

const ask = (path: string, method: string, headers: Record<string, string> = {}) =>
  fetch(`${tenant.origin}${path}`, { dispatcher: agent, method, headers: { origin, ...headers } });
const preflight = (path: string, method: string) =>
  ask(path, 'OPTIONS', {
    'access-control-request-method': method,
    'access-control-request-headers': 'authorization,content-type',
  });

test.each([
  ['/v1.0/me', 'GET'],
  ['/v1.0/users/a@contoso.example/sendMail', 'POST'],
  ['/common/oauth2/v2.0/token', 'POST'],
  ['/common/v2.0/.well-known/openid-configuration', 'GET'],
  ['/common/discovery/v2.0/keys', 'GET'],
])('a page of elsewhere may ask %s', async (path, method) => {
  const answer = await preflight(path, method);
  expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
  expect(answer.headers.get('access-control-allow-methods')).toContain(method);
  expect(answer.headers.get('access-control-allow-headers')).toBe('authorization,content-type');
  // Never with cookies: an answer for all origins is not for those who are signed in.
  expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
  const real = await ask(path, method);
  expect(real.headers.get('access-control-allow-origin')).toBe('*');
});

test.each(['/_practice/faults', '/portal/apps', '/common/login', '/adminapi/beta/x/InvokeCommand', '/'])(
  'and not %s',
  async (path) => {
    for (const answer of [await preflight(path, 'POST'), await ask(path, 'GET')])
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  },
);

test('instance discovery knows the hosts of all clouds, and leads to the one that was asked for', async () => {
  const url = (host: string) =>
    `/common/discovery/instance?api-version=1.1&authorization_endpoint=https://${host}/fabrikam.us/oauth2/v2.0/authorize`;
  const read = async (host: string): Promise<unknown> => (await ask(url(host), 'GET')).json();
  expect(await read('login.microsoftonline.us')).toMatchObject({
    tenant_discovery_endpoint: 'https://login.microsoftonline.us/fabrikam.us/v2.0/.well-known/openid-configuration',
    metadata: expect.arrayContaining([expect.objectContaining({ aliases: ['login.partner.microsoftonline.cn'] })]),
  });
  expect(await read('login.microsoftonline.com')).toMatchObject({
    tenant_discovery_endpoint: `${tenant.origin}/fabrikam.us/v2.0/.well-known/openid-configuration`,
  });
});
