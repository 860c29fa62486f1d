/**
 * What is known of an attempt that the end of the process cut off, where it was filling a draft: how far it came is on
 * record, so that it need not end `uncertain`.
 */
import type { QueuedMessage } from '../../domain/message.ts';
import type { AttemptResult } from '../../domain/outcome.ts';
import type { DraftLedger } from './draft-ledger.ts';

/** Undefined when nothing is known: no draft is on record. */
export function whatWasCutOff(ledger: DraftLedger, message: QueuedMessage): AttemptResult | undefined {
  const { id, route } = message;
  const entry = ledger.find({ message: id, connector: route.connector, sender: route.sender });
  const base = { answer: {}, durationMs: 0 };
  switch (entry?.step) {
    case undefined:
      return undefined;
    case 'sending': {
      const notes = [
        'Mailroom ended while the draft was being sent: the mailbox is asked before anything else is done.',
      ];
      return { ...base, outcome: 'uncertain', fault: 'no-answer', notes };
    }
    case 'begun':
    case 'creating':
    case 'filling': {
      const notes = [
        'Mailroom ended before the draft was sent: nothing was sent, and the next attempt goes on with it.',
      ];
      return { ...base, outcome: 'deferred', scope: 'lane', fault: 'network', notes };
    }
    case 'sent':
      return { ...base, outcome: 'sent', notes: ['Mailroom ended after the service had taken the draft.'] };
  }
}
