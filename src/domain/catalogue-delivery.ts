/** Faults of delivery: why an attempt was not `sent`. No SMTP client meets them; people read them in the trail. */
import type { CatalogueRow } from './catalogue.ts';

export const deliveryFaults = {
  'no-answer': {
    text: 'The connection ended after the message went out and before an answer came.',
    meaning: 'Whether the service took the message cannot be known. It is `uncertain`.',
    remedy: 'Look into Sent Items of the system account for its Message-ID, then retry or cancel it.',
  },
  network: {
    text: 'The service could not be reached.',
    meaning: 'Connecting, TLS or sending failed before the whole message was out. It was certainly not sent.',
    remedy: 'Check DNS, firewall and proxy of this machine; the trail has the reason. Mailroom tries again.',
  },
  expired: {
    text: 'The message could not be sent within its lifetime.',
    meaning: 'Every attempt until the end of queue.expireAfter was deferred.',
    remedy: 'Look at the last attempts in the trail; retry the message when the cause is gone.',
  },
  'unlisted-answer': {
    text: 'The service gave an answer that is not listed.',
    meaning: 'Whatever is not in the outcome table counts as temporary.',
    remedy: 'Look at the status, the code and the request-id in the trail; Mailroom tries again.',
  },
} as const satisfies Record<string, CatalogueRow>;
