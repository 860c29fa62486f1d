import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import PostalMime from 'postal-mime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { available } from '../harness/available.ts';
import { writeLocalhostCertificate } from '../harness/certificate.ts';
import { runProgram } from '../harness/run-program.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { until } from '../harness/until.ts';
import { attempt, sent } from '../store/samples.ts';
import {
  account,
  client,
  key,
  otherKey,
  type RunningListener,
  read,
  runListener,
  secretOf,
} from './running-listener.ts';

const simple = { from: account, to: ['ada@fabrikam.example'], subject: 'Ticket 88', text: 'Done.' };
const raw = Buffer.from(
  `From: ${account}\r\nTo: x@fabrikam.example\r\nMessage-ID: <1@x>\r\nDate: Mon, 2 Nov 2026 12:00:00 +0000\r\n\r\n.\r\nbody \xc3\xa9\r\n`,
  'latin1',
);
const rawPath = `/v1/messages?from=${account}&to=ada@fabrikam.example&to=bob@fabrikam.example`;
const rfc822 = { 'content-type': 'message/rfc822' };

describe('http in', () => {
  let run: RunningListener;
  beforeAll(async () => {
    run = await runListener();
  });
  afterAll(() => run[Symbol.asyncDispose]());

  it('202-comes-only-with-a-message-on-record', async () => {
    const answer = await run.post('/v1/messages', simple);
    const { status, id, body } = await read(answer);
    expect(status).toBe(202);
    expect(answer.headers.get('location')).toBe(`/v1/messages/${id}`);
    expect(body['statusUrl']).toBe(`/v1/messages/${id}`);
    const trail = await run.store.trail(id);
    expect(trail?.message).toMatchObject({ state: 'queued', client: 'portal', summary: { subject: 'Ticket 88' } });
    expect(trail?.message.origin).toMatchObject({
      ingress: 'http',
      listener: 'api',
      remoteAddress: '127.0.0.1',
      tls: false,
    });
  });

  it('ready-message-arrives-byte-for-byte', async () => {
    const { status, id } = await read(
      await fetch(new URL(rawPath, run.listener.url), {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, ...rfc822 },
        body: raw,
      }),
    );
    expect(status).toBe(202);
    expect(await run.bytes(id)).toEqual(raw);
    const trail = await run.store.trail(id);
    expect(trail?.message.envelope.recipients.map(({ address }) => address)).toEqual([
      'ada@fabrikam.example',
      'bob@fabrikam.example',
    ]);
  });

  it('blind-recipient-can-be-read-by-nobody', async () => {
    const { id } = await read(
      await run.post('/v1/messages', { ...simple, cc: 'Cc <cc@fabrikam.example>', bcc: ['hidden@fabrikam.example'] }),
    );
    const bytes = await run.bytes(id);
    expect(bytes.toString()).not.toContain('hidden');
    expect((await run.store.trail(id))?.message.envelope.recipients.map(({ address }) => address)).toEqual([
      'ada@fabrikam.example',
      'cc@fabrikam.example',
      'hidden@fabrikam.example',
    ]);
  });

  it('json-message-keeps-text-html-names-fields-and-files', async () => {
    const { id } = await read(
      await run.post('/v1/messages', {
        from: { name: 'Möbel, "Haus"', address: account },
        to: ['Ada Lovelace <ada@fabrikam.example>', { name: 'B', address: 'bob@fabrikam.example' }],
        replyTo: ['desk@contoso.example'],
        subject: 'Grüße 🚀',
        text: 'Zeile 1\nZeile 2',
        html: '<p>é <img src="cid:logo"></p>',
        headers: { 'In-Reply-To': '<old@x>', 'X-Ticket': '88' },
        attachments: [
          { filename: 'größe.bin', content: Buffer.from([0, 1, 255]).toString('base64') },
          { filename: 'l.png', contentType: 'image/png', content: 'AAAA', contentId: 'logo', inline: true },
        ],
      }),
    );
    const mail = await PostalMime.parse(await run.bytes(id));
    expect(mail.from).toEqual({ name: 'Möbel, "Haus"', address: account });
    expect(mail.to).toEqual([
      { name: 'Ada Lovelace', address: 'ada@fabrikam.example' },
      { name: 'B', address: 'bob@fabrikam.example' },
    ]);
    expect(mail.subject).toBe('Grüße 🚀');
    expect(mail.text?.trim().split(/\r?\n/)).toEqual(['Zeile 1', 'Zeile 2']);
    expect(mail.html).toContain('é');
    expect(mail.inReplyTo).toBe('<old@x>');
    expect(mail.headers.find((field) => field.key === 'x-ticket')?.value).toBe('88');
    expect(mail.attachments.map((file) => [file.filename, file.contentId])).toContainEqual(['l.png', '<logo>']);
    const file = mail.attachments.find((each) => each.filename === 'größe.bin');
    expect(file?.content instanceof ArrayBuffer && Buffer.from(file.content)).toEqual(Buffer.from([0, 1, 255]));
    // No bare CR or LF: a service that ends lines differently would read another message.
    expect((await run.bytes(id)).toString('latin1').replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });

  it('client-that-repeats-its-request-is-accepted-once', async () => {
    const headers = { 'idempotency-key': 'ticket-1' };
    const before = run.accepted.length;
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => run.post('/v1/messages', simple, headers).then(read)),
    );
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202]);
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(run.accepted.length).toBe(before + 1);
    const conflict = await read(await run.post('/v1/messages', { ...simple, text: 'Other.' }, headers));
    expect([conflict.status, conflict.code]).toEqual([422, 'idempotency-conflict']);
    const elsewhere = await read(
      await run.post('/v1/messages', simple, { ...headers, authorization: `Bearer ${otherKey}` }),
    );
    expect(elsewhere.id).not.toBe(answers[0]?.id);
  });

  it('repeated-ready-message-is-accepted-once-and-another-one-is-refused', async () => {
    const headers = { ...rfc822, 'idempotency-key': 'raw-1' };
    const first = await read(await run.post(rawPath, 'Subject: a\r\n\r\none', headers));
    const same = await read(await run.post(rawPath, 'Subject: a\r\n\r\none', headers));
    const body = await read(await run.post(rawPath, 'Subject: a\r\n\r\ntwo', headers));
    const envelope = await read(await run.post(`${rawPath}&to=c@x.example`, 'Subject: a\r\n\r\none', headers));
    expect(same).toEqual(first);
    expect([body.code, envelope.code]).toEqual(['idempotency-conflict', 'idempotency-conflict']);
  });

  it('client-can-see-what-became-of-its-message-and-nobody-else-can', async () => {
    const { id } = await read(await run.post('/v1/messages', simple));
    await attempt(run.store, id, Date.now(), sent);
    const { body } = await read(await run.get(`/v1/messages/${id}`));
    expect(body).toMatchObject({ state: 'sent', recipients: ['ada@fabrikam.example'], from: account });
    expect(body['attempts']).toMatchObject([{ number: 1, outcome: 'sent' }]);
    const stranger = await read(await run.get(`/v1/messages/${id}`, { authorization: `Bearer ${otherKey}` }));
    expect([stranger.status, stranger.code]).toEqual([404, 'not-found']);
    expect((await read(await run.get('/v1/messages/nonsense'))).code).toBe('not-found');
  });

  it('viewer-without-a-key-sees-nothing-from-any-origin', async () => {
    const answer = await run.get('/v1/messages/x', { authorization: '', origin: 'https://evil.example' });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('Bearer');
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    await answer.arrayBuffer();
  });

  it.each([
    ['a field that is not known', { ...simple, subjct: 'x' }, 'request-invalid', ''],
    ['an address in two readings', { ...simple, to: ['a@x.example, b@x.example'] }, 'request-invalid', '/to/0'],
    ['a From with a line end', { ...simple, from: `A\r\nBcc: e@x.example <${account}>` }, 'request-invalid', '/from'],
    [
      'a header that is not to be set',
      { ...simple, headers: { bcc: 'e@x.example' } },
      'request-invalid',
      '/headers/bcc',
    ],
    [
      'a header with a line end',
      { ...simple, headers: { 'X-A': 'a\r\nBcc: e@x.example' } },
      'request-invalid',
      '/headers/X-A',
    ],
    [
      'a file that is not base64',
      { ...simple, attachments: [{ filename: 'a', content: '%%' }] },
      'request-invalid',
      '/attachments/0/content',
    ],
    ['nobody to send to', { ...simple, to: [] }, 'no-recipients', undefined],
    ['a sender of somebody else', { ...simple, from: 'boss@contoso.example' }, 'sender-not-allowed', undefined],
  ])('is refused with its place: %s', async (_name, message, code, pointer) => {
    const before = run.accepted.length;
    const answer = await read(await run.post('/v1/messages', message));
    expect(answer.code).toBe(code);
    if (pointer !== undefined) expect(answer.body['errors']).toMatchObject([{ pointer }]);
    expect(run.accepted.length).toBe(before);
  });

  it('from-header-of-somebody-else-is-refused-though-the-envelope-is-right', async () => {
    const answer = await read(await run.post(rawPath, 'From: boss@contoso.example\r\n\r\nx', rfc822));
    expect([answer.status, answer.code]).toEqual([403, 'from-not-allowed']);
  });

  it('refusal-never-tells-about-the-configuration', async () => {
    const { body } = await read(await run.post('/v1/messages', { ...simple, from: 'boss@contoso.example' }));
    expect(JSON.stringify(body)).not.toMatch(/portal|noreply/);
  });

  it('body-of-another-type-or-broken-json-is-refused', async () => {
    expect((await read(await run.post('/v1/messages', 'x', { 'content-type': 'text/plain' }))).code).toBe('media-type');
    expect((await read(await run.post('/v1/messages', '{"from":', {}))).code).toBe('request-invalid');
    expect((await read(await run.post('/v1/messages', '{"__proto__":{"a":1}}', {}))).code).toBe('request-invalid');
    expect((await read(await run.post('/v1/messages', raw.toString('latin1'), rfc822))).code).toBe('request-invalid');
  });

  it('large-mail-is-refused-before-it-has-been-read', async () => {
    const announced = request(new URL(rawPath, run.listener.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, ...rfc822, 'content-length': 50_000_000 },
    });
    announced.flushHeaders();
    const [answer] = await once(announced, 'response');
    expect(answer.statusCode).toBe(413);
    announced.destroy();
  });

  it('mail-too-large-for-the-way-out-is-refused-with-the-reason', async () => {
    const answer = await read(await run.post(rawPath, `Subject: big\r\n\r\n${'x'.repeat(3_100_000)}`, rfc822));
    expect([answer.status, answer.code]).toEqual([413, 'message-too-large-for-connector']);
    expect(answer.body['detail']).toMatch(/3000000/);
  });

  it('client-that-hangs-up-in-the-middle-leaves-nothing-behind', async () => {
    const before = await run.store.books();
    const half = request(new URL(rawPath, run.listener.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, ...rfc822, 'content-length': 1_000_000 },
    });
    half.on('error', () => {});
    await new Promise((written) => half.write(Buffer.alloc(500_000, 'x'), written));
    half.destroy();
    const after = await read(await run.post('/v1/messages', simple));
    expect(after.status).toBe(202);
    expect((await run.store.books()).accepted).toBe(before.accepted + 1);
    await until('the hang-up is counted', () => run.refused.includes('request-cut-off'));
    // Not ours: whoever watches the log for errors is not called at night for a client's network.
    expect(run.logger.errors).toEqual([]);
  });

  it('packed-message-is-refused-and-does-not-arrive-as-noise', async () => {
    const packed = await fetch(new URL(rawPath, run.listener.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, ...rfc822, 'content-encoding': 'gzip' },
      body: gzipSync(raw),
    });
    expect(await read(packed)).toMatchObject({ status: 415, code: 'media-type' });
    expect(
      (await run.post(rawPath, 'Subject: x\r\n\r\ny\r\n', { ...rfc822, 'content-encoding': 'identity' })).status,
    ).toBe(202);
  });

  it('json-in-latin1-is-refused-and-no-umlaut-is-lost', async () => {
    const post = (body: Buffer) =>
      fetch(new URL('/v1/messages', run.listener.url), {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body,
      });
    const text = JSON.stringify({ ...simple, subject: 'Grüße' });
    const refused = await read(await post(Buffer.from(text, 'latin1')));
    expect(refused).toMatchObject({ status: 400, body: { detail: 'The body must be UTF-8.' } });
    const { id } = await read(await post(Buffer.from(text, 'utf8')));
    expect((await run.store.trail(id))?.message.summary.subject).toBe('Grüße');
  });

  it('request-of-a-million-mistakes-gets-a-short-answer-soon', async () => {
    const crowd = Array.from({ length: 500_000 }, (_, index) => `no${index}`);
    const many = await run.post('/v1/messages', { ...simple, to: crowd });
    const said = await many.text();
    expect([many.status, said.length < 10_000]).toEqual([400, true]);
    expect(said).toContain('/to has more than 10000 entries');
    const some = await read(await run.post('/v1/messages', { ...simple, to: crowd.slice(0, 9_000) }));
    expect(some.body['errors']).toHaveLength(20);
    const keys = Object.fromEntries(crowd.slice(0, 9_000).map((each) => [each, 1]));
    expect((await (await run.post('/v1/messages', { ...simple, ...keys })).text()).length).toBeLessThan(10_000);
  });

  it('open-api-document-is-served', async () => {
    const answer = await fetch(new URL('/openapi.json', run.listener.url));
    const { body } = await read(answer);
    expect(body['openapi']).toBe('3.1.0');
    expect(Object.keys(Object(body['paths']))).toEqual(['/v1/messages', '/v1/messages/{id}']);
  });

  it.skipIf(!available('curl'))('curl-sends-a-file', async () => {
    const file = join(run.folder.path, 'message.eml');
    writeFileSync(file, raw);
    const { stdout } = await runProgram('curl', [
      '-sS',
      '-H',
      `Authorization: Bearer ${key}`,
      '-H',
      'Content-Type: message/rfc822',
      '--data-binary',
      `@${file}`,
      new URL(rawPath, run.listener.url).href,
    ]);
    const { id }: { id: string } = JSON.parse(stdout);
    expect(await run.bytes(id)).toEqual(raw);
  });
});

describe('listeners', () => {
  it('guesser-of-keys-is-slowed-down-while-a-good-key-works', async () => {
    await using run = await runListener();
    const codes: string[] = [];
    for (let index = 0; index < 11; index += 1)
      codes.push((await read(await run.get('/v1/messages/x', { authorization: `Bearer guess-${index}` }))).code);
    expect(codes.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 'auth-failed'));
    expect(codes[10]).toBe('auth-throttled');
    expect((await read(await run.post('/v1/messages', simple))).status).toBe(202);
  });

  it('address-outside-the-ranges-and-host-of-another-name-are-refused', async () => {
    await using closed = await runListener({ options: { allowFrom: ['10.0.0.0/8'] } });
    expect((await read(await closed.post('/v1/messages', simple))).code).toBe('address-not-allowed');
    await using named = await runListener({ options: { hosts: ['mail.contoso.example'] } });
    expect((await read(await named.post('/v1/messages', simple))).code).toBe('request-invalid');
  });

  it('slow-header-does-not-hold-a-connection-for-ever', async () => {
    await using run = await runListener({
      options: { limits: { connections: 5, idle: 300, header: 200, total: 300 } },
    });
    const socket = connect(run.listener.port, '127.0.0.1');
    socket.write('POST /v1/messages HTTP/1.1\r\nHost: x\r\n');
    socket.resume();
    await once(socket, 'close');
    expect(socket.destroyed).toBe(true);
  });

  it('quota-is-told-as-429-with-a-time-to-wait', async () => {
    await using run = await runListener({
      clients: [client('portal', { apiKey: secretOf(key), quota: { messagesPerHour: 1 } })],
    });
    expect((await run.post('/v1/messages', simple)).status).toBe(202);
    const second = await run.post('/v1/messages', simple);
    expect(second.headers.get('retry-after')).not.toBeNull();
    expect((await read(second)).code).toBe('quota-exceeded');
  });

  it('restart-does-not-forget-an-idempotency-key-and-routes-can-hold', async () => {
    await using run = await runListener({
      routes: [
        {
          name: 'outside',
          when: { recipientDomain: ['fabrikam.example'] },
          form: 'mime',
          saveToSentItems: true,
          fromHeader: 'keep',
          hold: true,
        },
      ],
    });
    const { id } = await read(await run.post('/v1/messages', simple, { 'idempotency-key': 'k' }));
    expect((await run.store.trail(id))?.message).toMatchObject({ state: 'held', route: { route: 'outside' } });
    expect((await run.store.findByIdempotencyKey('portal', 'k'))?.idempotency?.requestHash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('https-with-a-private-authority-works', async () => {
    await using folder = await temporaryFolder();
    const files = await writeLocalhostCertificate(folder.path);
    await using run = await runListener({
      options: { tls: { certificate: files.certificateFile, key: files.keyFile, minVersion: 'TLSv1.2' } },
    });
    const sending = secureRequest(new URL('/v1/messages', run.listener.url), {
      method: 'POST',
      ca: files.caPem,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    });
    sending.end(JSON.stringify(simple));
    const [answer] = await once(sending, 'response');
    answer.resume();
    await once(answer, 'end');
    expect(answer.statusCode).toBe(202);
    expect(run.accepted[0]?.origin.tls).toBe(true);
  });

  it('slow-disk-slows-the-client-down-and-fills-no-memory', async () => {
    const opened = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    let writes = 0;
    let size = 0;
    await using run = await runListener({
      intake: {
        begin: () => ({
          write(chunk) {
            writes += 1;
            size += chunk.byteLength;
            begun.resolve();
            return opened.promise;
          },
          finish: async () => ({ accepted: true, id: 'x' }),
          abort: async () => {},
        }),
      },
    });
    const sending = request(new URL(rawPath, run.listener.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, ...rfc822 },
    });
    sending.end(Buffer.alloc(4_500_000, 'x'));
    await begun.promise;
    // While the disk takes nothing, a request that needs no disk is answered, and no more bytes are read.
    expect((await read(await run.get('/v1/messages/x'))).code).toBe('not-found');
    expect(writes).toBe(1);
    opened.resolve();
    const [answer] = await once(sending, 'response');
    expect([answer.statusCode, size]).toEqual([202, 4_500_000]);
    answer.resume();
  });

  it('slow-upload-does-not-pass-for-a-slow-disk-in-the-metrics', async () => {
    const begun = Promise.withResolvers<void>();
    let now = 0;
    let takes = true;
    await using run = await runListener({
      now: () => now,
      intake: {
        begin: () => ({
          async write() {
            begun.resolve();
          },
          async finish() {
            now += 7;
            return takes ? { accepted: true, id: 'x' } : { accepted: false, fault: { code: 'storage-full' } };
          },
          abort: async () => {},
        }),
      },
    });
    const sending = request(new URL(rawPath, run.listener.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, ...rfc822 },
    });
    sending.write(raw.subarray(0, 50));
    await begun.promise;
    now = 60_000;
    sending.end(raw.subarray(50));
    const [answer] = await once(sending, 'response');
    answer.resume();
    await run.post('/v1/messages', simple);
    takes = false;
    expect((await run.post('/v1/messages', simple)).status).toBe(507);
    expect(run.acceptMs).toEqual([7, 7]);
  });

  it('many-large-json-requests-at-once-do-not-take-all-memory', async () => {
    await using run = await runListener({ options: { receivingBytes: 1_000_000 } });
    const url = new URL('/v1/messages', run.listener.url);
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const begin = () => {
      const sending = request(url, { method: 'POST', headers: { ...headers, 'content-length': 900_000 } });
      sending.on('error', () => {});
      // Where the second was quicker, this one is refused, and comes again.
      sending.on('response', () => {
        first = begin();
      });
      sending.write(`{"text":"${'x '.repeat(440_000)}`);
      return sending;
    };
    let first = begin();
    const code = async () =>
      (await read(await run.post('/v1/messages', { ...simple, text: 'x'.repeat(200_000) }))).code;
    await until('the second request is refused', async () => (await code()) === 'memory-limit');
    first.destroy();
    await until('its memory is given back', async () => (await run.post('/v1/messages', simple)).status === 202);
  });

  describe('a large attachment as JSON', () => {
    const bytes = randomBytes(700_000);
    const file = { filename: 'scan.pdf', contentType: 'application/pdf', content: bytes.toString('base64') };
    const body = (attachments: unknown) => JSON.stringify({ ...simple, subject: 'Scan', attachments });

    it('arrives byte for byte, with escaped slashes and pluses and in pieces of any length, and leaves nothing on the disk', async () => {
      await using run = await runListener({ options: { maxMessageBytes: 20_000_000 } });
      const text = body([
        file,
        { ...file, filename: 'small.txt', content: 'c21hbGw=' },
        { ...file, filename: 'again' },
      ]);
      const sending = request(new URL('/v1/messages', run.listener.url), {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      });
      const escaped = Buffer.from(text.replaceAll('/', String.raw`\/`).replaceAll('+', String.raw`\u002B`));
      for (let at = 0, step = 1; at < escaped.length; at += step, step = (step * 7) % 60_013)
        if (!sending.write(escaped.subarray(at, at + step))) await once(sending, 'drain');
      sending.end();
      const [answer] = await once(sending, 'response');
      const { id } = JSON.parse(Buffer.concat(await Array.fromAsync(answer)).toString());
      expect(answer.statusCode).toBe(202);
      const mail = await PostalMime.parse(await run.bytes(id));
      expect(mail.attachments.map(({ filename }) => filename)).toEqual(['scan.pdf', 'small.txt', 'again']);
      for (const place of [0, 2]) expect(mail.attachments[place]?.content).toEqual(new Uint8Array(bytes).buffer);
      expect(
        readdirSync(join(run.folder.path, 'data', 'bodies')).filter((name) => name.startsWith('incoming')),
      ).toEqual([]);
    });

    it('that comes again under its key is the same message, and another one is not', async () => {
      await using run = await runListener({ options: { maxMessageBytes: 20_000_000 } });
      const post = (attachments: unknown) =>
        run.post('/v1/messages', JSON.parse(body(attachments)), { 'idempotency-key': 'scan-1' });
      const first = await read(await post([file]));
      expect((await read(await post([file]))).id).toBe(first.id);
      const other = { ...file, content: Buffer.alloc(700_000, 1).toString('base64') };
      expect((await read(await post([other]))).code).toBe('idempotency-conflict');
    });

    it.each([
      ['is not base64', [{ ...file, content: `${'A'.repeat(100_000)}*` }]],
      ['is cut off', [{ ...file, content: 'A'.repeat(100_001) }]],
      ['goes on behind its end', [{ ...file, content: `${'A'.repeat(99_998)}==${'A'.repeat(100_000)}` }]],
      ['is no attachment', { content: 'A'.repeat(100_000) }],
    ])('is refused when it %s', async (_what, attachments) => {
      await using run = await runListener({ options: { maxMessageBytes: 20_000_000 } });
      const refused = await run.post('/v1/messages', JSON.parse(body(attachments)));
      expect([refused.status, (await read(refused)).code]).toEqual([400, 'request-invalid']);
    });
  });

  it('renewed-certificate-comes-into-use-without-a-restart', async () => {
    await using folder = await temporaryFolder();
    const files = await writeLocalhostCertificate(folder.path);
    await using run = await runListener({
      options: { tls: { certificate: files.certificateFile, key: files.keyFile, minVersion: 'TLSv1.2' } },
    });
    const status = async (ca: string) => {
      const asking = secureRequest(new URL('/openapi.json', run.listener.url), { ca, agent: false });
      asking.end();
      try {
        const [answer] = await once(asking, 'response');
        answer.resume();
        return answer.statusCode;
      } catch {
        return undefined;
      }
    };
    expect(await status(files.caPem)).toBe(200);
    const renewed = await writeLocalhostCertificate(folder.path);
    await until('the new certificate is shown', async () => (await status(renewed.caPem)) === 200);
    expect(await status(files.caPem)).toBeUndefined();
  });
});
