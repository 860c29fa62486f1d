/** Clients: texts. */
export const clientsTexts = {
  clients: {
    title: 'Clients',
    intro: 'Who may hand mail in. Those that the configuration file names are changed there.',
    add: 'Add a client',
    withLogin: 'A login and a password for SMTP',
    withKey: 'An API key for HTTP',
    ranges: 'Addresses that stand for a login',
    rangesHint: 'IP addresses or ranges such as 10.1.2.0/24, with commas between them; for devices that cannot log in.',
    sendersHint: 'Addresses or domains (@contoso.com), with commas between them. Empty: the system account alone.',
    shownOnce: 'Copy this now: it is shown only once. Mailroom keeps its hash.',
    loginName: 'Login',
    password: 'Password',
    removeOf: (name: string) => `Remove ${name}`,
    removeQuestion: (name: string) =>
      `Remove the client ${name}? Whatever hands mail in as it is refused from then on.`,
    columns: { name: 'Name', how: 'Shows who it is by', senders: 'May send as', priority: 'Priority', quota: 'Quota' },
    login: (name: string) => `login ${name}`,
    apiKey: 'API key',
    addresses: (ranges: string) => `address in ${ranges}`,
    systemAccount: 'the system account',
    noQuota: 'none',
    quota: {
      messagesPerHour: 'messages an hour',
      messagesPerDay: 'messages a day',
      recipientsPerDay: 'recipients a day',
    },
    snippets: 'Snippets',
    snippetsIntro: 'For this server. Put your own password or key in the place of the capital letters.',
    snippet: 'Program',
  },
} as const;
