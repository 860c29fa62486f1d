import { describe, expect, it } from 'vitest';
import type { Clock } from '../domain/ports.ts';
import { formatApiKeyHash, hashApiKey } from './api-key.ts';
import { formatPasswordHash, hashPassword, parsePasswordHash, verifyPassword } from './password-hash.ts';
import { type ClientRule, createGate, type PolicyOptions } from './policy-gate.ts';
import type { RouteRule } from './routes.ts';

const account = 'noreply@contoso.example';
const hour = 3_600_000;

function clockAt(time: number): Clock & { time: number } {
  return {
    time,
    now() {
      return this.time;
    },
    after: () => () => {},
  };
}

const secret = (value: string) => ({ reveal: () => value });
const rule = (name: string, more: Partial<ClientRule> = {}): ClientRule => ({
  name,
  addresses: [],
  priority: 'normal',
  quota: {},
  ...more,
});
const route = (name: string, more: Partial<RouteRule> = {}): RouteRule => ({
  name,
  when: {},
  form: 'mime',
  saveToSentItems: true,
  fromHeader: 'keep',
  hold: false,
  ...more,
});

function gateOf(clients: readonly ClientRule[], more: Partial<PolicyOptions> = {}) {
  return createGate({
    clients,
    connectors: [
      { name: 'default', userName: account, maxMessageBytes: 1_000, maxRecipients: 2 },
      { name: 'second', userName: 'second@contoso.example', maxMessageBytes: 1_000, maxRecipients: 2 },
    ],
    routes: [],
    clock: clockAt(1_000_000 * hour),
    acceptedSince: async () => ({ messages: 0, recipients: 0 }),
    ...more,
  });
}

const known = { name: 'a', priority: 'normal' as const };
const to = (...addresses: string[]) => ({
  mailFrom: account,
  recipients: addresses.map((address) => ({ address })),
  smtpUtf8: false,
});
const summary = { subject: 'Re: Ticket 88', messageId: '<1@x>', from: [account] };

describe('logins', () => {
  it('right-password-is-taken-plain-or-hashed-and-a-wrong-one-is-not', async () => {
    const hash = formatPasswordHash(await hashPassword('hashed'));
    const gate = await gateOf([
      rule('a', { login: 'a', password: secret('plain') }),
      rule('b', { login: 'b', passwordHash: secret(hash) }),
    ]);
    expect(await gate.authenticatePassword('a', 'plain', '::1')).toMatchObject({ ok: true, value: { name: 'a' } });
    expect(await gate.authenticatePassword('b', 'hashed', '::1')).toMatchObject({ ok: true, value: { name: 'b' } });
    for (const [login, password] of [
      ['a', 'hashed'],
      ['b', 'plain'],
      ['a', ''],
      ['c', 'plain'],
    ] as const)
      expect(await gate.authenticatePassword(login, password, '::1')).toMatchObject({
        ok: false,
        fault: { code: 'auth-failed' },
      });
  });

  it('device-that-logs-in-for-each-message-does-not-pay-for-a-hash-each-time', async () => {
    const gate = await gateOf([rule('a', { login: 'a', password: secret('plain') })]);
    await gate.authenticatePassword('a', 'plain', '10.0.0.1');
    const before = process.cpuUsage();
    for (let index = 0; index < 500; index += 1) await gate.authenticatePassword('a', 'plain', '10.0.0.1');
    // A hash costs some 20 ms: 500 of them 10 s.
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(2_000);
  });

  it('hundred-sessions-that-begin-together-share-one-hash', async () => {
    const gate = await gateOf([rule('a', { login: 'a', password: secret('plain') })]);
    const before = process.cpuUsage();
    const answers = await Promise.all(
      Array.from({ length: 300 }, () => gate.authenticatePassword('a', 'plain', '10.0.0.1')),
    );
    expect(answers.every(({ ok }) => ok)).toBe(true);
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(2_000);
  });

  it('guesser-is-stopped-and-a-client-at-the-same-address-goes-on', async () => {
    const clock = clockAt(hour);
    const gate = await gateOf([rule('a', { login: 'a', password: secret('plain') })], { clock });
    await gate.authenticatePassword('a', 'plain', '10.0.0.1');
    const codes: string[] = [];
    for (let index = 0; index < 12; index += 1) {
      const answer = await gate.authenticatePassword('a', `guess ${index}`, '10.0.0.1');
      codes.push(answer.ok ? 'ok' : answer.fault.code);
    }
    expect(codes.filter((code) => code === 'auth-failed').length).toBe(10);
    expect(codes.at(-1)).toBe('auth-throttled');
    expect((await gate.authenticatePassword('a', 'plain', '10.0.0.1')).ok).toBe(true);
    expect((await gate.authenticatePassword('a', 'guess', '10.0.0.2')).ok).toBe(false);
    clock.time += 61_000;
    expect(await gate.authenticatePassword('a', 'guess', '10.0.0.1')).toMatchObject({ fault: { code: 'auth-failed' } });
  });

  it('guesser-with-a-whole-ipv6-network-is-one-guesser', async () => {
    const gate = await gateOf([rule('a', { apiKey: secret('k'.repeat(24)) })]);
    const codes: string[] = [];
    for (let index = 0; index < 11; index += 1) {
      const answer = await gate.authenticateKey('wrong', `2001:db8::${index + 1}`);
      codes.push(answer.ok ? 'ok' : answer.fault.code);
    }
    expect(codes.at(-1)).toBe('auth-throttled');
    expect(await gate.authenticateKey('wrong', '2001:db8:0:1::1')).toMatchObject({ fault: { code: 'auth-failed' } });
  });

  it('api-key-is-taken-plain-or-hashed', async () => {
    const gate = await gateOf([
      rule('a', { apiKey: secret('k'.repeat(24)) }),
      rule('b', { apiKeyHash: secret(formatApiKeyHash(hashApiKey('l'.repeat(24)))) }),
    ]);
    expect(await gate.authenticateKey('k'.repeat(24), '::1')).toMatchObject({ value: { name: 'a' } });
    expect(await gate.authenticateKey('l'.repeat(24), '::1')).toMatchObject({ value: { name: 'b' } });
    expect((await gate.authenticateKey('', '::1')).ok).toBe(false);
  });

  it('client-by-address-is-found-over-ipv4-in-ipv6-too', async () => {
    const gate = await gateOf([rule('printers', { addresses: ['10.20.0.0/16', '2001:db8::/32'] })]);
    for (const address of ['10.20.3.4', '::ffff:10.20.3.4', '2001:db8::7'])
      expect(gate.clientByAddress(address)?.name).toBe('printers');
    for (const address of ['10.21.0.1', '::1', 'nonsense', '']) expect(gate.clientByAddress(address)).toBeUndefined();
  });
});

describe('password hashes', () => {
  // The reference implementation's own test vector: argon2id, v=19, m=65536, t=2, p=1, "password" with salt "somesalt".
  it('hash-of-another-program-is-taken', async () => {
    const text = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
    const hash = parsePasswordHash(text);
    expect(hash && formatPasswordHash(hash)).toBe(text);
    expect(hash && (await verifyPassword('password', hash))).toBe(true);
    expect(hash && (await verifyPassword('Password', hash))).toBe(false);
  });

  it.each([
    '',
    'plain',
    '$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$argon2id$v=19$m=99999999,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  ])('what would be no hash, or the end of the memory, is not taken: %j', (text) =>
    expect(parsePasswordHash(text)).toBeUndefined(),
  );
});

describe('senders', () => {
  it('domain-in-other-case-or-as-unicode-is-the-same-domain-and-a-local-part-is-not', async () => {
    const gate = await gateOf([rule('a', { senders: ['me@Bücher.example', '@contoso.example'] })]);
    for (const address of ['me@xn--bcher-kva.example', 'me@BÜCHER.example', 'x@CONTOSO.example'])
      expect(gate.checkMailFrom(known, address)).toBeUndefined();
    for (const address of [
      'Me@bücher.example',
      'x@sub.contoso.example',
      'x@evilcontoso.example',
      'contoso.example',
      '@contoso.example',
    ])
      expect(gate.checkMailFrom(known, address)?.code).toBe('sender-not-allowed');
  });

  it('client-without-senders-is-the-system-account-of-its-connector', async () => {
    const gate = await gateOf([rule('a'), rule('b', { connector: 'second' })]);
    expect(gate.checkMailFrom(known, account)).toBeUndefined();
    expect(gate.checkMailFrom({ ...known, name: 'b' }, account)?.detail).toContain('second@contoso.example');
  });

  it('refusal-names-the-rule-in-the-log-and-not-to-the-client', async () => {
    const fault = (await gateOf([rule('a')])).checkHeaderFrom(known, [account, 'boss@contoso.example']);
    expect(fault).toMatchObject({ code: 'from-not-allowed' });
    expect(fault?.detail).toContain('boss@contoso.example');
    expect(fault?.text).toBeUndefined();
  });
});

describe('quotas', () => {
  it('window-rolls-and-nothing-is-counted-that-was-refused', async () => {
    const clock = clockAt(1_000 * hour);
    const gate = await gateOf([rule('a', { quota: { messagesPerHour: 2, recipientsPerDay: 5 } })], { clock });
    expect(gate.takeQuota(known, 6)?.detail).toContain('recipientsPerDay');
    expect([gate.takeQuota(known, 2), gate.takeQuota(known, 2)]).toEqual([undefined, undefined]);
    expect(gate.takeQuota(known, 1)?.detail).toContain('messagesPerHour');
    clock.time += 59 * 60_000;
    expect(gate.takeQuota(known, 1)?.code).toBe('quota-exceeded');
    clock.time += 2 * 60_000;
    expect(gate.takeQuota(known, 1)).toBeUndefined();
    expect(gate.takeQuota(known, 1)?.detail).toContain('recipientsPerDay');
    clock.time += 25 * hour;
    expect(gate.takeQuota(known, 5)).toBeUndefined();
  });

  it('restart-gives-nobody-a-fresh-quota', async () => {
    const clock = clockAt(1_000 * hour);
    // Five messages, two hours ago.
    const acceptedSince = async (_client: string, since: number) =>
      since <= clock.time - 2 * hour ? { messages: 5, recipients: 5 } : { messages: 0, recipients: 0 };
    const options = { clock, acceptedSince };
    const daily = await gateOf([rule('a', { quota: { messagesPerDay: 5 } })], options);
    expect(daily.takeQuota(known, 1)?.code).toBe('quota-exceeded');
    clock.time += 23 * hour;
    expect(daily.takeQuota(known, 1)).toBeUndefined();
    clock.time -= 23 * hour;
    const hourly = await gateOf([rule('a', { quota: { messagesPerHour: 5 } })], options);
    expect(hourly.takeQuota(known, 1)).toBeUndefined();
  });
});

describe('routes', () => {
  it('first-route-that-matches-decides-and-none-means-the-connector-of-the-client', async () => {
    const gate = await gateOf([rule('a'), rule('b', { connector: 'second' })], {
      routes: [
        route('tickets', { when: { client: ['a'], subject: 'TICKET' }, sender: 'tickets@contoso.example' }),
        route('inside', { when: { recipientDomain: ['Contoso.example'] }, form: 'json', saveToSentItems: false }),
        route('from', { when: { sender: ['@fabrikam.example'] }, connector: 'second', hold: true }),
      ],
    });
    const decide = (name: string, addresses: string[], subject = 'x', mailFrom = account) => {
      const decision = gate.route({ ...known, name }, { ...to(...addresses), mailFrom }, { ...summary, subject }, 10);
      return decision.ok
        ? [decision.value.route, decision.value.connector, decision.value.sender]
        : decision.fault.code;
    };
    expect(decide('a', ['x@y.example'], 'Re: Ticket 88')).toEqual(['tickets', 'default', 'tickets@contoso.example']);
    expect(decide('b', ['x@contoso.EXAMPLE'], 'ticket')).toEqual(['inside', 'second', 'second@contoso.example']);
    expect(decide('a', ['x@contoso.example', 'x@other.example'])).toEqual(['default', 'default', account]);
    expect(decide('a', ['x@y.example'], 'x', 'me@fabrikam.example')).toEqual([
      'from',
      'second',
      'second@contoso.example',
    ]);
    expect([gate.holds('from'), gate.holds('inside'), gate.holds('default')]).toEqual([true, false, false]);
  });

  it('mail-that-the-way-out-cannot-take-is-refused-with-the-reason', async () => {
    const gate = await gateOf([rule('a'), rule('lost', { connector: 'gone' })]);
    expect(gate.route(known, to('a@x.example'), summary, 1_001)).toMatchObject({
      fault: { code: 'message-too-large-for-connector' },
    });
    expect(gate.route(known, to('a@x.example', 'b@x.example', 'c@x.example'), summary, 1)).toMatchObject({
      fault: { code: 'too-many-recipients' },
    });
    expect(gate.route({ ...known, name: 'lost' }, to('a@x.example'), summary, 1)).toMatchObject({
      fault: { code: 'no-route' },
    });
  });
});

describe('a client whose password or key was made anew', () => {
  const address = '192.0.2.7';
  const until = 1_000_000 * hour + hour;
  const ends = new Date(until).toISOString();

  it('may use the old one until its end, and not a moment longer, though it was right just before', async () => {
    const clock = clockAt(1_000_000 * hour);
    const old = secret(formatPasswordHash(await hashPassword('the old one')));
    const key = 'a-key-of-before-with-some-length';
    const gate = await gateOf(
      [
        rule('a', {
          ...{ login: 'a', password: secret('the new one'), apiKey: secret('a-key-of-now-with-some-length') },
          ...{ previousPasswordHash: old, previousPasswordUntil: ends },
          ...{ previousApiKeyHash: secret(formatApiKeyHash(hashApiKey(key))), previousApiKeyUntil: ends },
        }),
        rule('b', { login: 'b', password: secret('of somebody else') }),
      ],
      { clock },
    );
    const logins = async () =>
      Promise.all(
        (
          [
            ['a', 'the new one'],
            ['a', 'the old one'],
            ['b', 'the old one'],
            ['a', 'a wrong one'],
          ] as const
        ).map(async ([login, password]) => (await gate.authenticatePassword(login, password, address)).ok),
      );
    const keys = async () =>
      Promise.all(
        [key, 'a-key-of-now-with-some-length'].map(async (each) => (await gate.authenticateKey(each, address)).ok),
      );
    expect([await logins(), await keys()]).toEqual([
      [true, true, false, false],
      [true, true],
    ]);
    clock.time = until - 1;
    expect((await gate.authenticatePassword('a', 'the old one', address)).ok).toBe(true);
    clock.time = until;
    expect([await logins(), await keys()]).toEqual([
      [true, false, false, false],
      [false, true],
    ]);
  });
});
