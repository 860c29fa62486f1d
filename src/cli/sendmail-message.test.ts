import { describe, expect, it } from 'vitest';
import { parseSendmailArguments } from './sendmail-arguments.ts';
import { MessageDataError, prepareMessage, readInput, takeRecipients } from './sendmail-message.ts';

const sender = 'app@host.example';

function prepared(text: string, wishes: Partial<Parameters<typeof prepareMessage>[1]> = {}): string {
  const message = prepareMessage(Buffer.from(text, 'latin1'), {
    ignoreDots: true,
    sender,
    fullName: undefined,
    ...wishes,
  });
  return message.toString('latin1');
}

describe('a message on stdin', () => {
  it.each([
    ['line ends of Unix', 'From: a@b.c\nSubject: x\n\nbody\n'],
    ['line ends of SMTP', 'From: a@b.c\r\nSubject: x\r\n\r\nbody\r\n'],
    ['line ends that text mode doubled', 'From: a@b.c\r\r\nSubject: x\r\r\n\r\r\nbody\r\r\n'],
    ['a line of an mbox before it', 'From app Mon Jan 1\nFrom: a@b.c\nSubject: x\n\nbody\n'],
  ])('keeps its header and its body: %s', (_name, text) => {
    expect(prepared(text)).toBe('From: a@b.c\r\nSubject: x\r\n\r\nbody\r\n');
  });

  it('that is text without a header does not lose its first line to one', () => {
    expect(prepared('Disk is full.\nPlease look.\n')).toBe(`From: ${sender}\r\n\r\nDisk is full.\r\nPlease look.\r\n`);
  });

  it('has the name of -F in a From that was missing, whatever is in it', () => {
    expect(prepared('Subject: x\n\n', { fullName: 'Nightly "batch"\nBcc: eve@contoso.example' })).toBe(
      `From: "Nightly \\"batch\\" Bcc: eve@contoso.example" <${sender}>\r\nSubject: x\r\n\r\n`,
    );
    expect(prepared('Subject: x\n\n', { fullName: 'Büro' })).toMatch(
      /^From: =\?UTF-8\?Q\?B=C3=BCro\?= <app@host\.example>\r\n/,
    );
  });

  it('ends at a lone dot even when that is all there is', () => {
    expect(prepared('.\nSubject: x\n', { ignoreDots: false })).toBe(`From: ${sender}\r\n\r\n`);
    expect(prepared('From: a@b.c\r\n\r\nx\r\n.\r\ny', { ignoreDots: false })).toBe('From: a@b.c\r\n\r\nx\r\n');
    expect(prepared('From: a@b.c\n\n..\n. \ny.\n', { ignoreDots: false })).toContain('..\r\n. \r\ny.\r\n');
  });

  it('beyond the limit is refused before it fills the memory', async () => {
    let given = 0;
    async function* endless() {
      for (;;) {
        given += 1;
        yield Buffer.alloc(1000);
      }
    }
    await expect(readInput(endless(), 10_000)).rejects.toThrow(MessageDataError);
    expect(given).toBe(11);
  });

  it('with a recipient that nobody can read is sent to nobody', () => {
    const message = Buffer.from('To: ada@contoso.example, bob <bob@\r\n\r\nx');
    expect(() => takeRecipients(message, 'host.example', undefined)).toThrow(/cannot be read/);
  });
});

describe('arguments as programs write them', () => {
  it.each([
    ['PHP', ['-t', '-i'], { fromHeader: true, ignoreDots: true }],
    ['mutt', ['-oem', '-oi', '-f', 'a@b.c', '--', 'x@y.z'], { ignoreDots: true, from: 'a@b.c', recipients: ['x@y.z'] }],
    ['cron', ['-FCronDaemon', '-i', '-B8BITMIME', '-oem', 'root'], { fullName: 'CronDaemon', recipients: ['root'] }],
    ['git', ['-i', 'x@y.z'], { recipients: ['x@y.z'] }],
    ['one with a null sender', ['-f', '<>', '-r', '', 'x@y.z'], { from: '' }],
    [
      'one that wants notices',
      ['-Nfailure,delay', '-R', 'hdrs', '-V', 'q1', 'x@y.z'],
      {
        dsn: { notify: 'FAILURE,DELAY', ret: 'HDRS', envid: 'q1' },
      },
    ],
    ['one with flags in one word', ['-tif', 'a@b.c'], { fromHeader: true, ignoreDots: true, from: 'a@b.c' }],
  ])('are understood: %s', (_name, words, expected) => {
    expect(parseSendmailArguments(words)).toMatchObject({ kind: 'arguments', arguments: expected });
  });

  it('are refused when a mode is asked for that is not there', () => {
    expect(parseSendmailArguments(['-bd'])).toMatchObject({ kind: 'wrong' });
    expect(parseSendmailArguments(['-f'])).toMatchObject({ kind: 'wrong' });
  });
});
