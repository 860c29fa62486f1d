/**
 * One SMTP client of the load generator, written for speed: raw sockets, one write for each step, and a reply reader that
 * looks at nothing but codes. It is strict all the same: any reply but the one expected ends the run.
 *
 * Steps of a connection: greeting, EHLO, [STARTTLS, handshake, EHLO], [AUTH], then for each message MAIL, RCPT, DATA,
 * content. In `new` mode QUIT follows the first message, and a new connection the 221.
 */
import { connect, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext } from 'node:tls';
import type { LoadMessage } from './message.ts';
import type { LoadPlan } from './plan.ts';

export interface SessionEvents {
  /** A message was answered 250, `ms` after it began. */
  accepted(ms: number): void;
  /** Asked before each message; `false` ends the session in good order. */
  mayGoOn(): boolean;
  failed(reason: string): void;
  ended(): void;
}

type Step = 'greeting' | 'ehlo' | 'starttls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'content' | 'quit';

const expectedCode: Record<Step, number> = {
  greeting: 220,
  ehlo: 250,
  starttls: 220,
  auth: 235,
  mail: 250,
  rcpt: 250,
  data: 354,
  content: 250,
  quit: 221,
};

/** One for all connections, as a real client has it: to make one costs more than a handshake. No session is taken up again. */
const secureContext = createSecureContext();

/** Runs one client until `mayGoOn` says no or something goes wrong. */
export function runSession(plan: LoadPlan, message: LoadMessage, events: SessionEvents): void {
  const mail = Buffer.from(`MAIL FROM:<${plan.mailFrom}>\r\n`);
  const rcpt = Buffer.from(`RCPT TO:<${plan.rcptTo}>\r\n`);
  const data = Buffer.from('DATA\r\n');
  const pipelined = Buffer.concat([mail, rcpt, data]);
  const quit = Buffer.from('QUIT\r\n');
  const ehlo = Buffer.from('EHLO load.example\r\n');
  const token = plan.auth && Buffer.from(`\0${plan.auth.user}\0${plan.auth.password}`).toString('base64');

  let socket: Socket;
  let step: Step = 'greeting';
  let secure = false;
  let begun = 0;
  let over = false;
  let leftOver = '';

  function fail(reason: string): void {
    if (over) return;
    over = true;
    socket.destroy();
    events.failed(reason);
    events.ended();
  }

  function say(next: Step, bytes: Buffer): void {
    step = next;
    socket.write(bytes);
  }

  function open(): void {
    step = 'greeting';
    secure = false;
    leftOver = '';
    begun = performance.now();
    const tcp = connect({ port: plan.port, host: '127.0.0.1', noDelay: true });
    socket = tcp;
    tcp.on('data', take);
    tcp.on('error', (error) => tcp === socket && fail(`connection: ${error.message}`));
    tcp.on('close', () => tcp === socket && step !== 'quit' && fail(`the server ended the connection (at ${step})`));
  }

  function shakeHands(): void {
    const tcp = socket;
    tcp.removeAllListeners('data');
    // The certificate is the run's own; verifying it would only measure the generator.
    const tls = connectTls({ socket: tcp, secureContext, rejectUnauthorized: false, servername: 'localhost' });
    socket = tls;
    secure = true;
    tls.on('secureConnect', () => say('ehlo', ehlo));
    tls.on('data', take);
    tls.on('error', (error) => tls === socket && fail(`TLS: ${error.message}`));
    tls.on('close', () => tls === socket && step !== 'quit' && fail(`the server ended the connection (at ${step})`));
  }

  function beginMessage(isFirst: boolean): void {
    if (!events.mayGoOn()) {
      over = true;
      say('quit', quit);
      socket.end();
      events.ended();
      return;
    }
    message.next();
    if (!(isFirst && plan.connections === 'new')) begun = performance.now();
    say('mail', plan.pipelining ? pipelined : mail);
  }

  function afterMessage(): void {
    events.accepted(performance.now() - begun);
    if (plan.connections === 'kept') {
      beginMessage(false);
      return;
    }
    say('quit', quit);
  }

  /** The reply that was expected has come: what is next? */
  function goOn(): void {
    switch (step) {
      case 'greeting':
        say('ehlo', ehlo);
        break;
      case 'ehlo':
        if (plan.startTls && !secure) say('starttls', Buffer.from('STARTTLS\r\n'));
        else if (token) say('auth', Buffer.from(`AUTH PLAIN ${token}\r\n`));
        else beginMessage(true);
        break;
      case 'starttls':
        shakeHands();
        break;
      case 'auth':
        beginMessage(true);
        break;
      case 'mail':
        if (plan.pipelining) step = 'rcpt';
        else say('rcpt', rcpt);
        break;
      case 'rcpt':
        if (plan.pipelining) step = 'data';
        else say('data', data);
        break;
      case 'data':
        say('content', message.wire);
        break;
      case 'content':
        afterMessage();
        break;
      case 'quit':
        socket.end();
        if (events.mayGoOn()) open();
        else {
          over = true;
          events.ended();
        }
        break;
    }
  }

  function take(chunk: Buffer): void {
    if (over) return;
    let text = leftOver + chunk.toString('latin1');
    for (let end = text.indexOf('\n'); end !== -1 && !over; end = text.indexOf('\n')) {
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      if (line.charAt(3) === '-') continue;
      if (Number(line.slice(0, 3)) !== expectedCode[step]) {
        fail(`at ${step}: ${line.trim()}`);
        return;
      }
      goOn();
    }
    leftOver = text;
  }

  open();
}
