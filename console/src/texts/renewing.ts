/** Renewing a credential, and taking a set-up back: texts. */
export const renewingTexts = {
  renewing: {
    title: 'Renew the credential',
    intro:
      'A new one is proven by a token and a send before it is switched to; mail goes out all the while. What fails changes nothing.',
    way: 'Who makes the new one',
    ways: {
      app: 'The app itself, where it may',
      administrator: 'An administrator, by a sign-in',
      pasted: 'I have made a client secret in the portal',
    },
    newSecret: 'Value of the new client secret',
    renew: 'Renew now',
    prove: 'Prove it, then use it',
  },
  undoing: {
    title: 'Take the set-up back',
    intro: 'Mailroom has made this. An administrator signs in, and it is removed:',
    app: (clientId: string, tenantId: string) => `the app registration ${clientId} in the tenant ${tenantId}`,
    granted: 'its consent to Mail.Send',
    certificate: 'its certificate, with the key in the vault',
    secret: 'its client secret, with the entry in the vault',
    connector: (name: string) =>
      `the connector ${name}; mail that waits for it stays until there is one of that name again`,
    keeps: 'Entra keeps the app for 30 days under Deleted applications.',
    submit: 'Take it back',
    question: (name: string) =>
      `Take back what the set-up of ${name} has made? Mail stops until there is another way out.`,
  },
} as const;
