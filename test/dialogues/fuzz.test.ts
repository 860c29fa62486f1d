/** Whatever a stranger sends, in whatever pieces: no crash, no hang, one reply for each command. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutAt, SessionDriver } from './session-driver.ts';
import { listenerOptions } from './session-options.ts';

const cuts = fc.array(fc.nat(2_000), { maxLength: 12 });

/** Something that a client says, and how many replies that is worth. */
interface Said {
  readonly bytes: Buffer;
  readonly replies: number;
}

const said = (text: string, replies: number): Said => ({ bytes: Buffer.from(text, 'latin1'), replies });

/** What is followed by bytes that are no command, or ends the connection, has an entry of its own below. */
const special = /^(?:DATA|BDAT|AUTH|QUIT|STARTTLS|GET|POST|PUT|HEAD|CONNECT|OPTIONS|DELETE|PATCH|TRACE|PRI)(?: |$)/i;

const anyLine = fc
  .oneof(
    fc.string({ unit: 'binary-ascii', maxLength: 60 }),
    fc
      .tuple(
        fc.constantFrom(
          'EHLO ',
          'HELO ',
          'MAIL FROM:',
          'RCPT TO:',
          'MAIL FROM:<a@x.example> ',
          'RCPT TO:<b@y.example> ',
          'RSET ',
          'VRFY ',
        ),
        fc.string({
          unit: fc.constantFrom(
            '<',
            '>',
            '@',
            'a',
            '.',
            '"',
            '\\',
            ' ',
            ',',
            ':',
            '=',
            ';',
            '+',
            '[',
            ']',
            'é',
            'SIZE=',
            'NOTIFY=',
            'ORCPT=',
            'ENVID=',
            'RET=',
            'SMTPUTF8',
          ),
          maxLength: 20,
        }),
      )
      .map((parts) => parts.join('')),
  )
  .map((line) =>
    Buffer.from(line)
      .toString('latin1')
      .replace(/[\r\n]/g, ''),
  )
  // Behind other blanks than SP a verb is the same verb.
  .filter((line) => !special.test(line.replace(/\s+/g, ' ').trim()) && line.charCodeAt(0) !== 0x16)
  .map((line) => said(`${line}\r\n`, 1));

const body = fc
  .array(
    fc.constantFrom('text\r\n', '..\r\n', '..x\r\n', '\r\n', '\n', '\r', 'a\0b\r\n', '.\n', '\n.\n', 'é\xff\r\n'),
    { maxLength: 8 },
  )
  .map((parts) => `${parts.join('')}\r\n`);

const transaction = 'RSET\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<b@y.example>\r\n';

const anySaid: fc.Arbitrary<Said> = fc.oneof(
  { weight: 6, arbitrary: anyLine },
  { weight: 3, arbitrary: fc.constant(said('EHLO x\r\n', 1)) },
  // The body ends in CR LF, so that no line of it runs into the end.
  { weight: 3, arbitrary: body.map((text) => said(`${transaction}DATA\r\nx${text}.\r\n`, 5)) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(body, fc.boolean())
      .map(([text, last]) => said(`${transaction}BDAT ${text.length}${last ? ' LAST' : ''}\r\n${text}`, 4)),
  },
  { weight: 1, arbitrary: body.map((text) => said(`BDAT ${text.length}\r\n${text}`, 1)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      said('AUTH PLAIN AGFkYQBzM2NyZXQ=\r\n', 1),
      said('AUTH LOGIN\r\n*\r\n', 2),
      said('AUTH PLAIN =\r\n', 1),
    ),
  },
  { weight: 1, arbitrary: fc.nat(14_000).map((length) => said(`${'x'.repeat(12_288 + length)}\r\n`, 1)) },
);

describe('a client that says anything', () => {
  it('gets-one-reply-for-each-command', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anySaid, { maxLength: 25 }), cuts, fc.boolean(), async (all, places, hasGreeted) => {
        const driver = new SessionDriver(listenerOptions(), true);
        // Without EHLO a transaction has other replies: DATA is refused, and its text is taken for commands.
        const sequence = hasGreeted ? [said('EHLO x\r\n', 1), ...all] : all.filter(({ replies }) => replies === 1);
        await driver.feed(cutAt(Buffer.concat(sequence.map(({ bytes }) => bytes)), places));
        const replies = sequence.reduce((sum, each) => sum + each.replies, 1);
        expect({ replies: driver.replies, ended: driver.ended, errors: errorsOf(driver) }).toEqual({
          replies,
          ended: false,
          errors: [],
        });
      }),
      { numRuns: 300 },
    );
  });

  it('never-brings-the-session-down-with-raw-bytes', async () => {
    const word = fc.constantFrom(
      'EHLO x\r\n',
      'MAIL FROM:<a@x.example>\r\n',
      'RCPT TO:<b@y.example>\r\n',
      'DATA\r\n',
      'BDAT ',
      '7',
      ' LAST',
      '\r\n',
      '\n',
      '\r',
      '.',
      '\r\n.\r\n',
      'QUIT\r\n',
      'AUTH PLAIN\r\n',
      'STARTTLS\r\n',
      'RSET\r\n',
      '\0',
      ' ',
    );
    const bytes = fc
      .array(
        fc.oneof(
          word.map((text) => Buffer.from(text)),
          fc.uint8Array({ maxLength: 12 }).map((raw) => Buffer.from(raw)),
        ),
        { maxLength: 40 },
      )
      .map((parts) => Buffer.concat(parts));
    await fc.assert(
      fc.asyncProperty(
        bytes,
        cuts,
        fc.constantFrom('refuse' as const, 'keep' as const),
        async (all, places, bareNewlines) => {
          const driver = new SessionDriver(listenerOptions({ bareNewlines }), true);
          await driver.feed(cutAt(all, places));
          driver.session.clientEnded();
          await driver.settle();
          expect(driver.transcript).toMatch(/^(?:\d{3}[ -][ -~]*\r\n)+$/);
          expect({ ended: driver.ended, underWay: driver.ports.intake.underWay, errors: errorsOf(driver) }).toEqual({
            ended: true,
            underWay: 0,
            errors: [],
          });
        },
      ),
      { numRuns: 700 },
    );
  });
});

function errorsOf(driver: SessionDriver): string[] {
  return driver.ports.logger.lines.filter((line) => line.startsWith('error'));
}
