import { connect } from 'node:net';
import { createTransport } from 'nodemailer';
import { Agent, fetch } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PracticeApp } from '../../practice-app.ts';
import { type PracticeTenant, startPracticeTenant } from '../../tenant.ts';

const sender = 'noreply@contoso.example';
const ada = 'ada@contoso.example';

let tenant: PracticeTenant;
let agent: Agent;
let app: PracticeApp;
let secret: string;
beforeAll(async () => {
  tenant = await startPracticeTenant({
    profile: 'unlimited',
    limits: { smtpConnectionsPerMailbox: 3, recipientsPerMessage: 3 },
    users: [sender, ada],
    smtpPort: 0,
  });
  agent = new Agent({ connect: { ca: tenant.caPem } });
});
afterAll(async () => {
  await agent.close();
  await tenant.close();
});
beforeEach(() => {
  tenant.clearFaults();
  tenant.mailboxes.clear();
  tenant.setRoleAssignments([]);
  ({ app, secret } = tenant.addApp({ roles: ['SMTP.SendAsApp'] }));
  const { exchange } = tenant.directory.state;
  exchange.smtpClientAuthenticationDisabled = false;
  exchange.servicePrincipals = [{ objectId: app.servicePrincipalId, appId: app.clientId, displayName: 'Mailroom' }];
  mailbox().fullAccess = [{ trusteeId: app.servicePrincipalId, effectiveAt: 0 }];
  mailbox().smtpClientAuthenticationDisabled = null;
  mailbox().mailboxFull = false;
});
const mailbox = () => tenant.directory.user(sender) ?? expect.fail();

async function token(scope = 'https://outlook.office365.com/.default'): Promise<string> {
  const form = { grant_type: 'client_credentials', client_id: app.clientId, client_secret: secret, scope };
  const answer = await fetch(`${tenant.origin}/${tenant.tenantId}/oauth2/v2.0/token`, {
    dispatcher: agent,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  });
  const body: Record<string, unknown> = Object(await answer.json());
  return String(body['access_token']);
}

/** Sends by Nodemailer; the reply that ended it. */
async function send(wishes: { from?: string; to?: string[]; token?: string } = {}): Promise<string> {
  const transport = createTransport({
    host: 'localhost',
    port: tenant.smtpPort ?? 0,
    requireTLS: true,
    tls: { ca: tenant.caPem },
    auth: { type: 'OAuth2', user: sender, accessToken: wishes.token ?? (await token()) },
  });
  try {
    const info = await transport.sendMail({
      from: wishes.from ?? sender,
      to: wishes.to ?? [ada],
      subject: 'By SMTP',
      text: '.a line that begins with a dot\n..two\n',
    });
    return info.response;
  } catch (error) {
    return error instanceof Error && 'response' in error ? String(error.response) : String(error);
  } finally {
    transport.close();
  }
}

describe('client submission', () => {
  test('delivers as the envelope says, with its dots, and keeps a copy in Sent Items', async () => {
    expect(await send()).toMatch(/^250 2\.0\.0 OK/);
    expect(tenant.mailbox(ada)[0]?.raw?.toString()).toMatch(/\r\n\.a line that begins with a dot\r\n\.\.two\r\n/);
    expect(tenant.mailbox(sender, 'sentitems')).toHaveLength(1);
  });

  test('by RBAC alone needs no role in the token and no right on the mailbox', async () => {
    app.withdrawAll();
    mailbox().fullAccess = [];
    tenant.setRoleAssignments([{ clientId: app.clientId, role: 'Application SMTP.SendAsApp', mailboxes: [sender] }]);
    expect(await send()).toMatch(/^250/);
  });

  test.each<[string, () => void, RegExp]>([
    [
      'the switch of the tenant is off',
      () => {
        tenant.directory.state.exchange.smtpClientAuthenticationDisabled = true;
      },
      /^535 5\.7\.139 .* disabled for the Tenant/,
    ],
    [
      'the switch of the mailbox is off',
      () => {
        mailbox().smtpClientAuthenticationDisabled = true;
      },
      /^535 5\.7\.139 .* disabled for the Mailbox/,
    ],
    [
      'Exchange was not told of the app',
      () => {
        tenant.directory.state.exchange.servicePrincipals = [];
      },
      /^535 5\.7\.3 /,
    ],
    ['the app has no permission', () => app.withdrawAll(), /^535 5\.7\.3 /],
    [
      'the mailbox is full',
      () => {
        mailbox().mailboxFull = true;
      },
      /^554 5\.2\.2 mailbox full/,
    ],
  ])('is refused when %s', async (_what, prepare, reply) => {
    prepare();
    expect(await send()).toMatch(reply);
    expect(tenant.mailbox(ada)).toEqual([]);
  });

  test('authenticated-and-then-430: a right that is missing on the mailbox shows only after the data', async () => {
    mailbox().fullAccess = [];
    expect(await send()).toMatch(/^430 4\.2\.0 STOREDRV; mailbox logon failure/);
  });

  test('a token of Graph, of another mailbox, or none is no login', async () => {
    expect(await send({ token: await token('https://graph.microsoft.com/.default') })).toMatch(/^535 5\.7\.3 /);
    expect(await send({ token: 'nonsense' })).toMatch(/^535 5\.7\.3 /);
  });

  test('another sender is refused in the envelope, too many recipients by 452', async () => {
    expect(await send({ from: 'ceo@contoso.example' })).toMatch(/^550 5\.7\.60 /);
    const to = [1, 2, 3, 4].map((number) => `r${number}@contoso.example`);
    await send({ to });
    expect(tenant.mailboxes.delivered()).toHaveLength(3);
  });

  test('a fourth connection to one mailbox is one too many', async () => {
    const login = Buffer.from(`user=${sender}\u0001auth=Bearer ${await token()}\u0001\u0001`).toString('base64');
    const { connect: connectTls } = await import('node:tls');
    const sessions = [];
    for (let count = 0; count < 4; count += 1) {
      const plain = dialogue(connect(tenant.smtpPort ?? 0, '127.0.0.1'));
      await plain.until(/^220 /m);
      await plain.say('EHLO test', /^250 SMTPUTF8/m);
      await plain.say('STARTTLS', /^220 2\.0\.0/m);
      const secure = dialogue(connectTls({ socket: plain.socket, ca: tenant.caPem, servername: 'localhost' }));
      await secure.say('EHLO test', /^250 SMTPUTF8/m);
      sessions.push({ secure, answer: await secure.say(`AUTH XOAUTH2 ${login}`, /^(?:235|432) /m) });
    }
    expect(sessions.map(({ answer }) => answer.slice(0, 3))).toEqual(['235', '235', '235', '432']);
    for (const { secure } of sessions) secure.socket.destroy();
  });

  test('a password is no way in any more, and nothing is taken in the clear', async () => {
    const plain = dialogue(connect(tenant.smtpPort ?? 0, '127.0.0.1'));
    await plain.until(/^220 /m);
    await plain.say('EHLO test', /^250 SMTPUTF8/m);
    expect(await plain.say('AUTH XOAUTH2 x', /^\d{3} /m)).toMatch(/^530 5\.7\.0/);
    expect(await plain.say('MAIL FROM:<a@contoso.example>', /^\d{3} /m)).toMatch(/^530 5\.7\.57/);
    plain.socket.destroy();
  });

  test('endless lines and nonsense end the connection and nothing else', async () => {
    const long = dialogue(connect(tenant.smtpPort ?? 0, '127.0.0.1'));
    long.socket.write(Buffer.alloc(64 * 1024, 'a'));
    expect(await long.until(/^500 5\.5\.1/m)).toContain('500 5.5.1');
    expect(await send()).toMatch(/^250/);
  });
});

/** Reads until a reply is complete. */
function dialogue(socket: import('node:net').Socket) {
  let received = '';
  let wanted: { pattern: RegExp; resolve: (text: string) => void } | undefined;
  const look = () => {
    if (!wanted?.pattern.test(received)) return;
    const { resolve } = wanted;
    wanted = undefined;
    const text = received;
    received = '';
    resolve(text);
  };
  socket.on('data', (bytes: Buffer) => {
    received += bytes.toString('latin1');
    look();
  });
  socket.on('error', () => undefined);
  const until = (pattern: RegExp) => {
    const { promise, resolve } = Promise.withResolvers<string>();
    wanted = { pattern, resolve };
    look();
    return promise;
  };
  return {
    socket,
    until,
    say(line: string, pattern: RegExp) {
      socket.write(`${line}\r\n`);
      return until(pattern);
    },
  };
}
