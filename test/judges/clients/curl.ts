/** curl over SMTP with XOAUTH2. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appToken, surroundings } from '../surroundings.ts';

const given = surroundings(process.env);
const { sender, smtpPort, caFile } = given;
const token = await appToken(given, 'https://outlook.office365.com');
// The token by a file of options on stdin would clash with the message: it is a practice token, and the machine is ours.
const login = ['--user', sender, '--oauth2-bearer', token, '--login-options', 'AUTH=XOAUTH2'];
const envelope = ['--mail-from', sender, '--mail-rcpt', sender, '--upload-file', '-'];
const curl = spawnSync(
  'curl',
  ['--silent', '--show-error', '--ssl-reqd', '--cacert', caFile, ...login, ...envelope, `smtp://localhost:${smtpPort}`],
  { input: `From: ${sender}\r\nTo: ${sender}\r\nSubject: By curl\r\n\r\nx\r\n`, encoding: 'utf8' },
);
assert.equal(curl.status, 0, curl.stderr);
