/**
 * Set-ups that are broken in one place or in two, each with the check that must say so first. Whatever the practice tenant
 * can really be put into is put into it; only what has no state there (a blocked tenant, throttling) is a fault.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAppCertificate } from '../../src/microsoft/app-certificate.ts';
import {
  certificate,
  dayMs,
  forbid,
  hosts,
  limited,
  nowhere,
  offClock,
  policy,
  role,
  wrongSecret,
  wrongTenant,
} from './breaking.ts';
import { brokenInExchange } from './broken-in-exchange.ts';
import { brokenPairs } from './broken-pairs.ts';
import { brokenSmtp } from './broken-smtp.ts';
import { brokenUploads } from './broken-uploads.ts';
import { type BrokenSetup, ceo, type Stage, systemAccount, unlicensed } from './stage.ts';

/** Entra's refusal by number, as the reference of error codes has it. */
function refuseToken(stage: Stage, number: number, status = 401, error = 'invalid_client'): void {
  const body = { error, error_codes: [number], error_description: `AADSTS${number}: refused. Trace ID: 0` };
  stage.fault({ endpoint: 'token', action: { kind: 'answer', status, body } });
}

function refuseMail(stage: Stage, status: number, code: string): void {
  stage.fault({
    endpoint: 'sendMail',
    action: { kind: 'answer', status, body: { error: { code, message: 'Refused.' } } },
  });
}

const network: readonly BrokenSetup[] = [
  {
    id: 'nobody-at-the-hosts',
    what: 'A firewall in the way: nobody answers at the hosts',
    first: 'hosts',
    remedy: /firewall/,
    arrange: (stage) => hosts(stage, { login: nowhere, graph: nowhere }),
  },
  {
    id: 'nobody-at-graph',
    what: 'The sign-in host answers, Graph does not',
    first: 'hosts',
    remedy: /firewall/,
    arrange: (stage) => hosts(stage, { graph: nowhere }),
  },
  {
    id: 'nobody-at-the-sign-in-host',
    what: 'Graph answers, the sign-in host does not',
    first: 'hosts',
    remedy: /firewall/,
    arrange: (stage) => hosts(stage, { login: nowhere }),
  },
  {
    id: 'name-not-found',
    what: 'A host name that DNS does not know',
    first: 'hosts',
    remedy: /DNS/,
    arrange: (stage) => hosts(stage, { login: 'https://login.invalid', graph: 'https://graph.invalid' }),
  },
  {
    id: 'authority-not-trusted',
    what: 'A proxy that looks into TLS, its authority unknown here',
    first: 'hosts',
    remedy: /caFile/,
    arrange: (stage) => {
      delete stage.connector['caFile'];
    },
  },
  {
    id: 'certificate-of-the-host-expired',
    what: 'A host whose TLS certificate has expired',
    first: 'hosts',
    remedy: /certificate/,
    arrange: (stage) => stage.fault({ endpoint: 'connection', action: { kind: 'tls', problem: 'expired' } }),
  },
  {
    id: 'certificate-of-another-name',
    what: 'A host whose TLS certificate is for another name',
    first: 'hosts',
    remedy: /certificate/,
    arrange: (stage) => stage.fault({ endpoint: 'connection', action: { kind: 'tls', problem: 'wrong-name' } }),
  },
  {
    id: 'connections-closed-at-once',
    what: 'A firewall that lets connections in and closes them',
    first: 'hosts',
    remedy: /firewall|proxy/i,
    arrange: (stage) => stage.fault({ endpoint: 'connection', action: { kind: 'refuse' } }),
  },
  {
    id: 'proxy-not-there',
    what: 'A proxy in the connector that does not answer',
    first: 'proxy',
    remedy: /proxy/,
    arrange: (stage) => {
      stage.connector['proxy'] = 'http://127.0.0.1:9';
    },
  },
  {
    id: 'proxy-wants-a-login',
    what: 'A proxy that wants a login, and none in the connector',
    first: 'proxy',
    remedy: /user:password/,
    arrange: async (stage) => {
      stage.connector['proxy'] = await stage.proxy(407);
    },
  },
  {
    id: 'proxy-lets-nobody-through',
    what: 'A proxy that does not let this machine through',
    first: 'proxy',
    remedy: /have its administrator allow/,
    arrange: async (stage) => {
      stage.connector['proxy'] = await stage.proxy(403);
    },
  },
  {
    id: 'proxy-is-a-web-server',
    what: 'A web server in place of a proxy',
    first: 'proxy',
    remedy: /allows CONNECT/,
    arrange: async (stage) => {
      stage.connector['proxy'] = await stage.proxy(400);
    },
  },
  {
    id: 'clock-ahead',
    what: 'The clock of this machine is ten minutes ahead',
    first: 'clock',
    remedy: /NTP/,
    arrange: (stage) => offClock(stage, -600_000),
  },
  {
    id: 'clock-behind',
    what: 'The clock of this machine is ten minutes behind',
    first: 'clock',
    remedy: /NTP/,
    arrange: (stage) => offClock(stage, 600_000),
  },
  {
    id: 'clock-two-minutes-off',
    what: 'The clock of this machine is two minutes off: it works still',
    first: 'clock',
    remedy: /NTP/,
    arrange: (stage) => offClock(stage, 120_000),
  },
];

const credentials: readonly BrokenSetup[] = [
  {
    id: 'another-tenant',
    what: 'The ID of a tenant that is not there',
    first: 'tenant',
    remedy: /Directory \(tenant\) ID/,
    arrange: wrongTenant,
  },
  {
    id: 'domain-of-nobody',
    what: 'A domain that is no tenant’s',
    first: 'tenant',
    remedy: /Directory \(tenant\) ID/,
    arrange: (stage) => {
      stage.connector['tenantId'] = 'fabrikam.example';
    },
  },
  {
    id: 'tenant-of-another-cloud',
    what: 'A tenant that lives in another national cloud',
    first: 'credential',
    remedy: /cloud that the tenant belongs to/,
    arrange: (stage) => refuseToken(stage, 90038, 400, 'invalid_request'),
  },
  {
    id: 'secret-wrong',
    what: 'A client secret that is not the app’s',
    first: 'credential',
    remedy: /Value/,
    arrange: wrongSecret,
  },
  {
    id: 'secret-cut-short',
    what: 'A client secret that was not copied whole',
    first: 'credential',
    remedy: /Value/,
    arrange: (stage) => {
      stage.connector['secret'] = stage.secret.slice(0, -1);
    },
  },
  {
    id: 'secret-of-another-app',
    what: 'The client secret of another app',
    first: 'credential',
    remedy: /Value/,
    arrange: (stage) => {
      stage.connector['secret'] = stage.tenant.addApp().secret;
    },
  },
  {
    id: 'secret-expired',
    what: 'A client secret whose end date has passed',
    first: 'credential',
    remedy: /add a new one/,
    arrange: (stage) => stage.app.expireSecrets(stage.tenant.clock.now() - dayMs),
  },
  {
    id: 'secret-ends-in-two-weeks',
    what: 'A client secret that ends in two weeks, and an app that may look at itself',
    first: 'days-left',
    remedy: /mailroom credential renew/,
    arrange: (stage) => {
      stage.app.grant('Application.Read.All');
      stage.app.expireSecrets(stage.tenant.clock.now() + 14 * dayMs);
    },
  },
  {
    id: 'secrets-forbidden-by-the-tenant',
    what: 'A policy of the tenant that forbids new client secrets, and an app that may read it',
    first: 'credential-policy',
    remedy: /certificate/,
    arrange(stage) {
      stage.app.grant('Policy.Read.All');
      const { defaultAppManagementPolicy: tenantPolicy } = stage.tenant.directory.state;
      tenantPolicy.isEnabled = true;
      tenantPolicy.restrictions.passwordCredentials.push({
        restrictionType: 'passwordAddition',
        state: 'enabled',
        maxLifetime: null,
        restrictForAppsCreatedAfterDateTime: null,
      });
    },
  },
  {
    id: 'app-not-there',
    what: 'A client ID that no app has',
    first: 'app',
    remedy: /Application \(client\) ID/,
    arrange: (stage) => {
      stage.connector['oauthClientId'] = randomUUID();
    },
  },
  {
    id: 'object-id-for-client-id',
    what: 'The Object ID of the app in place of its client ID',
    first: 'app',
    remedy: /Application \(client\) ID/,
    arrange: (stage) => {
      stage.connector['oauthClientId'] = stage.app.application.id;
    },
  },
  {
    id: 'app-disabled',
    what: 'An app that an administrator has switched off',
    first: 'app',
    remedy: /Enabled for users to sign in/,
    arrange: (stage) => {
      stage.app.disabled = true;
    },
  },
  {
    id: 'certificate-not-registered',
    what: 'A certificate that was never uploaded to the app',
    first: 'credential',
    remedy: /thumbprint/,
    arrange: (stage) => certificate(stage, 365, Date.now(), false),
  },
  {
    id: 'certificate-expired',
    what: 'A certificate whose end date has passed',
    first: 'credential',
    remedy: /certificate/i,
    arrange: (stage) => certificate(stage, 30, Date.now() - 60 * dayMs, true),
  },
  {
    id: 'certificate-ends-in-a-week',
    what: 'A certificate that ends in a week: it works still',
    first: 'days-left',
    remedy: /mailroom credential renew/,
    arrange: (stage) => certificate(stage, 30, Date.now() - 23 * dayMs, true),
  },
  {
    id: 'certificate-with-another-key',
    what: 'A certificate with the private key of another one',
    first: 'credential',
    remedy: /private key/,
    async arrange(stage) {
      await certificate(stage, 365, Date.now(), true);
      const other = await createAppCertificate('Mailroom', 365, Date.now());
      stage.file('app.key', other.privateKeyPem);
    },
  },
  {
    id: 'key-that-is-none',
    what: 'A file with the private key that holds no key',
    first: 'credential',
    remedy: /without a passphrase/,
    async arrange(stage) {
      await certificate(stage, 365, Date.now(), true);
      stage.file('app.key', stage.tenant.caPem);
    },
  },
  {
    id: 'certificate-that-is-none',
    what: 'A file with the certificate that holds none',
    first: 'credential',
    remedy: /BEGIN CERTIFICATE/,
    async arrange(stage) {
      await certificate(stage, 365, Date.now(), true);
      stage.file('app.crt', 'MIIB no certificate');
    },
  },
  {
    id: 'public-client',
    what: 'An app that is set up as a public client',
    first: 'credential',
    remedy: /Allow public client flows/,
    arrange: (stage) => refuseToken(stage, 700025),
  },
  {
    id: 'conditional-access',
    what: 'A Conditional Access policy that blocks the app',
    first: 'credential',
    remedy: /Conditional Access/,
    arrange: (stage) => refuseToken(stage, 53003, 400, 'access_denied'),
  },
  {
    id: 'graph-not-enabled',
    what: 'A tenant without the service that the token is for',
    first: 'credential',
    remedy: /Exchange Online/,
    arrange: (stage) => refuseToken(stage, 500011, 400, 'invalid_resource'),
  },
  {
    id: 'assertion-out-of-time',
    what: 'Entra finds the assertion out of its time, though the hosts’ clocks agree',
    first: 'credential',
    remedy: /NTP/,
    arrange: (stage) => refuseToken(stage, 700024),
  },
  {
    id: 'refusal-that-nobody-knows',
    what: 'A refusal of Entra with a number that is in no list',
    first: 'credential',
    remedy: /AADSTS number/,
    arrange: (stage) => refuseToken(stage, 999999),
  },
];

const mailboxes: readonly BrokenSetup[] = [
  {
    id: 'no-consent',
    what: 'Mail.Send was never granted',
    first: 'mailbox',
    remedy: /grant admin consent/,
    arrange: (stage) => stage.app.withdrawAll(),
  },
  {
    id: 'the-wrong-permission',
    what: 'Mail.Read was granted in place of Mail.Send',
    first: 'mailbox',
    remedy: /Mail\.Send/,
    arrange(stage) {
      stage.app.withdrawAll();
      stage.app.grant('Mail.Read');
    },
  },
  {
    id: 'the-permission-for-smtp',
    what: 'The role Application SMTP.SendAsApp of Exchange, which is for SMTP, in place of Application Mail.Send',
    first: 'mailbox',
    remedy: /Application Mail\.Send/,
    arrange(stage) {
      stage.app.withdrawAll();
      role(stage, 'Application SMTP.SendAsApp', [systemAccount]);
    },
  },
  {
    id: 'role-for-another-mailbox',
    what: 'RBAC for Applications whose scope leaves the system account out',
    first: 'mailbox',
    remedy: /Mail\.Send|scope|group/,
    arrange(stage) {
      stage.app.withdrawAll();
      role(stage, 'Application Mail.Send', [ceo]);
    },
  },
  {
    id: 'large-mail-by-upload-without-mail-readwrite',
    what: 'Large mail by uploads, and Mail.ReadWrite was not granted',
    first: 'large-mail-drafts',
    remedy: /Mail\.ReadWrite/,
    arrange(stage) {
      stage.connector['largeMessages'] = 'upload';
    },
  },
  {
    id: 'too-many-permissions',
    what: 'Permissions that Mailroom does not need',
    first: 'surplus-permissions',
    remedy: /remove Mail\.ReadWrite/,
    arrange: (stage) => stage.app.grant('Mail.ReadWrite'),
  },
  {
    id: 'mailbox-not-there',
    what: 'A system account that does not exist',
    first: 'mailbox',
    remedy: /Mailboxes/,
    arrange: (stage) => {
      stage.connector['userName'] = 'nobody@contoso.example';
    },
  },
  {
    id: 'mailbox-without-a-licence',
    what: 'A system account without a mailbox',
    first: 'mailbox',
    remedy: /licence/,
    arrange: (stage) => {
      stage.connector['userName'] = unlicensed;
    },
  },
  {
    id: 'account-outside-the-tenant',
    what: 'A system account of another organisation',
    first: 'mailbox',
    remedy: /Mailboxes/,
    arrange: (stage) => {
      stage.connector['userName'] = 'noreply@fabrikam.example';
    },
  },
  {
    id: 'policy-denies-the-system-account',
    what: 'A policy (DenyAccess) that names the system account',
    first: 'mailbox',
    remedy: /security group/,
    arrange: (stage) => policy(stage, 'DenyAccess', systemAccount),
  },
  {
    id: 'policy-leaves-the-system-account-out',
    what: 'A policy (RestrictAccess) whose group does not hold the system account',
    first: 'mailbox',
    remedy: /security group/,
    arrange: (stage) => policy(stage, 'RestrictAccess', ceo),
  },
  {
    id: 'sender-suspended',
    what: 'A system account that Microsoft has suspended',
    first: 'mailbox',
    remedy: /Restricted entities/,
    arrange: (stage) => refuseMail(stage, 403, 'ErrorMessageSubmissionBlocked'),
  },
  {
    id: 'mailbox-full',
    what: 'A system account whose mailbox is full',
    first: 'mailbox',
    remedy: /Empty Sent Items/,
    arrange: (stage) => refuseMail(stage, 403, 'ErrorQuotaExceeded'),
  },
  {
    id: 'token-of-another-cloud',
    what: 'A Graph that does not accept the token',
    first: 'mailbox',
    remedy: /same cloud/,
    arrange: (stage) => refuseMail(stage, 401, 'InvalidAuthenticationToken'),
  },
  {
    id: 'no-limit-at-all',
    what: 'Mail.Send without any limit: the app can send as everybody',
    first: 'forbidden-mailbox',
    remedy: /policy script/,
    arrange: (stage) => forbid(stage, ceo),
  },
  {
    id: 'no-limit-and-nobody-asked',
    what: 'Mail.Send, and no mailbox named to prove a limit with',
    first: 'forbidden-mailbox',
    remedy: /--forbidden/,
    arrange: () => undefined,
  },
  {
    id: 'group-too-wide',
    what: 'A policy whose group holds a mailbox too many',
    first: 'forbidden-mailbox',
    remedy: /policy script/,
    arrange(stage) {
      policy(stage, 'RestrictAccess', systemAccount, ceo);
      forbid(stage, ceo);
    },
  },
  {
    id: 'role-without-a-scope',
    what: 'RBAC for Applications without a scope: the whole organisation',
    first: 'forbidden-mailbox',
    remedy: /narrow its scope/,
    arrange(stage) {
      stage.app.withdrawAll();
      role(stage, 'Application Mail.Send', undefined);
      forbid(stage, ceo);
    },
  },
  {
    id: 'role-wider-than-wanted',
    what: 'RBAC for Applications whose scope holds a forbidden mailbox',
    first: 'forbidden-mailbox',
    remedy: /narrow its scope/,
    arrange(stage) {
      stage.app.withdrawAll();
      role(stage, 'Application Mail.Send', [systemAccount, ceo]);
      forbid(stage, ceo);
    },
  },
  {
    id: 'role-beside-a-tenant-wide-consent',
    what: 'RBAC for Applications beside a Mail.Send in Entra: the two add up',
    first: 'forbidden-mailbox',
    remedy: /withdraw Mail\.Send/,
    arrange(stage) {
      role(stage, 'Application Mail.Send', [systemAccount]);
      forbid(stage, ceo);
    },
  },
  {
    id: 'limits-wider-than-documented',
    what: 'Limits of the connector beyond those of Microsoft',
    first: 'limits',
    remedy: /Remove limits/,
    arrange(stage) {
      policy(stage, 'RestrictAccess', systemAccount);
      forbid(stage, ceo);
      stage.connector['limits'] = { messagesPerMinute: 300 };
    },
  },
];

/** May read its own inbox, and looks into it for the message that it has sent. */
function looksForItsMail(stage: Stage): void {
  limited(stage);
  stage.app.grant('Mail.Read');
  stage.connector['readSentItems'] = true;
  stage.arguments.push('--send', '--arrives-within', '1');
}

const arrivals: readonly BrokenSetup[] = [
  {
    id: 'mail-is-taken-and-comes-back',
    what: 'A mailbox whose limits let no message out: Graph takes it, and it comes back as undeliverable',
    first: 'arrival',
    remedy: /limit of the mailbox/,
    arrange(stage) {
      looksForItsMail(stage);
      const account = stage.tenant.directory.user(systemAccount);
      if (account) account.maxSendBytes = 100;
    },
  },
  {
    id: 'mail-is-taken-and-does-not-arrive',
    what: 'A message that Graph takes, and that is not in the inbox',
    first: 'arrival',
    remedy: /Junk/,
    arrange(stage) {
      looksForItsMail(stage);
      const body = { value: [] };
      stage.fault({ endpoint: 'mail', method: 'GET', action: { kind: 'answer', status: 200, body } });
    },
  },
  {
    id: 'pair-comes-back-and-no-limit',
    what: 'A message that comes back as undeliverable, and no limit on the app',
    first: 'forbidden-mailbox',
    remedy: /policy script/,
    arrange(stage) {
      looksForItsMail(stage);
      stage.tenant.setAccessPolicies([]);
      const account = stage.tenant.directory.user(systemAccount);
      if (account) account.maxSendBytes = 100;
    },
  },
];

const files: readonly BrokenSetup[] = [
  {
    id: 'secret-file-that-others-may-read',
    what: 'A file with the client secret that others on this machine may read',
    first: 'private-files',
    remedy: /chmod 600 .*app\.secret/,
    arrange(stage) {
      limited(stage);
      const file = stage.file('app.secret', stage.secret);
      chmodSync(file, 0o644);
      stage.connector['secret'] = { file };
    },
  },
  {
    id: 'key-of-the-vault-that-others-may-read',
    what: 'A key of the vault that others on this machine may read',
    first: 'private-files',
    remedy: /chmod 600 .*vault\.key.*rekey/,
    arrange(stage) {
      limited(stage);
      mkdirSync(stage.dataDir, { mode: 0o700 });
      const key = join(stage.dataDir, 'vault.key');
      writeFileSync(key, randomBytes(32).toString('base64'));
      chmodSync(key, 0o644);
    },
  },
  {
    id: 'data-folder-that-others-may-look-into',
    what: 'A data folder that others on this machine may look into',
    first: 'private-files',
    remedy: /chmod 700/,
    arrange(stage) {
      limited(stage);
      mkdirSync(stage.dataDir);
      chmodSync(stage.dataDir, 0o755);
    },
  },
];

const pairs: readonly BrokenSetup[] = [
  {
    id: 'pair-no-network-and-wrong-secret',
    what: 'Nobody at the hosts, and a wrong secret',
    first: 'hosts',
    remedy: /firewall/,
    arrange(stage) {
      hosts(stage, { login: nowhere, graph: nowhere });
      wrongSecret(stage);
    },
  },
  {
    id: 'pair-proxy-wants-a-login-and-wrong-secret',
    what: 'A proxy that wants a login, and a wrong secret',
    first: 'proxy',
    remedy: /user:password/,
    async arrange(stage) {
      stage.connector['proxy'] = await stage.proxy(407);
      wrongSecret(stage);
    },
  },
  {
    id: 'pair-app-disabled-and-expired-secret',
    what: 'An app that was switched off, and an expired secret',
    first: 'app',
    remedy: /Enabled for users to sign in/,
    arrange(stage) {
      stage.app.disabled = true;
      stage.app.expireSecrets(stage.tenant.clock.now() - dayMs);
    },
  },
  {
    id: 'pair-clock-and-expired-secret',
    what: 'A wrong clock, and an expired secret',
    first: 'clock',
    remedy: /NTP/,
    arrange(stage) {
      offClock(stage, 900_000);
      stage.app.expireSecrets(stage.tenant.clock.now() - dayMs);
    },
  },
  {
    id: 'pair-wrong-tenant-and-wrong-secret',
    what: 'A wrong tenant, and a wrong secret',
    first: 'tenant',
    remedy: /Directory \(tenant\) ID/,
    arrange(stage) {
      wrongTenant(stage);
      wrongSecret(stage);
    },
  },
  {
    id: 'pair-app-not-there-and-no-mailbox',
    what: 'An unknown app, and an unknown system account',
    first: 'app',
    remedy: /Application \(client\) ID/,
    arrange(stage) {
      stage.connector['oauthClientId'] = randomUUID();
      stage.connector['userName'] = 'nobody@contoso.example';
    },
  },
  {
    id: 'pair-wrong-secret-and-no-consent',
    what: 'A wrong secret, and no consent',
    first: 'credential',
    remedy: /Value/,
    arrange(stage) {
      wrongSecret(stage);
      stage.app.withdrawAll();
    },
  },
  {
    id: 'pair-no-mailbox-and-no-limit',
    what: 'An unknown system account, and no limit',
    first: 'mailbox',
    remedy: /Mailboxes/,
    arrange(stage) {
      stage.connector['userName'] = 'nobody@contoso.example';
      forbid(stage, ceo);
    },
  },
  {
    id: 'pair-certificate-near-its-end-and-no-consent',
    what: 'A certificate near its end, and no consent',
    first: 'mailbox',
    remedy: /grant admin consent/,
    async arrange(stage) {
      await certificate(stage, 30, Date.now() - 23 * dayMs, true);
      stage.app.withdrawAll();
    },
  },
  {
    id: 'pair-too-many-permissions-and-no-limit',
    what: 'Permissions too many, and no limit',
    first: 'forbidden-mailbox',
    remedy: /policy script/,
    arrange(stage) {
      stage.app.grant('User.Read.All');
      forbid(stage, ceo);
    },
  },
];

export const brokenSetups: readonly BrokenSetup[] = [
  ...network,
  ...credentials,
  ...mailboxes,
  ...brokenInExchange,
  ...brokenSmtp,
  ...brokenUploads,
  ...arrivals,
  ...files,
  ...pairs,
  ...brokenPairs,
];
