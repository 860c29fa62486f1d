/** The overview: texts. */
export const overviewTexts = {
  overview: {
    title: 'Overview',
    sendingNone: 'Sending. Nothing waits.',
    sending: (waiting: number, oldest: string) => `Sending. ${waiting} waiting, oldest ${oldest}.`,
    paused: (names: string, since: string, waiting: number) =>
      `Paused: ${names}, for ${since}. ${waiting === 1 ? '1 message is' : `${waiting} messages are`} safe and waiting.`,
    mendIt: 'Open the connector',
    books: 'Messages on record',
    rate: 'Last hour',
    rateAxis: 'messages a minute',
    rateLabel: (accepted: number, sent: number, deferred: number, failed: number) =>
      `In the last hour ${accepted} accepted, ${sent} sent, ${deferred} deferred, ${failed} failed.`,
    series: { accepted: 'accepted', sent: 'sent', deferred: 'deferred', failed: 'failed' },
    lanes: 'Lanes',
    lane: { sender: 'Sends as', connector: 'Connector', waiting: 'Waiting', oldest: 'Oldest', limit: 'Limits' },
    limits: (perMinute: number, concurrency: number, perDay: number) =>
      `${perMinute} messages a minute, ${concurrency} at a time, ${perDay} recipients a day`,
    unlimited: 'none',
    credentials: 'Credentials',
    credentialEnds: (days: number) =>
      days < 0 ? 'The certificate has ended.' : `The certificate ends in ${days} days.`,
    credentialSecret: 'Client secret; when it ends stands in Entra alone.',
    failures: 'Last failures',
    noFailures: 'None among the newest 500 unfinished or failed messages.',
    failure: { count: 'Messages', latest: 'Latest', meaning: 'What it means', remedy: 'What to do', show: 'Example' },
    disk: (free: string, reserve: string) =>
      `${free} free on the disk of the data folder; at ${reserve} no more mail is accepted.`,
    diskTitle: 'Disk',
  },
} as const;
