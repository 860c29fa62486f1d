/** Nodemailer over SMTP with XOAUTH2. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createTransport } from 'nodemailer';
import { appToken, surroundings } from '../surroundings.ts';

const given = surroundings(process.env);
const { sender, smtpPort, caFile } = given;
const transportWith = (accessToken: string) =>
  createTransport({
    host: 'localhost',
    port: smtpPort,
    requireTLS: true,
    tls: { ca: readFileSync(caFile) },
    auth: { type: 'OAuth2', user: sender, accessToken },
  });
const mail = { from: sender, to: sender, subject: 'By XOAUTH2', text: 'x' };

const transport = transportWith(await appToken(given, 'https://outlook.office365.com'));
const { response } = await transport.sendMail(mail);
assert.match(response, /^250 /);
transport.close();
await assert.rejects(transportWith('no token').sendMail(mail), /535 5\.7\.3/);
