/** Rows M4 and M13: the connector in a configuration, and mail by SMTP, HTTP and sendmail(1) from the system account. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { fetch } from 'undici';
import { freePort } from '../../harness/free-port.ts';
import { startServerProcess } from '../../harness/server-process.ts';
import { until } from '../../harness/until.ts';
import { keptSecret } from './kept-secret.ts';
import type { Place } from './place.ts';
import { secondAccount, systemAccount } from './place.ts';
import { mailroom, talk } from './product.ts';

const apiKey = 'a-key-for-the-walk-of-the-manual';
const recipient = 'citizen@example.net';

/** The whole configuration around the connector that the set-up has written. */
export async function writeConfiguration({ setupFolder }: Place) {
  const [smtp, http] = [await freePort(), await freePort()];
  const configFile = join(setupFolder, 'mailroom.yaml');
  const connector = readFileSync(join(setupFolder, 'connector.yaml'), 'utf8');
  const rest = [
    `smtp: [{ name: local, listen: "127.0.0.1:${smtp}", auth: optional }]`,
    `http: [{ name: api, listen: "127.0.0.1:${http}" }]`,
    'clients:',
    '  - { name: programs, addresses: [127.0.0.0/8] }',
    `  - { name: portal, apiKey: ${apiKey} }`,
  ];
  writeFileSync(configFile, `${rest.join('\n')}\n${connector}`, { mode: 0o600 });
  return { configFile, smtp, http };
}

export async function sendMail(
  place: Place,
  { configFile, smtp, http }: Awaited<ReturnType<typeof writeConfiguration>>,
): Promise<void> {
  const { rows, tenant, setupFolder } = place;
  const shown = await mailroom(['config', 'check', '--config', configFile]);
  rows.prove('M4', 'the configuration with the connector is taken', shown.status === 0);
  const yaml = readFileSync(join(setupFolder, 'connector.yaml'), 'utf8');
  const fields = ['oauthClientId', 'tenantId', 'userName', 'secret'];
  rows.prove(
    'M4',
    'it has the four fields of the manual',
    fields.every((field) => yaml.includes(`${field}:`)),
  );
  rows.prove('M4', 'and not the secret itself', !yaml.includes(keptSecret(place)?.secret ?? yaml));

  await using _server = await startServerProcess({ configFile, ports: [smtp, http] });
  const bySmtp = createTransport({ host: '127.0.0.1', port: smtp, secure: false, ignoreTLS: true });
  await bySmtp.sendMail({ from: systemAccount, to: recipient, subject: 'by SMTP', text: 'A message of the system.' });
  const answer = await fetch(`http://127.0.0.1:${http}/v1/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      from: systemAccount,
      to: [recipient],
      subject: 'by HTTP',
      text: 'A message of the system.',
    }),
  });
  rows.prove('M13', 'HTTP answers 202', answer.status === 202);
  const byProgram = await talk('src/cli/sendmail.ts', ['-f', systemAccount, recipient], {
    env: { MAILROOM_SENDMAIL_URL: `smtp://127.0.0.1:${smtp}`, MAILROOM_SENDMAIL_CONF: join(setupFolder, 'none') },
    input: `From: ${systemAccount}\nTo: ${recipient}\nSubject: by sendmail\n\nA message of the system.\n`,
  });
  rows.prove('M13', 'sendmail(1) ends with 0', byProgram.status === 0);
  const arrived = () => tenant.mailbox(recipient).map(({ subject }) => subject);
  await until('three messages have arrived', () => Promise.resolve(arrived().length >= 3), { deadlineMs: 30_000 });
  const subjects = ['by HTTP', 'by SMTP', 'by sendmail'];
  rows.prove('M13', 'all three arrived, once each', arrived().toSorted().join() === subjects.join());
  const sent = tenant.mailbox(systemAccount, 'sentitems').length;
  const byOthers = tenant.mailbox(secondAccount, 'sentitems').length;
  rows.prove('M1', 'they left as the system account', sent === 3 && byOthers === 0);
  const status = await mailroom(['status', '--config', configFile, '--json']);
  const { books }: { books: Record<string, number> } = JSON.parse(status.stdout);
  rows.prove(
    'M13',
    'the fate of each is on record, and the books balance',
    books['accepted'] === 3 && books['sent'] === 3,
  );
}
