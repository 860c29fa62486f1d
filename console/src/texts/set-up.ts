/** Setting Microsoft 365 up, limiting the app, renewing, consent: texts. */
export const setUpTexts = {
  setUp: {
    ways: 'How to set it up',
    way: {
      values: 'I have the values',
      automatic: 'Let Mailroom do it',
      guided: 'Step by step in the portals',
      import: 'From another program',
    },
    automaticIntro:
      'An administrator signs in once, anywhere. Mailroom then makes the app registration, its credential, the permission Mail.Send and the consent, and saves the connector. It keeps no token of the administrator. What stops can be begun again: it goes on where it was.',
    tenant: 'Tenant: a domain of it, or the Directory (tenant) ID',
    applicationName: 'Name of the app registration',
    days: 'Days the credential is good for (730 at most)',
    begin: 'Begin',
    stop: 'Stop',
    signIn: 'An administrator opens this address on any device, enters the code, and signs in:',
    signInHere: 'An administrator of the tenant signs in with this browser, and comes back here.',
    signInLink: 'Sign in at Microsoft',
    signInWay: 'How the administrator signs in',
    signInWays: { code: 'With a code, on any device', browser: 'In this browser, which comes back here' },
    signInClient: 'Public client to sign in with (optional)',
    signInClientHint: (uri: string) =>
      `Application (client) ID of one of your own, with ${uri} among its redirect URIs for mobile and desktop applications. Without one, Microsoft’s own tools are used; those lead back to localhost alone.`,
    questions: { 'remove-limit': 'This will be run in Exchange:' },
    doIt: 'Yes, do it',
    doNot: 'No',
    code: 'Code',
    address: 'Address',
    states: { running: 'under way', done: 'done', failed: 'did not work', stopped: 'stopped' },
    lines: { yes: 'done', no: 'no', waits: 'waiting', info: 'note' },
    progressOf: {
      automatic: 'Progress of the set-up',
      limit: 'Progress of the limit',
      migration: 'Progress of the move',
      renewal: 'Progress of the renewal',
      undo: 'Progress of the way back',
      grant: 'Progress of the grant',
    },
    uploads: 'Large mail by uploads',
    uploadsIntro:
      'It needs Mail.ReadWrite beside Mail.Send: the app may then read and change the mail of every mailbox that it is not kept from. Where a role of Exchange limits the app, nothing is granted here: set the limit again below, which gives the role for the same mailboxes.',
    grantUploads: 'Grant Mail.ReadWrite',
    grantQuestion: (connector: string) =>
      `Grant the app of ${connector} Mail.ReadWrite? Somebody who may grant consent signs in. An access policy covers it as well; without any limit it reaches every mailbox of the organisation.`,
    consent: 'Consent',
    consentIntro:
      'Mail.Send must be granted by a Privileged Role Administrator or Global Administrator. The link holds no secret and may be mailed; mail that waits goes by itself when the grant shows.',
    makeLink: 'Make a link for whoever may grant',
    waitingMail: (count: number) =>
      count === 1 ? '1 message waits; it goes by itself.' : `${count} messages wait; they go by themselves.`,
    lookNow: 'Look now',
    granted: 'Mail.Send is granted.',
    notGranted:
      'Mail.Send is not granted in Entra. It is looked for again by itself. (With RBAC for Applications it need not be granted.)',
  },
} as const;
