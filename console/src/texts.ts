/** Every text of the console, so that other languages can follow: one file for each screen, and here what all have. Plurals are functions. */
import { aboutTexts } from './texts/about.ts';
import { alertsTexts } from './texts/alerts.ts';
import { auditTexts } from './texts/audit.ts';
import { clientsTexts } from './texts/clients.ts';
import { connectorTexts } from './texts/connector.ts';
import { guideTexts } from './texts/guide.ts';
import { importingTexts } from './texts/importing.ts';
import { limitingTexts } from './texts/limiting.ts';
import { limitsTexts } from './texts/limits.ts';
import { messagesTexts } from './texts/messages.ts';
import { overviewTexts } from './texts/overview.ts';
import { renewingTexts } from './texts/renewing.ts';
import { routesTexts } from './texts/routes.ts';
import { setUpTexts } from './texts/set-up.ts';
import { settingsTexts } from './texts/settings.ts';
import { signingInTexts } from './texts/signing-in.ts';
import { usersTexts } from './texts/users.ts';

export const texts = {
  product: 'Mailroom',
  skip: 'Skip to content',
  nav: {
    label: 'Main',
    open: 'Menu',
    overview: 'Overview',
    messages: 'Messages',
    settings: 'Settings',
    connectors: 'Connectors',
    smtp: 'eMail (SMTP)',
    clients: 'Clients',
    routes: 'Routes',
    alerts: 'Alerts',
    limits: 'Limits and lanes',
    audit: 'Audit trail',
    users: 'Users',
    about: 'About',
  },
  search: { label: 'Find a message', placeholder: 'Address, subject, Message-ID or id' },
  loading: 'Loading',
  copy: (what: string) => `Copy ${what}`,
  copied: 'Copied',
  close: 'Close',
  cancelDialog: 'Back',
  retryLoad: 'Try again',
  away: 'Mailroom does not answer. What you see is the last known state; it comes back by itself.',
  unknownFault: 'Something went wrong.',
  notFound: 'There is nothing at this address.',
  needs: { operator: 'Needs the role Operator.', administrator: 'Needs the role Administrator.' },
  theme: { label: 'Colours', system: 'As the system', light: 'Light', dark: 'Dark', contrast: 'High contrast' },
  account: { signOut: 'Sign out', signedInAs: (name: string, role: string) => `Signed in as ${name}, ${role}` },
  roles: { viewer: 'Viewer', operator: 'Operator', administrator: 'Administrator' },
  states: {
    queued: 'waiting',
    sending: 'sending',
    uncertain: 'uncertain',
    held: 'held',
    sent: 'sent',
    failed: 'failed',
    cancelled: 'cancelled',
  },
  outcomes: { sent: 'sent', deferred: 'deferred', failed: 'failed', uncertain: 'uncertain', 'under-way': 'under way' },
  connectorStates: { running: 'running', paused: 'paused', probing: 'looking whether it works again' },
  ...alertsTexts,
  ...signingInTexts,
  ...overviewTexts,
  ...messagesTexts,
  ...connectorTexts,
  ...settingsTexts,
  ...setUpTexts,
  ...limitingTexts,
  ...guideTexts,
  ...importingTexts,
  ...renewingTexts,
  ...clientsTexts,
  ...routesTexts,
  ...limitsTexts,
  ...auditTexts,
  ...usersTexts,
  ...aboutTexts,
} as const;
