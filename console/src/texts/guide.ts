/** The manual's steps, with its words: texts. */
export const guideTexts = {
  guide: {
    intro:
      'The steps of the manual, in its order. Keep this page beside the portal. What you bring back is looked at before the next step; you can leave, and go on later where you were.',
    openPortal: 'Open the portal',
    step: (number: number, of: number, title: string) => `Step ${number} of ${of}: ${title}`,
    done: 'done',
    next: 'now',
    later: 'later',
    pass: 'Look, and go on',
    again: 'Look again',
    skip: 'Go on all the same',
    looking: 'Looking …',
    failed:
      'Something does not hold yet. Mend it and look again: a new consent or limit may take a while to be known everywhere.',
    brokeOff: 'The look broke off; see the log of the server.',
    finished: 'All steps are done.',
    secretEnds: 'Expires (for the warning before its end; optional)',
    secretEndsHint: 'As the portal shows it: YYYY-MM-DD.',
    values: {
      name: 'Name',
      accountTypes: 'Supported account types',
      redirectUri: 'Redirect URI',
      description: 'Description',
      permission: 'Permission',
      clientId: 'Application (client) ID',
    },
    accountTypes: 'Accounts in this organizational directory only',
    steps: {
      'system-account': {
        title: 'The system account',
        lines: [
          'Make an Exchange mailbox that all system mail comes from, or choose one. A shared mailbox needs no licence.',
        ],
      },
      register: {
        title: 'Register the application',
        lines: [
          'App registrations > New registration, with the values below; the redirect URI is of the kind Web. Register.',
          'The Overview shows the two IDs: bring them back.',
        ],
      },
      secret: {
        title: 'Make a client secret',
        lines: [
          'Certificates & secrets > New client secret. Expires: 24 months at most; note the date. Add.',
          'Copy Value, not Secret ID, at once: it is shown only now.',
        ],
      },
      permission: {
        title: 'Give the permission, and have it granted',
        lines: [
          'API permissions > Add a permission > Microsoft Graph > Application permissions: type mail, tick what stands below, Add permissions.',
          'Then Grant admin consent. Somebody else must grant it? “Consent”, above, makes a link for them; look again once they have.',
        ],
      },
      limit: {
        title: 'Limit the app to its mailbox',
        lines: [
          'Mail.Send for an application covers every mailbox of the organisation until it is limited. “Limit the app”, above, has the script to copy, or sets it for you.',
        ],
      },
      send: {
        title: 'Send',
        lines: ['A real message from the system account to itself is the last proof.'],
      },
    },
  },
} as const;
