/** Clients: texts. */
export const clientsTexts = {
  clients: {
    title: 'Clients',
    intro: 'Who may hand mail in. Clients are fixed by the configuration file.',
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
