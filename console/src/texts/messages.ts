/** Messages, one message, and what can be done to them: texts. */
export const messagesTexts = {
  messages: {
    title: 'Messages',
    none: 'No message matches.',
    noneAtAll: 'No message yet. Hand one in: Clients has ready snippets.',
    newer: (count: number) => (count === 1 ? '1 new; show it' : `${count} new; show them`),
    more: 'Show older ones',
    state: 'State',
    anyState: 'any',
    client: 'Client',
    connector: 'Connector',
    since: 'Accepted in the last',
    sinces: { any: 'any time', hour: 'hour', day: 'day', week: 'week' },
    columns: { state: 'State', subject: 'Subject', to: 'To', accepted: 'Accepted', from: 'From', client: 'Client' },
    moreRecipients: (count: number) => `and ${count} more`,
    noSubject: '(no subject)',
    notice: '(notice)',
    select: (subject: string) => `Select ${subject}`,
    selected: (count: number) => `${count} selected`,
    allMatching: 'All that match',
    listLabel: 'Messages found',
    choose: 'Choose',
  },
  actions: {
    hold: 'Hold',
    release: 'Release',
    retry: 'Retry',
    cancel: 'Cancel',
    counting: 'Counting …',
    noneMatch: 'No message that matches is in a state in which this can be done.',
    question: {
      hold: (count: number) => `Set ${messagesOf(count)} aside? Nothing happens to them until they are released.`,
      release: (count: number) => `Let ${messagesOf(count)} go on? They are sent as soon as their lane allows.`,
      retry: (count: number) =>
        `Send ${messagesOf(count)} now? An uncertain message may arrive twice; the Message-ID stays the same.`,
      cancel: (count: number) => `Give up ${messagesOf(count)} for good? This cannot be undone.`,
    },
    typeCount: (count: number) => `Type ${count} to confirm`,
    done: (changed: number, unchanged: number) =>
      `${messagesOf(changed)} changed${unchanged > 0 ? `, ${unchanged} left as they were: their state does not allow it` : ''}.`,
  },
  bulk: {
    label: 'Actions on many messages',
    running: (action: string, done: number, total: number, by: string) =>
      `${action}: ${done.toLocaleString()} of ${messagesOf(total)} done, begun by ${by}.`,
    resumed: 'It goes on after a restart of the server.',
    ended: {
      done: (action: string, changed: number, unchanged: number) =>
        `${action}: ${messagesOf(changed)} changed${unchanged > 0 ? `, ${unchanged.toLocaleString()} left as they were: their state does not allow it` : ''}.`,
      stopped: (action: string, changed: number, total: number) =>
        `${action}: stopped after ${messagesOf(changed)} of ${total.toLocaleString()}. What was changed stays changed.`,
      interrupted: (action: string, changed: number, total: number) =>
        `${action}: the server stopped after ${messagesOf(changed)} of ${total.toLocaleString()}, too long ago to go on by itself. Begin it again for the rest.`,
      failed: (action: string, changed: number, total: number) =>
        `${action}: broke off after ${messagesOf(changed)} of ${total.toLocaleString()}; the log of the server says why.`,
    },
    stop: 'Stop',
    dismiss: 'Dismiss',
  },
  message: {
    back: 'Messages',
    notThere:
      'There is no message of this id. Finished mail is forgotten after queue.keepHistory; search by address or subject for others.',
    facts: 'Facts',
    from: 'Envelope sender',
    to: 'Recipients',
    client: 'Client',
    route: 'Route',
    connector: 'Connector',
    sender: 'Sent as',
    messageId: 'Message-ID',
    id: 'Id',
    size: 'Size',
    cameIn: 'Came in',
    cameInBy: (ingress: string, listener: string, address: string, tls: boolean) =>
      `${ingress} on ${listener} from ${address}, ${tls ? 'with' : 'without'} TLS`,
    story: 'What happened',
    acceptedFrom: (client: string, size: string) => `Accepted from ${client}, ${size}`,
    attempt: (number: number, outcome: string) => `Attempt ${number}: ${outcome}`,
    events: {
      held: 'Held',
      released: 'Released',
      retried: 'Retried',
      cancelled: 'Cancelled',
      expired: 'Given up: its time had run out',
      rerouted: 'Takes another way out',
      notice: 'Notice to the sender',
    },
    by: (who: string) => `by ${who}`,
    answered: 'Answer',
    means: 'Meaning',
    remedy: 'What to do',
    requestId: 'request-id',
    clientRequestId: 'client-request-id',
    due: (when: string) => `Next attempt ${when}`,
    redacted: (rule: string) =>
      `The rule ${rule} of the configuration keeps the content of this message from everybody.`,
    redactedDeletes: 'Its bytes are removed as soon as it is sent.',
    gone: 'Sent mail is kept as long as queue.keepBodies says; after that only its trail is left.',
    took: (span: string) => `took ${span}`,
    maybeSent: 'An earlier attempt may have sent it already.',
    content: 'Content',
    show: 'Show the content',
    showHint: 'That you looked is put on record in the audit trail.',
    download: 'Download (.eml)',
    tabs: { text: 'Text', html: 'HTML', headers: 'Header', attachments: 'Attachments' },
    noText: 'There is no text part.',
    noHtml: 'There is no HTML part.',
    noAttachments: 'No attachments.',
    htmlTitle: 'HTML of the message, without scripts and remote content',
    blocked: (count: number) => `${count} remote ${count === 1 ? 'picture was' : 'pictures were'} left out.`,
    attachment: { name: 'Name', type: 'Type', size: 'Size' },
    header: { name: 'Field', value: 'Value' },
  },
} as const;

function messagesOf(count: number): string {
  return count === 1 ? '1 message' : `${count.toLocaleString()} messages`;
}
