/** curl over SMTP with XOAUTH2. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { surroundings } from '../surroundings.ts';

const { origin, tenantId, clientId, secret, sender, smtpPort, caFile } = surroundings(process.env);
const scope = 'https://outlook.office365.com/.default';
const body = new URLSearchParams({
  grant_type: 'client_credentials',
  client_id: clientId,
  client_secret: secret,
  scope,
});
const answer: Record<string, unknown> = Object(
  await (await fetch(`${origin}/${tenantId}/oauth2/v2.0/token`, { method: 'POST', body })).json(),
);
// The token by a file of options on stdin would clash with the message: it is a practice token, and the machine is ours.
const login = ['--user', sender, '--oauth2-bearer', String(answer['access_token']), '--login-options', 'AUTH=XOAUTH2'];
const envelope = ['--mail-from', sender, '--mail-rcpt', sender, '--upload-file', '-'];
const curl = spawnSync(
  'curl',
  ['--silent', '--show-error', '--ssl-reqd', '--cacert', caFile, ...login, ...envelope, `smtp://localhost:${smtpPort}`],
  { input: `From: ${sender}\r\nTo: ${sender}\r\nSubject: By curl\r\n\r\nx\r\n`, encoding: 'utf8' },
);
assert.equal(curl.status, 0, curl.stderr);
