/** Set-ups whose fault only Exchange knows, or only a look at every mailbox shows: an administrator signs in for the checks. */
import { forbid, limited, policy, role } from './breaking.ts';
import { type BrokenSetup, ceo, type Stage, secondAccount, systemAccount } from './stage.ts';

const signIn = (stage: Stage) => stage.arguments.push('--sign-in');

/** Limited and proven, by an administrator who is signed in. */
function limitedAndSignedIn(stage: Stage): void {
  limited(stage);
  signIn(stage);
}

export const brokenInExchange: readonly BrokenSetup[] = [
  {
    id: 'all-mailboxes-counted',
    what: 'Mail.Send without any limit, every mailbox of the tenant asked',
    first: 'reach',
    remedy: /policy apply/,
    arrange: signIn,
  },
  {
    id: 'more-mailboxes-than-named',
    what: 'A limit that holds for the mailbox that was named, and lets another one in',
    first: 'reach',
    remedy: /take them out/,
    arrange(stage) {
      policy(stage, 'RestrictAccess', systemAccount, secondAccount);
      forbid(stage, ceo);
      signIn(stage);
    },
  },
  {
    id: 'consent-beside-a-role-known-to-exchange',
    what: 'A role of Exchange with a scope, and Mail.Send in Entra beside it',
    first: 'consent-beside-role',
    remedy: /Withdraw Mail\.Send/,
    arrange(stage) {
      role(stage, 'Application Mail.Send', [systemAccount]);
      signIn(stage);
    },
  },
  {
    id: 'the-role-for-smtp-known-to-exchange',
    what: 'The role of Exchange that is for SMTP, while mail goes by Graph',
    first: 'exchange-role',
    remedy: /needs Application Mail\.Send/,
    arrange(stage) {
      stage.app.withdrawAll();
      role(stage, 'Application SMTP.SendAsApp', [systemAccount]);
      signIn(stage);
    },
  },
  {
    id: 'consent-beside-a-role-known-to-the-app',
    what: 'The same every day, by an app that may ask Exchange (Exchange.ManageAsApp, Global Reader)',
    first: 'consent-beside-role',
    remedy: /Withdraw Mail\.Send/,
    arrange(stage) {
      role(stage, 'Application Mail.Send', [systemAccount]);
      stage.app.grant('Exchange.ManageAsApp');
      stage.app.servicePrincipal.directoryRoles.push('Global Reader');
    },
  },
  {
    id: 'may-ask-exchange-and-has-no-role-to-read-with',
    what: 'Exchange.ManageAsApp, and no directory role that lets the app read',
    first: 'exchange-asked',
    remedy: /give its enterprise application Global Reader/,
    arrange(stage) {
      limited(stage);
      stage.app.grant('Exchange.ManageAsApp');
    },
  },
  {
    id: 'system-account-is-an-alias',
    what: 'A system account that is an alias of a mailbox',
    first: 'sender',
    remedy: /is an alias: recipients see noreply@contoso\.example/,
    arrange(stage) {
      limitedAndSignedIn(stage);
      stage.connector['userName'] = 'alias@contoso.example';
    },
  },
  {
    id: 'display-name-with-an-at',
    what: 'A mailbox whose display name holds an @',
    first: 'sender',
    remedy: /name in words/,
    arrange(stage) {
      const mailbox = stage.tenant.directory.user(systemAccount);
      if (mailbox) mailbox.displayName = 'noreply@contoso.example';
      limitedAndSignedIn(stage);
    },
  },
  {
    id: 'pair-wrong-role-and-tenant-wide-consent',
    what: 'The role for SMTP in Exchange, and Mail.Send in Entra',
    first: 'exchange-role',
    remedy: /needs Application Mail\.Send/,
    arrange(stage) {
      role(stage, 'Application SMTP.SendAsApp', [systemAccount]);
      signIn(stage);
    },
  },
];
