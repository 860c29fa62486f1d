/** Routes: texts. */
export const routesTexts = {
  routes: {
    title: 'Routes',
    intro: 'The first route that matches decides; those of the configuration file come first.',
    none: 'No routes: all mail goes by the connector of its client, sent as that connector’s system account.',
    columns: { order: 'Order', name: 'Name', when: 'When', way: 'Then' },
    always: 'always',
    when: {
      client: 'client',
      sender: 'sender',
      recipientDomain: 'every recipient in',
      subject: 'subject contains',
    },
    by: (connector: string) => `by ${connector}`,
    as: (sender: string) => `sent as ${sender}`,
    json: 'rebuilt as Graph JSON',
    noSentItems: 'no copy in Sent Items',
    fromRewritten: 'From becomes the sending mailbox',
    held: 'held until released',
    byDefault: 'as by default',
  },
} as const;
