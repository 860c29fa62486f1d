/**
 * Two things broken at once, each with each: what is said first is the cause that the other one rests on, a failure before a
 * warning. The faults stand here in the order of the checks.
 */
import { randomUUID } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { certificate, dayMs, hosts, limited, nowhere, offClock, policy, wrongSecret, wrongTenant } from './breaking.ts';
import { largeBySmtp } from './broken-smtp.ts';
import { type BrokenSetup, ceo, type Stage, systemAccount } from './stage.ts';

interface Fault {
  readonly id: string;
  readonly what: string;
  readonly check: string;
  readonly remedy: RegExp;
  readonly state: 'fail' | 'warn';
  /** Parts of the set-up that it changes: two faults of the same part cannot stand side by side. */
  readonly parts: readonly string[];
  arrange(stage: Stage): void | Promise<void>;
}

const faults: readonly Fault[] = [
  {
    id: 'proxy-wants-a-login',
    what: 'a proxy that wants a login',
    check: 'proxy',
    remedy: /user:password/,
    state: 'fail',
    parts: ['proxy'],
    async arrange(stage) {
      stage.connector['proxy'] = await stage.proxy(407);
    },
  },
  {
    id: 'nobody-at-the-hosts',
    what: 'nobody at the hosts',
    check: 'hosts',
    remedy: /firewall/,
    state: 'fail',
    parts: ['cloud'],
    arrange: (stage) => hosts(stage, { login: nowhere, graph: nowhere }),
  },
  {
    id: 'wrong-clock',
    what: 'a wrong clock',
    check: 'clock',
    remedy: /NTP/,
    state: 'fail',
    parts: ['clock'],
    arrange: (stage) => offClock(stage, 900_000),
  },
  {
    id: 'wrong-tenant',
    what: 'a tenant that is not there',
    check: 'tenant',
    remedy: /Directory \(tenant\) ID/,
    state: 'fail',
    parts: ['tenant'],
    arrange: wrongTenant,
  },
  {
    id: 'unknown-app',
    what: 'an unknown client ID',
    check: 'app',
    remedy: /Application \(client\) ID/,
    state: 'fail',
    parts: ['app'],
    arrange(stage) {
      stage.connector['oauthClientId'] = randomUUID();
    },
  },
  {
    id: 'app-disabled',
    what: 'an app that is switched off',
    check: 'app',
    remedy: /Enabled for users to sign in/,
    state: 'fail',
    parts: ['app'],
    arrange(stage) {
      stage.app.disabled = true;
    },
  },
  {
    id: 'wrong-secret',
    what: 'a wrong secret',
    check: 'credential',
    remedy: /Value/,
    state: 'fail',
    parts: ['credential'],
    arrange: wrongSecret,
  },
  {
    id: 'expired-secret',
    what: 'an expired secret',
    check: 'credential',
    remedy: /add a new one/,
    state: 'fail',
    parts: ['credential'],
    arrange: (stage) => stage.app.expireSecrets(stage.tenant.clock.now() - dayMs),
  },
  {
    id: 'certificate-near-its-end',
    what: 'a certificate near its end',
    check: 'days-left',
    remedy: /credential renew/,
    state: 'warn',
    parts: ['credential'],
    arrange: (stage) => certificate(stage, 30, Date.now() - 23 * dayMs, true),
  },
  {
    id: 'permissions-too-many',
    what: 'a permission too many',
    check: 'surplus-permissions',
    remedy: /remove Mail\.ReadWrite/,
    state: 'warn',
    parts: ['surplus'],
    arrange: (stage) => stage.app.grant('Mail.ReadWrite'),
  },
  {
    id: 'no-consent',
    what: 'no consent',
    check: 'mailbox',
    remedy: /grant admin consent/,
    state: 'fail',
    parts: ['consent'],
    arrange(stage) {
      const others = stage.app.granted().filter((role) => role !== 'Mail.Send');
      stage.app.withdrawAll();
      for (const role of others) stage.app.grant(role);
    },
  },
  {
    id: 'no-mailbox',
    what: 'a system account that is not there',
    check: 'mailbox',
    remedy: /Mailboxes/,
    state: 'fail',
    parts: ['account'],
    arrange(stage) {
      stage.connector['userName'] = 'nobody@contoso.example';
    },
  },
  {
    id: 'policy-leaves-the-account-out',
    what: 'a policy that leaves the system account out',
    check: 'mailbox',
    remedy: /security group/,
    state: 'fail',
    parts: ['policy'],
    arrange: (stage) => policy(stage, 'RestrictAccess', ceo),
  },
  {
    id: 'group-too-wide',
    what: 'a group with a mailbox too many',
    check: 'forbidden-mailbox',
    remedy: /policy script/,
    state: 'fail',
    parts: ['policy'],
    arrange: (stage) => policy(stage, 'RestrictAccess', systemAccount, ceo),
  },
  {
    id: 'large-mail-blocked',
    what: 'SMTP AUTH off, where large mail goes by it',
    check: 'large-mail-sign-in',
    remedy: /Set-CASMailbox/,
    state: 'fail',
    parts: ['cloud'],
    arrange(stage) {
      largeBySmtp(stage);
      stage.tenant.directory.state.exchange.smtpClientAuthenticationDisabled = true;
    },
  },
  {
    id: 'secret-in-an-open-file',
    what: 'a secret in a file that others may read',
    check: 'private-files',
    remedy: /chmod 600/,
    state: 'warn',
    parts: ['credential'],
    arrange(stage) {
      const file = stage.file('app.secret', stage.secret);
      chmodSync(file, 0o644);
      stage.connector['secret'] = { file };
    },
  },
  {
    id: 'limits-too-wide',
    what: 'limits beyond Microsoft\u2019s',
    check: 'limits',
    remedy: /Remove limits/,
    state: 'warn',
    parts: ['limits'],
    arrange(stage) {
      stage.connector['limits'] = { messagesPerMinute: 300 };
    },
  },
];

/** What rests on what stands on the stage first: large mail grants its permissions anew, a consent is withdrawn after. */
const arrangedFirst = ['large-mail-blocked'];

function pairOf(one: Fault, other: Fault): BrokenSetup {
  const first = one.state === 'warn' && other.state === 'fail' ? other : one;
  // Two causes for one check: either may be named.
  const remedy = one.check === other.check ? new RegExp(`${one.remedy.source}|${other.remedy.source}`) : first.remedy;
  const inOrder = [one, other].toSorted(
    (a, b) => Number(arrangedFirst.includes(b.id)) - Number(arrangedFirst.includes(a.id)),
  );
  return {
    id: `${one.id}-and-${other.id}`,
    what: `${one.what}, and ${other.what}`,
    isPair: true,
    first: first.check,
    remedy,
    async arrange(stage) {
      limited(stage);
      for (const fault of inOrder) await fault.arrange(stage);
    },
  };
}

export const brokenPairs: readonly BrokenSetup[] = faults.flatMap((one, index) =>
  faults
    .slice(index + 1)
    .filter((other) => !other.parts.some((part) => one.parts.includes(part)))
    .map((other) => pairOf(one, other)),
);
