/** Smart hosts: a real SMTP server, by another hand, that answers for each recipient as it likes. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterEach, describe, expect, test } from 'vitest';
import { delivery, eml, sender } from '../delivery.sample.ts';
import { finding } from '../finding.ts';
import { SmtpCourier, type SmtpCourierOptions } from './smtp-courier.ts';
import { defaultSmtpTimings, type SmtpLogin } from './smtp-link.ts';

interface Taken {
  readonly recipients: readonly string[];
  readonly bytes: Buffer;
}

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function answer(code: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode: code });
}

async function smartHost(
  options: SMTPServerOptions = {},
  refusals: Readonly<Record<string, Error>> = {},
  login: SmtpLogin = { kind: 'none' },
  courierOptions: Partial<SmtpCourierOptions> = {},
) {
  const taken: Taken[] = [];
  let connections = 0;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onConnect(_session, done) {
      connections += 1;
      done();
    },
    onRcptTo({ address }, _session, done) {
      done(refusals[address]);
    },
    onData(stream, session, done) {
      const pieces: Buffer[] = [];
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('end', () => {
        taken.push({
          recipients: session.envelope.rcptTo.map(({ address }) => address),
          bytes: Buffer.concat(pieces),
        });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  const listening = once(server.listen(0, '127.0.0.1'), 'listening');
  await listening;
  const address = server.server.address();
  const { port }: Pick<AddressInfo, 'port'> = typeof address === 'object' && address ? address : { port: 0 };
  const courier = new SmtpCourier({
    server: { host: '127.0.0.1', port, tls: 'none', name: 'mail.contoso.example', timings: defaultSmtpTimings },
    login: async () => login,
    loginFinding: () => finding({ outcome: 'deferred', scope: 'connector', fault: 'smtp-login-refused' }, {}),
    linksBySender: false,
    exchange: false,
    severalSenders: false,
    maxMessageBytes: 36e6,
    maxRecipients: 100,
    ...courierOptions,
  });
  closers.push(
    () => new Promise((resolve) => server.close(() => resolve())),
    () => courier.close(),
  );
  return { courier, taken, connections: () => connections };
}

const [ada, ben, cem] = ['ada@one.example', 'ben@one.example', 'cem@one.example'];

describe('a smart host', () => {
  test('takes one message after the other over one connection, byte for byte', async () => {
    const { courier, taken, connections } = await smartHost();
    const bytes = eml('.dot\r\n..two\r\n\r\nend');
    for (let count = 0; count < 3; count += 1)
      expect(await courier.send(delivery({ bytes, to: [ada] }))).toMatchObject({ outcome: 'sent' });
    expect(connections()).toBe(1);
    expect(taken.every((each) => each.bytes.equals(bytes))).toBe(true);
  });

  test('bare-line-ends-cannot-end-the-message-early', async () => {
    const { courier, taken } = await smartHost();
    const bytes = eml('one\n.\nMAIL FROM:<evil@x.example>\r.\rtwo');
    await courier.send(delivery({ bytes, to: [ada] }));
    expect(taken).toHaveLength(1);
    expect(taken[0]?.bytes.toString()).toContain('MAIL FROM:<evil@x.example>');
    expect(taken[0]?.bytes.toString()).toContain('two\r\n');
  });

  test('one-bad-recipient-does-not-hold-up-the-others', async () => {
    const { courier, taken } = await smartHost({}, { [ben]: answer(550, '5.1.1 No such user') });
    const end = await courier.send(delivery({ to: [ada, ben, cem] }));
    expect(end).toMatchObject({
      outcome: 'sent',
      recipients: [
        { address: ben, outcome: 'failed', fault: 'recipient-refused', answer: { status: 550, code: '5.1.1' } },
      ],
    });
    expect(taken[0]?.recipients).toEqual([ada, cem]);
  });

  test('a-greylisted-recipient-is-tried-again-and-nobody-else', async () => {
    const { courier } = await smartHost({}, { [ben]: answer(450, '4.2.0 Try later'), [cem]: answer(550, 'no') });
    const end = await courier.send(delivery({ to: [ada, ben, cem] }));
    expect(end).toMatchObject({ outcome: 'deferred', scope: 'message', fault: 'recipient-deferred' });
    expect(end.recipients?.map(({ address, outcome }) => [address, outcome])).toEqual([
      [ada, 'sent'],
      [cem, 'failed'],
    ]);
  });

  test('all recipients refused for good is a failure, all of them later is a deferral', async () => {
    const { courier, taken } = await smartHost({}, { [ada]: answer(550, 'no'), [ben]: answer(451, 'later') });
    expect(await courier.send(delivery({ to: [ada] }))).toMatchObject({
      outcome: 'failed',
      fault: 'recipient-refused',
    });
    expect(await courier.send(delivery({ to: [ben] }))).toMatchObject({ outcome: 'deferred', scope: 'message' });
    const mixed = await courier.send(delivery({ to: [ada, ben] }));
    expect(mixed).toMatchObject({ outcome: 'deferred', recipients: [{ address: ada, outcome: 'failed' }] });
    expect(taken).toHaveLength(0);
  });

  test('a wrong password stops the connector, a right one sends', async () => {
    const options: SMTPServerOptions = {
      authOptional: false,
      allowInsecureAuth: true,
      authMethods: ['CRAM-MD5', 'PLAIN'],
      onAuth(auth, _session, done) {
        const isRight = auth.method === 'PLAIN' ? auth.password === 'right' : auth.validatePassword('right');
        if (isRight) done(null, { user: 'mailroom' });
        else done(answer(535, '5.7.8 Wrong'));
      },
    };
    const wrong = await smartHost(options, {}, { kind: 'password', login: 'mailroom', password: 'wrong' });
    const end = await wrong.courier.send(delivery({ to: [ada] }));
    expect(end).toMatchObject({ outcome: 'deferred', scope: 'connector', fault: 'smtp-login-refused' });
    expect(JSON.stringify(end)).not.toContain('wrong"');
    const right = await smartHost(options, {}, { kind: 'password', login: 'mailroom', password: 'right' });
    expect(await right.courier.send(delivery({ to: [ada] }))).toMatchObject({ outcome: 'sent' });
  });

  test('without STARTTLS nothing is said in the clear where TLS is asked for', async () => {
    const { taken, courier } = await smartHost(
      {},
      {},
      { kind: 'none' },
      { server: { host: '127.0.0.1', port: 1, tls: 'starttls', name: 'm', timings: defaultSmtpTimings } },
    );
    expect(await courier.send(delivery({ to: [ada] }))).toMatchObject({
      outcome: 'deferred',
      scope: 'lane',
      fault: 'network',
    });
    expect(taken).toHaveLength(0);
  });

  test('what it cannot bear is not forced upon it', async () => {
    const { courier } = await smartHost({ hideSMTPUTF8: true, hide8BITMIME: true, size: 2000 });
    expect(await courier.send(delivery({ to: ['grüße@one.example'] }))).toMatchObject({ fault: 'message-unfit' });
    expect(await courier.send(delivery({ bytes: eml('Grüße'), to: [ada] }))).toMatchObject({ fault: 'message-unfit' });
    expect(await courier.send(delivery({ bytes: eml('x'.repeat(3000)), to: [ada] }))).toMatchObject({
      fault: 'too-large',
    });
    expect(courier.maxMessageBytes).toBe(2000);
    expect(await courier.send(delivery({ to: ['ada@bücher.example'] }))).toMatchObject({ outcome: 'sent' });
  });

  test('the route that sends as the system account does so in the envelope too', async () => {
    const { courier, taken } = await smartHost();
    const end = await courier.send(
      delivery({ to: [ada], from: 'old@contoso.example', route: { fromHeader: 'system-account' } }),
    );
    expect(end).toMatchObject({ outcome: 'sent', notes: [`the envelope sender old@contoso.example became ${sender}`] });
    expect(taken).toHaveLength(1);
  });

  test('bytes-that-cannot-be-read-to-the-end-are-not-delivered', async () => {
    const { courier, taken } = await smartHost();
    const whole = delivery({ to: [ada] });
    const body = await whole.body();
    const damaged = {
      ...body,
      async *stream() {
        yield* body.stream();
        throw new Error('The disk has damaged it.');
      },
    };
    const end = await courier.send({ ...whole, body: async () => damaged });
    expect(end).toMatchObject({ outcome: 'deferred', scope: 'message', fault: 'message-unreadable' });
    expect(taken).toHaveLength(0);
  });
});
