/** Limiting which mailboxes the app may use: texts. */
export const limitingTexts = {
  limiting: {
    title: 'Limit the app',
    intro: 'Until it is limited, the app can send as every mailbox of the organisation.',
    difference:
      'RBAC for Applications is what Microsoft recommends: the app gets the right to send for some mailboxes, and needs no permission in Entra. An access policy is the older way, and the manual’s: it narrows a Mail.Send that was granted in Entra for every mailbox.',
    way: 'Way',
    ways: {
      rbac: 'RBAC for Applications (recommended)',
      'access-policy': 'Application access policy (the manual’s)',
      deny: 'Application access policy that denies (DenyAccess)',
    },
    mailboxes: 'Mailboxes that the app may use',
    deniedMailboxes: 'Mailboxes that the app may not use; all others stay open',
    mailboxesHint: 'Addresses, with commas between them.',
    forbidden: 'A mailbox that it must not be able to use, for the proof',
    owners: 'Owners of the mail-enabled security group',
    apply: 'Set it in Exchange',
    showScript: 'Show the script',
    test: 'Prove it',
    list: 'Show what stands',
    remove: 'Take it back',
    removeQuestion:
      'Take this limit back? An Exchange Administrator signs in, and sees what will be run before it is run. Without a limit, what is granted in Entra reaches every mailbox.',
    withGroup: 'Remove the mail-enabled security group as well',
    withGroupHint:
      'The group goes with its members, its address and its mail; a rule or another app that names it stops working. Leave it where others use it.',
    script: 'PowerShell script, safe to run twice',
    question: (mailboxes: string) =>
      `Limit the app to ${mailboxes}? An Exchange Administrator signs in. It goes over the interface that Microsoft’s own PowerShell module uses, which Microsoft does not document; the script does the same. “Take it back” undoes it.`,
    denyQuestion: (mailboxes: string) =>
      `Deny the app ${mailboxes}, and leave it every other mailbox? An Exchange Administrator signs in. “Take it back” undoes it.`,
    migration: {
      title: 'From an access policy to RBAC for Applications',
      intro:
        'Without a minute in which mail cannot go out, or can go out as anybody. What waits here for hours goes on when you begin it again; mail goes out all the while.',
      steps: [
        'The role is given in Exchange, beside what stands. Graph may take two hours to honour it.',
        'Mail.Send is withdrawn in Entra.',
        'Graph allows the mailboxes by the role alone, with a token made for the question; what does not prove itself is taken back.',
        'Once the last older token has ended (95 minutes), the access policy is removed, and it is proven once more.',
      ],
      notYet: 'not yet',
      goesOn: 'It can go on from:',
      begin: 'Begin',
      goOn: 'Go on',
      back: 'Take the move back',
      question:
        'An Exchange Administrator signs in, and, where the consent is concerned, somebody who may grant it. Each step is proven before the next; go on?',
      backQuestion: 'The access policy and Mail.Send come back first, then the role of Exchange goes. Go on?',
    },
  },
} as const;
