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
    full: (free: string) => `Refusing mail: ${free} are left on the disk of the data folder.`,
    fullRemedy: 'Make room; what was accepted is safe, and goes on being sent.',
    slow: (waiting: number, oldest: string) => `Sending slowly. ${waiting.toLocaleString()} waiting, oldest ${oldest}.`,
    toldToWait: (senders: string) =>
      `Microsoft 365 has told these lanes to wait: ${senders}. They go on by themselves.`,
    slowRemedy: 'More comes in than the lanes may send, or messages wait to be tried again: see the failures below.',
    rate: 'Messages a minute',
    span: 'Time shown',
    spans: {
      hour: 'Last hour',
      day: 'Last 24 hours',
      week: 'Last 7 days',
      month: 'Last 30 days',
      quarter: 'Last 90 days',
    },
    rateAxis: 'messages a minute',
    rateLabel: (span: string, accepted: number, sent: number, deferred: number, failed: number) =>
      `${span}: ${accepted.toLocaleString()} accepted, ${sent.toLocaleString()} sent, ${deferred.toLocaleString()} deferred, ${failed.toLocaleString()} failed.`,
    series: { accepted: 'accepted', sent: 'sent', deferred: 'deferred', failed: 'failed' },
    credentials: 'Credentials',
    credentialEnds: (days: number) =>
      days < 0 ? 'The credential has ended.' : `${days} ${days === 1 ? 'day' : 'days'} left.`,
    credentialOther: {
      none: 'Signs in by nothing.',
      password: 'Signs in by a password, which has no end.',
      federated: 'A federated credential, which has no end.',
      'managed-identity': 'A managed identity, which has no end.',
    },
    renews: 'Renewed by itself on',
    renewsNot: 'Not renewed by itself.',
    credentialSecret: 'Client secret; when it ends stands in Entra alone.',
    failures: 'Last failures',
    noFailures: 'None among the newest 500 unfinished or failed messages.',
    failure: { count: 'Messages', latest: 'Latest', meaning: 'What it means', remedy: 'What to do', show: 'Example' },
    disk: (free: string, reserve: string) =>
      `${free} free on the disk of the data folder; at ${reserve} no more mail is accepted.`,
    diskTitle: 'Disk',
    checks: 'Checks',
    noChecks: 'They have not run yet; they do so a minute after the start, daily, and after a fault.',
    checked: (connector: string, passed: number, warned: number, failed: number, unknown: number) =>
      `${connector}: ${passed} yes, ${failed} no, ${warned} to look at, ${unknown} not known;`,
  },
} as const;
