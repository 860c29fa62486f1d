/**
 * Hands the samples in as real clients do: Nodemailer over SMTP with STARTTLS and a login, HTTP with an API key, and the
 * sendmail(1) of this project as a child process.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { Agent, fetch } from 'undici';
import { type Sample, systemAccount } from './samples.ts';

export interface DemoLogin {
  readonly login: string;
  readonly password: string;
}

export interface HandInTarget {
  readonly root: string;
  readonly smtpPort: number;
  readonly httpUrl: string;
  readonly caPem: string;
  readonly logins: Readonly<Record<string, DemoLogin>>;
  readonly apiKey: string;
}

/** Hands one sample in; rejects when it is not accepted. */
export async function handIn(sample: Sample, target: HandInTarget): Promise<void> {
  switch (sample.via) {
    case 'smtp':
      return bySmtp(sample, target);
    case 'http':
      return byHttp(sample, target, rawRequest(sample));
    case 'http-json':
      return byHttp(sample, target, jsonRequest(sample));
    case 'sendmail':
      return bySendmail(sample, target);
  }
}

async function bySmtp(sample: Sample, target: HandInTarget): Promise<void> {
  const login = target.logins[sample.client];
  const transport = createTransport({
    host: '127.0.0.1',
    port: target.smtpPort,
    requireTLS: true,
    tls: { ca: target.caPem, servername: 'localhost' },
    ...(login ? { auth: { user: login.login, pass: login.password } } : {}),
  });
  try {
    await transport.sendMail({
      envelope: { from: systemAccount, to: [...sample.recipients] },
      raw: sample.bytes,
    });
  } finally {
    transport.close();
  }
}

interface HttpRequest {
  readonly path: string;
  readonly contentType: string;
  readonly body: Buffer | string;
}

function rawRequest(sample: Sample): HttpRequest {
  const query = new URLSearchParams([['from', systemAccount], ...sample.recipients.map((to) => ['to', to])]);
  return { path: `/v1/messages?${query}`, contentType: 'message/rfc822', body: sample.bytes };
}

function jsonRequest(sample: Sample): HttpRequest {
  const [first, ...others] = sample.recipients;
  const body = { from: systemAccount, to: [first], bcc: others, subject: sample.subject, text: `${sample.bytes}` };
  return { path: '/v1/messages', contentType: 'application/json', body: JSON.stringify(body) };
}

async function byHttp(sample: Sample, target: HandInTarget, request: HttpRequest): Promise<void> {
  const dispatcher = new Agent({ connect: { ca: target.caPem } });
  try {
    const answer = await fetch(new URL(request.path, target.httpUrl), {
      method: 'POST',
      headers: {
        authorization: `Bearer ${target.apiKey}`,
        'content-type': request.contentType,
        'idempotency-key': `demo-${sample.name}`,
      },
      body: request.body,
      dispatcher,
    });
    const text = await answer.text();
    if (answer.status !== 202) throw new Error(`HTTP ${answer.status}: ${text}`);
  } finally {
    await dispatcher.close();
  }
}

function bySendmail(sample: Sample, target: HandInTarget): Promise<void> {
  const login = target.logins[sample.client];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const child = execFile(
    process.execPath,
    [join(target.root, 'bin', 'sendmail.mjs'), '-i', '-f', systemAccount, '--', ...sample.recipients],
    {
      env: {
        ...process.env,
        MAILROOM_SENDMAIL_URL: `smtp://127.0.0.1:${target.smtpPort}`,
        MAILROOM_SENDMAIL_USER: login?.login ?? '',
        MAILROOM_SENDMAIL_PASSWORD: login?.password ?? '',
        MAILROOM_SENDMAIL_CA_PEM: target.caPem,
      },
    },
    (error, _stdout, stderr) => (error ? reject(new Error(`sendmail: ${stderr || error.message}`)) : resolve()),
  );
  child.stdin?.end(sample.bytes);
  return promise;
}
