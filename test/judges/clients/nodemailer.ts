/** Nodemailer over SMTP with XOAUTH2. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createTransport } from 'nodemailer';
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
const transport = createTransport({
  host: 'localhost',
  port: smtpPort,
  requireTLS: true,
  tls: { ca: readFileSync(caFile) },
  auth: { type: 'OAuth2', user: sender, accessToken: String(answer['access_token']) },
});
const { response } = await transport.sendMail({ from: sender, to: sender, subject: 'By XOAUTH2', text: 'x' });
assert.match(response, /^250 /);
transport.close();
