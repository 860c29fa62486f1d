/** Set-ups of large mail by uploads that are broken: Mail.ReadWrite where it should not be. */
import { forbid } from './breaking.ts';
import { type BrokenSetup, ceo, systemAccount } from './stage.ts';

export const brokenUploads: readonly BrokenSetup[] = [
  {
    id: 'drafts-permission-left-beside-the-roles',
    what: 'Large mail by uploads, RBAC for Applications for both roles, and Mail.ReadWrite left in Entra: it reaches every mailbox',
    first: 'forbidden-mailbox',
    remedy: /withdraw Mail\.ReadWrite in Entra/,
    arrange(stage) {
      const { tenant, app } = stage;
      stage.connector['largeMessages'] = 'upload';
      app.withdrawAll();
      app.grant('Mail.ReadWrite');
      tenant.setRoleAssignments(
        ['Application Mail.Send', 'Application Mail.ReadWrite'].map((role) => ({
          ...{ clientId: app.clientId, role },
          mailboxes: [systemAccount],
        })),
      );
      forbid(stage, ceo);
    },
  },
];
