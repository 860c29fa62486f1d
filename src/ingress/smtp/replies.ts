/**
 * What the listener says. Refusals come from the catalogue; the few words of success stand here.
 */
import { catalogueRow, type Fault, type FaultCode } from '../../domain/catalogue.ts';

/** A refusal as one reply line. A fault without an SMTP reply is answered as our own mistake: temporary. */
export function faultReply(fault: Fault | FaultCode): string {
  const { code, text } = typeof fault === 'string' ? { code: fault, text: undefined } : fault;
  const row = catalogueRow(code);
  const [reply, enhanced] = row.smtp ?? [451, '4.3.0'];
  return `${reply} ${enhanced} ${oneLine(text ?? row.text)}\r\n`;
}

/** Whether a fault ends the connection: 421 says so (RFC 5321 §3.8). */
export function endsConnection(fault: Fault): boolean {
  return catalogueRow(fault.code).smtp?.[0] === 421;
}

/** Whether a fault is a mistake in how the client speaks: all but what may go away by itself, and what guesses passwords. */
export function isClientError(fault: Fault): boolean {
  return (catalogueRow(fault.code).smtp?.[0] ?? 0) >= 500 || fault.code === 'auth-throttled';
}

/** A reply is one line of ASCII: whatever a fault's text holds, it cannot become a second reply. */
function oneLine(text: string): string {
  return text.replace(/[^ -~]+/g, ' ');
}

export const replies = {
  ok: '250 2.0.0 Ok\r\n',
  senderOk: '250 2.1.0 Ok\r\n',
  recipientOk: '250 2.1.5 Ok\r\n',
  startData: '354 End data with <CR><LF>.<CR><LF>\r\n',
  readyForTls: '220 2.0.0 Ready to start TLS\r\n',
  authenticated: '235 2.7.0 Authentication successful\r\n',
  bye: '221 2.0.0 Bye\r\n',
  cannotVerify: '252 2.1.5 Cannot verify the user, but will accept the message and attempt delivery\r\n',
  help: '214 2.0.0 See RFC 5321\r\n',
} as const;

/** The answer to EHLO: one extension a line (RFC 5321 §4.1.1.1). */
export function ehloReply(hostname: string, maxMessageBytes: number, startTls: boolean, auth: boolean): string {
  const lines = [
    hostname,
    'PIPELINING',
    `SIZE ${maxMessageBytes}`,
    '8BITMIME',
    'SMTPUTF8',
    'ENHANCEDSTATUSCODES',
    'CHUNKING',
    'DSN',
  ];
  if (startTls) lines.push('STARTTLS');
  if (auth) lines.push('AUTH PLAIN LOGIN');
  return lines.map((line, index) => `250${index === lines.length - 1 ? ' ' : '-'}${line}\r\n`).join('');
}
