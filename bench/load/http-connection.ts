/**
 * One HTTPS client of the load generator on a kept connection, written for speed as the SMTP one is: a request in one write,
 * and of the answer nothing but its code and where it ends. Any code but 202 ends the run.
 */
import { connect } from 'node:tls';
import type { LoadMessage } from './message.ts';
import type { LoadPlan } from './plan.ts';
import type { SessionEvents } from './session.ts';

/** The dot that ends DATA, and no part of the message. */
const endOfData = 3;
const endOfHead = '\r\n\r\n';

interface Request {
  readonly head: Buffer;
  readonly body: Buffer;
}

/** Runs one connection until `mayGoOn` says no or something goes wrong. */
export function runHttpConnection(
  plan: LoadPlan,
  http: NonNullable<LoadPlan['http']>,
  message: LoadMessage,
  events: SessionEvents,
): void {
  const { head, body } = http.form === 'mime' ? asItIs(plan, http.apiKey, message) : asJson(plan, http.apiKey);
  let begun = 0;
  let over = false;
  let answer = '';

  // The certificate is the run's own; verifying it would only measure the generator.
  const socket = connect({ port: plan.port, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false });
  socket.setNoDelay(true);
  socket.on('secureConnect', next);
  socket.on('data', take);
  socket.on('error', (error) => fail(`connection: ${error.message}`));
  socket.on('close', () => fail('the server ended the connection'));

  function fail(reason: string): void {
    if (over) return;
    events.failed(reason);
    end();
  }

  function end(): void {
    over = true;
    socket.destroy();
    events.ended();
  }

  function next(): void {
    if (!events.mayGoOn()) {
      end();
      return;
    }
    message.next();
    begun = performance.now();
    socket.cork();
    socket.write(head);
    socket.write(body);
    socket.uncork();
  }

  function take(chunk: Buffer): void {
    if (over) return;
    answer += chunk.toString('latin1');
    const headEnd = answer.indexOf(endOfHead);
    if (headEnd === -1) return;
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(answer.slice(0, headEnd))?.[1] ?? 0);
    if (answer.length < headEnd + endOfHead.length + length) return;
    if (!answer.startsWith('HTTP/1.1 202 ')) {
      fail(`the answer was ${answer.slice(0, 500)}`);
      return;
    }
    answer = '';
    events.accepted(performance.now() - begun);
    next();
  }
}

function asItIs(plan: LoadPlan, apiKey: string, message: LoadMessage): Request {
  // The same memory, in which the message gets its next Message-ID.
  const body = message.wire.subarray(0, -endOfData);
  const path = `/v1/messages?from=${plan.mailFrom}&to=${plan.rcptTo}`;
  return { head: head(path, 'message/rfc822', apiKey, body.length), body };
}

function asJson(plan: LoadPlan, apiKey: string): Request {
  const text = 'The quick brown fox jumps over the lazy dog, and is billed for it.\r\n';
  const body = Buffer.from(
    JSON.stringify({
      from: plan.mailFrom,
      to: [plan.rcptTo],
      subject: 'Monthly statement for customer 4711',
      text: text.repeat(Math.ceil(plan.bytes / text.length)).slice(0, plan.bytes),
    }),
  );
  return { head: head('/v1/messages', 'application/json', apiKey, body.length), body };
}

function head(path: string, contentType: string, apiKey: string, length: number): Buffer {
  const fields = [
    `POST ${path} HTTP/1.1`,
    'Host: localhost',
    `Authorization: Bearer ${apiKey}`,
    `Content-Type: ${contentType}`,
    `Content-Length: ${length}`,
  ];
  return Buffer.from(`${fields.join('\r\n')}${endOfHead}`);
}
