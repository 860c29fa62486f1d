/** Faults and the clock, scripted by JSON as a program in any language would. */
import { Agent, fetch } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type PracticeTenant, startPracticeTenant } from '../tenant.ts';

const sender = 'noreply@contoso.example';
let tenant: PracticeTenant;
let agent: Agent;
let clientId: string;
let secret: string;
let chance = 0.5;
beforeAll(async () => {
  tenant = await startPracticeTenant({ profile: 'unlimited', users: [sender], random: () => chance });
  agent = new Agent({ connect: { ca: tenant.caPem } });
  const { app, secret: value } = tenant.addApp();
  [clientId, secret] = [app.clientId, value];
});
afterAll(async () => {
  await agent.close();
  await tenant.close();
});
afterEach(() => script('DELETE', 'faults'));

async function script(method: string, what: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${tenant.origin}/_practice/${what}`, {
    dispatcher: agent,
    method,
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  expect(answer.status).toBeLessThan(300);
  const text = await answer.text();
  return text === '' ? undefined : JSON.parse(text);
}

async function token() {
  const answer = await fetch(`${tenant.origin}/${tenant.tenantId}/oauth2/v2.0/token`, {
    dispatcher: agent,
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: secret,
      scope: 'https://graph.microsoft.com/.default',
    }),
  });
  const body: Record<string, unknown> = Object(await answer.json());
  return { status: answer.status, headers: answer.headers, body };
}

describe('a fault that is scripted', () => {
  test('answers the next three matching requests as it says, and no fourth', async () => {
    const action = { kind: 'answer', status: 418, headers: { 'x-tea': 'yes' }, body: { error: 'teapot' } };
    await script('POST', 'faults', { endpoint: 'token', times: 3, action });
    for (const _time of [1, 2, 3]) {
      const { status, headers, body } = await token();
      expect([status, headers.get('x-tea'), body]).toEqual([418, 'yes', { error: 'teapot' }]);
    }
    expect((await token()).status).toBe(200);
  });

  test('strikes by its probability', async () => {
    await script('POST', 'faults', {
      endpoint: 'token',
      probability: 0.4,
      times: 9,
      action: { kind: 'answer', status: 503, body: {} },
    });
    expect((await token()).status).toBe(200);
    chance = 0.39;
    expect((await token()).status).toBe(503);
    chance = 0.5;
  });

  test('answers late, or has taken the message and says that it has not', async () => {
    await script('POST', 'faults', { endpoint: 'token', action: { kind: 'delay', ms: 200 } });
    const before = performance.now();
    const { body } = await token();
    expect(performance.now() - before).toBeGreaterThanOrEqual(190);
    await script('POST', 'faults', {
      endpoint: 'sendMail',
      action: { kind: 'answer', status: 504, acceptAnyway: true },
    });
    const answer = await fetch(`${tenant.origin}/v1.0/users/${sender}/sendMail`, {
      dispatcher: agent,
      method: 'POST',
      headers: { authorization: `Bearer ${body['access_token']}`, 'content-type': 'text/plain' },
      body: Buffer.from(`From: ${sender}\r\nTo: ada@world.example\r\nSubject: x\r\n\r\nx\r\n`).toString('base64'),
    });
    await answer.arrayBuffer();
    expect([answer.status, tenant.mailbox('ada@world.example').length]).toEqual([504, 1]);
  });
});

test('secret of two years runs out at once where the clock is moved', async () => {
  expect((await token()).status).toBe(200);
  await script('POST', 'clock', { advanceMs: 2 * 366 * 24 * 3_600_000 });
  expect((await token()).body).toMatchObject({ error: 'invalid_client', error_codes: [7_000_222] });
});
