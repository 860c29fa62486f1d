import { beforeEach, describe, expect, it } from 'vitest';
import { clouds } from '../clouds.ts';
import { addUser } from '../directory/users.ts';
import { Grants } from '../entra/grants.ts';
import { SignInSessions } from '../entra/sign-in-sessions.ts';
import { Tokens } from '../entra/tokens.ts';
import { TrafficLimits } from '../limits/traffic-limits.ts';
import { Mailboxes } from '../mailboxes/mailboxes.ts';
import { Shells } from '../portal/powershell/shells.ts';
import { profiles } from '../profile.ts';
import type { Service } from '../service.ts';
import { directoryUnderTest } from './directory-under-test.sample.ts';
import { answerGraph } from './graph-routes.ts';

let service: Service;
let changes = 0;
let bearer: string;
const sender = 'noreply@contoso.example';

beforeEach(async () => {
  const { clock, directory, own, ownPrincipal } = directoryUnderTest();
  addUser(directory, sender, {}, clock.now());
  const profile = { ...profiles.documented };
  const whole = {
    directory,
    profile,
    mailboxes: new Mailboxes('all', clock),
    limits: new TrafficLimits(profile, clock),
  };
  changes = 0;
  service = {
    origin: 'https://localhost:8443',
    uploadOrigin: 'https://127.0.0.1:8444',
    cloud: clouds.global,
    clock,
    random: () => 0.5,
    tokens: await Tokens.create(clock),
    sessions: new SignInSessions(clock),
    grants: new Grants(clock),
    shells: new Shells(),
    elsewhere: new Map(),
    tenants: [whole],
    tenant: () => whole,
    changed: () => {
      changes += 1;
    },
  };
  const of = { tid: directory.tenantId, appid: own.appId, oid: ownPrincipal.id, idtyp: 'app' };
  const roles = ['Mail.Send', 'Application.ReadWrite.All', 'User.Read.All'];
  bearer = await service.tokens.sign({ ver: '1.0', aud: 'https://graph.microsoft.com', ...of, roles }, 3599);
});

async function ask(method: string, path: string, body?: unknown) {
  const url = new URL(`https://localhost${path}`);
  const response = await answerGraph(service, {
    method,
    segments: url.pathname.split('/').filter(Boolean).map(decodeURIComponent),
    query: url.searchParams,
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json', 'client-request-id': 'mine' },
    body: Buffer.from(body === undefined ? '' : JSON.stringify(body)),
  });
  return { ...response, headers: response.headers ?? {}, json: JSON.parse(JSON.stringify(response.body ?? null)) };
}
const message = { subject: 's', body: { content: 'x' }, toRecipients: [{ emailAddress: { address: sender } }] };

describe('every answer of Graph', () => {
  it('names-the-request-whether-it-went-well-or-not', async () => {
    for (const path of [`/v1.0/users/${sender}`, '/v1.0/users/nobody', '/v1.0/nowhere', '/v1.0']) {
      const { headers } = await ask('GET', path);
      expect([path, headers['client-request-id'], headers['request-id']]).toEqual([path, 'mine', expect.any(String)]);
    }
    const lost = await ask('GET', '/v1.0/nowhere');
    expect([lost.status, lost.json.error.message]).toEqual([400, "Resource not found for the segment 'nowhere'."]);
  });

  it('to-a-write-is-told-to-whoever-keeps-the-state-and-to-a-read-or-a-refusal-is-not', async () => {
    await ask('GET', '/v1.0/applications');
    await ask('POST', '/v1.0/applications', {});
    expect(changes).toBe(0);
    expect((await ask('POST', '/v1.0/myorganization/applications', { displayName: 'x' })).status).toBe(201);
    expect(changes).toBe(1);
  });

  it('from-a-mailbox-is-found-under-either-way-to-write-the-path', async () => {
    const paths = [`/v1.0/users/${sender}/sendMail`, `/v1.0/users('${sender}')/microsoft.graph.sendMail`];
    for (const path of [...paths, `/v1.0/myorganization/users/${encodeURIComponent(sender)}/SENDMAIL`]) {
      const sent = await ask('POST', path, { message });
      expect([path, sent.status, sent.body, sent.headers['content-type']]).toEqual([path, 202, undefined, undefined]);
    }
    expect((await ask('POST', '/v1.0/me/sendMail', { message })).json.error.code).toBe('BadRequest');
  });

  it('within-a-batch-is-that-of-the-request-alone', async () => {
    const headers = { 'Content-Type': 'application/json' };
    const { json } = await ask('POST', '/v1.0/$batch', {
      requests: [
        { id: '1', method: 'POST', url: `/users/${sender}/sendMail`, headers, body: { message } },
        { id: '2', method: 'GET', url: `/users/${sender}/messages` },
        { id: '3', method: 'GET', url: `/users/${sender}?$select=id` },
      ],
    });
    expect(json.responses.map((each: { status: number }) => each.status)).toEqual([202, 403, 200]);
    expect(json.responses[1].body.error).toEqual({
      code: 'ErrorAccessDenied',
      message: 'Access is denied. Check credentials and try again.',
    });
  });
});
