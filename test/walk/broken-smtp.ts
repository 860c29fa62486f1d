/** Set-ups of SMTP with OAuth that are broken: the switch, the app that Exchange was not told of, the wrong permission. */
import { forbid, limited } from './breaking.ts';
import { type BrokenSetup, type Stage, systemAccount } from './stage.ts';

/** A connector by SMTP that works: the case breaks it. */
function bySmtp(stage: Stage): void {
  const { tenant, app } = stage;
  stage.connector['kind'] = 'smtp-oauth';
  const host = `127.0.0.1:${tenant.smtpPort}`;
  stage.connector['cloud'] = { custom: { login: tenant.origin, graph: tenant.origin, smtp: host } };
  app.withdrawAll();
  app.grant('SMTP.SendAsApp');
  const { exchange } = tenant.directory.state;
  exchange.smtpClientAuthenticationDisabled = false;
  exchange.servicePrincipals.push({ objectId: app.servicePrincipalId, appId: app.clientId, displayName: 'Mailroom' });
}

/** A connector by Graph whose large mail goes by SMTP, limited and proven: the case breaks it. */
export function largeBySmtp(stage: Stage): void {
  bySmtp(stage);
  stage.connector['kind'] = 'graph';
  stage.connector['largeMessages'] = 'smtp-oauth';
  stage.app.grant('Mail.Send');
  limited(stage);
}

function mailbox(stage: Stage, change: (user: { smtpClientAuthenticationDisabled: boolean | null }) => void): void {
  const user = stage.tenant.directory.user(systemAccount);
  if (user) change(user);
}

/** A smart host in place of Microsoft: nothing of the registration is left. */
function bySmartHost(stage: Stage, settings: Readonly<Record<string, unknown>>): void {
  for (const key of Object.keys(stage.connector)) delete stage.connector[key];
  Object.assign(stage.connector, {
    name: 'default',
    kind: 'smtp',
    host: '127.0.0.1',
    tls: 'none',
    userName: systemAccount,
    login: 'relay',
    password: 'the-right-one',
    ...settings,
  });
}

function switchedOff(stage: Stage): void {
  stage.tenant.directory.state.exchange.smtpClientAuthenticationDisabled = true;
}

function appUnknown(stage: Stage): void {
  stage.tenant.directory.state.exchange.servicePrincipals.length = 0;
}

function firewall(stage: Stage): void {
  const { origin } = stage.tenant;
  stage.connector['cloud'] = { custom: { login: origin, graph: origin, smtp: '127.0.0.1:9' } };
}

function askExchange(stage: Stage): void {
  stage.arguments.push('--sign-in');
}

/** One after the other: a connector that works, and what breaks it. */
const first =
  (...steps: readonly ((stage: Stage) => void)[]) =>
  (stage: Stage): void => {
    for (const step of steps) step(stage);
  };

export const brokenSmtp: readonly BrokenSetup[] = [
  {
    id: 'smtp-auth-off-for-the-organisation',
    what: 'SMTP with OAuth, and SMTP AUTH switched off for the organisation',
    first: 'smtp-sign-in',
    remedy: /Set-TransportConfig/,
    arrange: first(bySmtp, switchedOff),
  },
  {
    id: 'smtp-auth-off-for-the-mailbox',
    what: 'SMTP with OAuth, and SMTP AUTH switched off for the mailbox',
    first: 'smtp-sign-in',
    remedy: /for this mailbox: Set-CASMailbox/,
    arrange(stage) {
      bySmtp(stage);
      mailbox(stage, (user) => {
        user.smtpClientAuthenticationDisabled = true;
      });
    },
  },
  {
    id: 'smtp-auth-off-known-to-exchange',
    what: 'The same, while an administrator is signed in',
    first: 'smtp-auth',
    remedy: /-SmtpClientAuthenticationDisabled \$false switches it on/,
    arrange: first(bySmtp, switchedOff, askExchange),
  },
  {
    id: 'smtp-app-unknown-to-exchange',
    what: 'SMTP with OAuth, and Exchange was never told of the app',
    first: 'smtp-sign-in',
    remedy: /New-ServicePrincipal/,
    arrange: first(bySmtp, appUnknown),
  },
  {
    id: 'smtp-host-does-not-answer',
    what: 'SMTP with OAuth, and a firewall before the SMTP host',
    first: 'smtp-sign-in',
    remedy: /firewall pass port 9/,
    arrange: first(bySmtp, firewall),
  },
  {
    id: 'smtp-blocked-by-security-defaults',
    what: 'SMTP with OAuth, and security defaults of the tenant',
    first: 'smtp-sign-in',
    remedy: /Security defaults/,
    arrange(stage) {
      bySmtp(stage);
      stage.fault({
        endpoint: 'smtp',
        action: {
          kind: 'reply',
          stage: 'auth',
          text: "535 5.7.139 Authentication unsuccessful, user is locked by your organization's security defaults policy.",
        },
      });
      forbid(stage, 'ceo@contoso.example');
    },
  },
  {
    id: 'large-mail-and-smtp-auth-off',
    what: 'Large mail by SMTP beside Graph, and SMTP AUTH switched off for the organisation',
    first: 'large-mail-sign-in',
    remedy: /Set-CASMailbox/,
    arrange: first(largeBySmtp, switchedOff),
  },
  {
    id: 'large-mail-and-smtp-auth-off-known-to-exchange',
    what: 'The same, while an administrator is signed in',
    first: 'large-mail-auth',
    remedy: /-SmtpClientAuthenticationDisabled \$false switches it on/,
    arrange: first(largeBySmtp, switchedOff, askExchange),
  },
  {
    id: 'large-mail-and-the-app-unknown-to-exchange',
    what: 'Large mail by SMTP beside Graph, and Exchange was never told of the app',
    first: 'large-mail-sign-in',
    remedy: /New-ServicePrincipal/,
    arrange: first(largeBySmtp, appUnknown),
  },
  {
    id: 'large-mail-and-a-firewall-before-smtp',
    what: 'Large mail by SMTP beside Graph, and a firewall before the SMTP host',
    first: 'large-mail-sign-in',
    remedy: /firewall pass port 9/,
    arrange: first(largeBySmtp, firewall),
  },
  {
    id: 'pair-large-mail-blocked-and-no-consent-for-graph',
    what: 'Large mail by SMTP beside Graph, SMTP AUTH switched off, and no consent for Mail.Send',
    first: 'mailbox',
    remedy: /grant admin consent/,
    arrange: first(largeBySmtp, ({ app }) => app.withdrawAll(), switchedOff),
  },
  {
    id: 'smart-host-does-not-answer',
    what: 'A smart host where nobody answers',
    first: 'smart-host',
    remedy: /firewall/,
    arrange: (stage) => bySmartHost(stage, { port: 9 }),
  },
  {
    id: 'smart-host-name-not-found',
    what: 'A smart host with a name that DNS does not know',
    first: 'smart-host',
    remedy: /DNS/,
    arrange: (stage) => bySmartHost(stage, { host: 'relay.invalid', tls: 'starttls' }),
  },
  {
    id: 'smart-host-without-starttls',
    what: 'A smart host that offers no STARTTLS',
    first: 'smart-host',
    remedy: /no STARTTLS/,
    async arrange(stage) {
      bySmartHost(stage, { tls: 'starttls', port: await stage.smartHost('relay', 'the-right-one') });
    },
  },
  {
    id: 'smart-host-with-a-wrong-password',
    what: 'A smart host with a wrong password',
    first: 'smart-host-login',
    remedy: /login and password/,
    async arrange(stage) {
      bySmartHost(stage, { password: 'a-wrong-one', port: await stage.smartHost('relay', 'the-right-one') });
    },
  },
];
