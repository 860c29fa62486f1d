/**
 * The message that the generator sends: one buffer for each session, whose Message-ID changes in place from message to
 * message, so that making messages costs next to nothing.
 */
const idDigits = 12;

export interface LoadMessage {
  /** Header, body, CR LF . CR LF. */
  readonly wire: Buffer;
  /** Gives the message its next Message-ID; only while nobody is still writing `wire`. */
  next(): void;
}

/** A message of exactly `bytes` bytes (as a server stores it), for one session. */
export function createLoadMessage(session: number, bytes: number, from: string, to: string): LoadMessage {
  const head = [
    `From: Load generator <${from}>`,
    `To: <${to}>`,
    'Subject: Monthly statement for customer 4711',
    'Date: Tue, 03 Nov 2026 09:00:00 +0000',
    `Message-ID: <${'0'.repeat(idDigits)}.${session}.${process.pid}@load.example>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    '',
  ].join('\r\n');
  const line = `${'The quick brown fox jumps over the lazy dog, and is billed for it. '.repeat(2).slice(0, 76)}\r\n`;
  const bodyBytes = Math.max(2, bytes - Buffer.byteLength(head));
  const text = line.repeat(Math.ceil(bodyBytes / line.length)).slice(0, bodyBytes - 2);
  // A line end that was cut in half would be a bare CR.
  const body = `${text.endsWith('\r') ? `${text.slice(0, -1)}x` : text}\r\n`;
  const wire = Buffer.from(`${head}${body}.\r\n`);
  const at = wire.indexOf('<0000') + 1;
  let count = 0;
  return {
    wire,
    next() {
      count += 1;
      wire.write(String(count).padStart(idDigits, '0'), at, 'latin1');
    },
  };
}
