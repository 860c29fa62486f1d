/** Limits and lanes: texts. */
export const limitsTexts = {
  lanes: {
    title: 'Lanes',
    columns: {
      sender: 'Sends as',
      connector: 'Connector',
      waiting: 'Waiting',
      oldest: 'Oldest',
      flight: 'Under way',
      minute: 'Messages/min',
      day: 'Recipients/24 h',
      state: 'State',
    },
    open: 'open',
    toldToWait: 'told to wait until',
    unlimited: 'no limit',
    used: (used: number, limit: number) => `${used.toLocaleString()} of ${limit.toLocaleString()}`,
  },
  limits: {
    title: 'Limits and lanes',
    intro:
      'A lane is one app registration sending as one mailbox: what the limits of Microsoft 365 apply to. Each runs at its limit and no faster; when the service says Retry-After, the lane waits as long.',
    keeping: 'How long what is kept',
    bodies: 'Content of sent and cancelled mail',
    failedBodies: 'Content of failed mail, so that it can be sent again',
    history: 'Trail and entry of finished mail',
    expireAfter: 'Mail that cannot be sent is given up after',
    setBy:
      'Set by queue.keepBodies, queue.keepFailedBodies, queue.keepHistory and queue.expireAfter of the configuration.',
    redaction: 'Redaction',
    noRedaction: 'No rule: operators may look into every message, and each look is put on record.',
    redactionColumns: { name: 'Rule', when: 'When', what: 'Then' },
    always: 'always',
    hides: 'the content is shown to nobody',
    deletes: 'the content is shown to nobody, and its bytes go as soon as it is sent',
  },
} as const;
