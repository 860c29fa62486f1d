/**
 * The guided set-up: the steps of the manual, in its order and with its words, each with the values to copy, the link to
 * the right place of the right cloud, what to bring back, and the checks that must hold before the next step.
 */
import { registrationLinks } from '../../microsoft/portals.ts';

/** What has been brought back so far; it holds no secret. */
export interface GuideAnswers {
  readonly userName?: string;
  readonly clientId?: string;
  readonly tenantId?: string;
  /** ISO date. */
  readonly secretEndsOn?: string;
  /** A mailbox that the app must not be able to use. */
  readonly forbidden?: string;
}

export type GuideQuestion = keyof GuideAnswers | 'secret';

export interface GuidePlace {
  /** Origin of the Azure portal. */
  readonly azure: string;
  readonly exchangeAdmin: string;
  readonly applicationName: string;
  readonly redirectUri: string;
  /** Where somebody else can grant consent, once the client ID is known. */
  readonly consentLink: string | undefined;
  /** Large mail is to leave by drafts and uploads. */
  readonly keepsDrafts?: boolean;
}

export interface GuideStep {
  readonly id: string;
  /** Rows of the manual that it covers. */
  readonly rows: readonly string[];
  readonly title: string;
  readonly asks: readonly GuideQuestion[];
  /** Ids of checks that must not fail before the next step. */
  readonly checks: readonly string[];
  /** Where to go, what to do there. */
  show(answers: GuideAnswers, place: GuidePlace): { readonly link: string; readonly lines: readonly string[] };
}

const reached = ['hosts', 'clock', 'tenant'];

export const guideSteps: readonly GuideStep[] = [
  {
    id: 'system-account',
    rows: ['M1'],
    title: 'The system account',
    asks: ['userName'],
    checks: [],
    show: (_answers, { exchangeAdmin }) => ({
      link: `${exchangeAdmin}/#/mailboxes`,
      lines: [
        'Make an Exchange mailbox that all system mail comes from, or choose one: a shared mailbox needs no licence.',
      ],
    }),
  },
  {
    id: 'register',
    rows: ['M2', 'M3'],
    title: 'Register the application',
    asks: ['clientId', 'tenantId'],
    checks: reached,
    show: (_answers, { azure, applicationName, redirectUri }) => ({
      link: registrationLinks(azure, undefined).create,
      lines: [
        'App registrations > New registration',
        `  Name:                     ${applicationName}`,
        '  Supported account types:  Accounts in this organizational directory only (the first)',
        `  Redirect URI:             Web, ${redirectUri}`,
        'Register. The Overview shows the two IDs that are asked for now.',
      ],
    }),
  },
  {
    id: 'secret',
    rows: ['M5', 'M6'],
    title: 'Make a client secret',
    asks: ['secret', 'secretEndsOn'],
    checks: [...reached, 'credential'],
    show: ({ clientId }, { azure, applicationName }) => ({
      link: registrationLinks(azure, clientId).credentials,
      lines: [
        'Certificates & secrets > Client secrets > New client secret',
        `  Description:  ${applicationName} on this machine`,
        '  Expires:      24 months at most; note the date',
        'Add. Copy Value (not Secret ID) at once: it is shown only now.',
      ],
    }),
  },
  {
    id: 'permission',
    rows: ['M7', 'M8'],
    title: 'Give the permission, and have it granted',
    asks: [],
    checks: [...reached, 'credential', 'roles', 'mailbox'],
    show: ({ clientId }, { azure, consentLink, keepsDrafts }) => ({
      link: registrationLinks(azure, clientId).permissions,
      lines: [
        'API permissions > Add a permission > Microsoft Graph > Application permissions',
        `  Select permissions: type mail, expand Mail, tick Mail.Send${keepsDrafts ? ', and Mail.ReadWrite for large mail' : ''}`,
        'Add permissions. Then Grant admin consent for your organisation, and Yes.',
        ...(consentLink === undefined
          ? []
          : [
              'Somebody else must grant it? Send them this link; the page that it ends at need not open:',
              `  ${consentLink}`,
            ]),
      ],
    }),
  },
  {
    id: 'limit',
    rows: ['M9', 'M10', 'M11', 'M12'],
    title: 'Limit the app to its mailbox',
    asks: ['forbidden'],
    checks: [...reached, 'credential', 'roles', 'mailbox', 'forbidden-mailbox'],
    show: (_answers, { exchangeAdmin }) => ({
      link: `${exchangeAdmin}/#/groups`,
      lines: [
        'Mail.Send for an application covers every mailbox of the organisation until it is limited.',
        'RBAC for Applications, which Microsoft recommends, grants the right in Exchange for some mailboxes and needs no Mail.Send in Entra;',
        'an application access policy narrows the Mail.Send that was granted. Both take until two hours to reach Graph.',
        'In another window: mailroom policy apply --way access-policy, or run the script that mailroom policy script writes.',
      ],
    }),
  },
  {
    id: 'send',
    rows: ['M4', 'M13'],
    title: 'Send',
    asks: [],
    checks: [...reached, 'credential', 'roles', 'mailbox', 'send'],
    show: ({ userName }, { azure }) => ({
      link: azure,
      lines: [`The connector is written. A message from ${userName} to itself proves it.`],
    }),
  },
];
