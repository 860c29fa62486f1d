import { writeFileSync } from 'node:fs';
import { simpleParser } from 'mailparser';
import { describe, expect, it } from 'vitest';
import { available } from '../harness/available.ts';
import { mustRun, runProgram } from '../harness/run-program.ts';
import { account, ada, apiKey, fileIn, grace, login, type Served, serve } from './served.ts';

const message = `From: ${account}\r\nTo: ${ada}\r\nSubject: from a command line\r\n\r\nöffentlich\r\n.\r\nend\r\n`;

/** Each of these got exactly one copy, nobody else got any, and the books say so. */
async function arrivedOnce(served: Served, recipients: readonly string[], messages = 1): Promise<void> {
  await served.settled();
  const reached = served.tenant.mailboxes.delivered().map((copy) => copy.address);
  expect([...reached].sort()).toEqual([...recipients].sort());
  expect(await served.books()).toMatchObject({
    accepted: messages,
    sent: messages,
    failed: 0,
    uncertain: 0,
    queued: 0,
  });
}

describe.skipIf(!available('curl'))('curl', () => {
  it('sends-over-starttls-with-a-login', async () => {
    await serve(async (served) => {
      const file = fileIn(served, 'message.eml');
      writeFileSync(file, message);
      await mustRun('curl', [
        '-sS',
        '--ssl-reqd',
        '--cacert',
        served.caFile,
        '--user',
        `${login.user}:${login.password}`,
        '--mail-from',
        account,
        '--mail-rcpt',
        ada,
        '--mail-rcpt',
        grace,
        '-T',
        file,
        `smtp://localhost:${served.startTlsPort}`,
      ]);
      await arrivedOnce(served, [ada, grace]);
      expect(served.tenant.mailbox(ada)[0]?.raw?.toString().endsWith('\r\n\r\nöffentlich\r\n.\r\nend\r\n')).toBe(true);
    });
  });

  it('sends-over-implicit-tls', async () => {
    await serve(async (served) => {
      const file = fileIn(served, 'message.eml');
      writeFileSync(file, message);
      await mustRun('curl', [
        '-sS',
        '--cacert',
        served.caFile,
        '--user',
        `${login.user}:${login.password}`,
        '--mail-from',
        account,
        '--mail-rcpt',
        ada,
        '-T',
        file,
        `smtps://localhost:${served.implicitPort}`,
      ]);
      await arrivedOnce(served, [ada]);
    });
  });

  it('wrong-password-is-a-failure-that-it-shows', async () => {
    await serve(async (served) => {
      const file = fileIn(served, 'message.eml');
      writeFileSync(file, message);
      const { status } = await runProgram('curl', [
        '-sS',
        '--ssl-reqd',
        '--cacert',
        served.caFile,
        '--user',
        `${login.user}:wrong`,
        '--mail-from',
        account,
        '--mail-rcpt',
        ada,
        '-T',
        file,
        `smtp://localhost:${served.startTlsPort}`,
      ]);
      expect(status).toBe(67);
      expect(await served.books()).toMatchObject({ accepted: 0 });
    });
  });

  it('hands-in-by-https-and-asks-for-its-fate', async () => {
    await serve(async (served) => {
      const base = `https://localhost:${served.httpPort}`;
      const common = ['-sS', '--cacert', served.caFile, '-H', `Authorization: Bearer ${apiKey}`];
      const body = JSON.stringify({ from: account, to: [ada], bcc: [grace], subject: 'by HTTP', text: 'Hello.' });
      const posted = await mustRun('curl', [
        ...common,
        '-H',
        'Content-Type: application/json',
        '-d',
        body,
        `${base}/v1/messages`,
      ]);
      const { statusUrl } = JSON.parse(posted.stdout);
      await arrivedOnce(served, [ada, grace]);
      const fate = await mustRun('curl', [...common, `${base}${statusUrl}`]);
      expect(JSON.parse(fate.stdout)).toMatchObject({ state: 'sent' });
      expect(served.tenant.mailbox(ada)[0]?.raw?.toString()).not.toContain(grace);
    });
  });
});

describe.skipIf(!available('swaks'))('swaks', () => {
  for (const mechanism of ['PLAIN', 'LOGIN'])
    it(`sends-over-starttls-with-auth-${mechanism.toLowerCase()}-and-an-attachment`, async () => {
      await serve(async (served) => {
        const file = fileIn(served, 'list.csv');
        writeFileSync(file, 'a;b\n1;2\n');
        await mustRun('swaks', [
          '--server',
          `127.0.0.1:${served.startTlsPort}`,
          '--tls',
          '--tls-ca-path',
          served.caFile,
          '--auth',
          mechanism,
          '--auth-user',
          login.user,
          '--auth-password',
          login.password,
          '--from',
          account,
          '--to',
          `${ada},${grace}`,
          '--header',
          'Subject: swaks',
          '--attach',
          `@${file}`,
          '--silent',
          '2',
        ]);
        await arrivedOnce(served, [ada, grace]);
        const parsed = await simpleParser(served.tenant.mailbox(ada)[0]?.raw ?? '');
        expect(parsed.attachments.map((attachment) => attachment.content.toString())).toEqual(['a;b\n1;2\n']);
      });
    });

  it('sends-without-tls-where-the-listener-is-for-this-machine', async () => {
    await serve(async (served) => {
      await mustRun('swaks', [
        '--server',
        `127.0.0.1:${served.plainPort}`,
        '--from',
        account,
        '--to',
        ada,
        '--silent',
        '2',
      ]);
      await arrivedOnce(served, [ada]);
    });
  });
});

describe.skipIf(!available('msmtp'))('msmtp', () => {
  it('sends-over-starttls-with-a-login', async () => {
    await serve(async (served) => {
      await mustRun(
        'msmtp',
        [
          '--host=localhost',
          `--port=${served.startTlsPort}`,
          '--tls=on',
          `--tls-trust-file=${served.caFile}`,
          '--auth=plain',
          `--user=${login.user}`,
          `--passwordeval=echo ${login.password}`,
          `--from=${account}`,
          ada,
        ],
        { input: message },
      );
      await arrivedOnce(served, [ada]);
    });
  });
});

describe.skipIf(!available('python3'))('Python smtplib', () => {
  it('sends-a-message-object-eight-bit-text-and-bytes', async () => {
    await serve(async (served) => {
      const program = [
        'import smtplib, ssl, sys',
        'from email.message import EmailMessage',
        'port, ca, user, password, sender, to = sys.argv[1:]',
        'smtp = smtplib.SMTP("localhost", int(port))',
        'smtp.starttls(context=ssl.create_default_context(cafile=ca))',
        'smtp.login(user, password)',
        'message = EmailMessage()',
        'message["From"], message["To"], message["Subject"] = sender, to, "Grüße"',
        'message.set_content("Straße\\n.\\n")',
        'smtp.send_message(message)',
        'smtp.sendmail(sender, [to], "From: %s\\r\\nTo: %s\\r\\nSubject: eight bit\\r\\n\\r\\nÄ\\r\\n".encode() .replace(b"%s", sender.encode(), 1).replace(b"%s", to.encode(), 1), ["BODY=8BITMIME"])',
        'smtp.quit()',
      ].join('\n');
      await mustRun('python3', [
        '-c',
        program,
        String(served.startTlsPort),
        served.caFile,
        login.user,
        login.password,
        account,
        ada,
      ]);
      await arrivedOnce(served, [ada, ada], 2);
      const subjects = served.tenant.mailbox(ada).map((copy) => copy.subject);
      expect([...subjects].sort()).toEqual(['Grüße', 'eight bit']);
    });
  });
});
