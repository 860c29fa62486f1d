/**
 * Recipients that an earlier attempt has settled, one by one, as SMTP does: they have the message, or will never get it.
 * A further attempt is for the others alone. On record are the results of attempts, so that a restart forgets nobody.
 */
import type { FaultCode } from '../domain/catalogue.ts';
import type { Attempt, QueuedMessage } from '../domain/message.ts';
import type { AttemptResult, RecipientResult } from '../domain/outcome.ts';
import type { QueueStore } from './store.ts';

/** The message with those in its envelope alone for whom there is still something to do. */
export async function withoutSettled(store: Pick<QueueStore, 'trail'>, message: QueuedMessage): Promise<QueuedMessage> {
  if (message.attempts === 0) return message;
  const attempts = (await store.trail(message.id))?.attempts ?? [];
  return stillOpen(message, attempts);
}

/** The message as it was before an attempt, or after the last one: for those whom no attempt before has settled. */
export function stillOpen(message: QueuedMessage, attempts: readonly Attempt[], before = Number.POSITIVE_INFINITY) {
  const earlier = attempts.filter(({ number }) => number < before);
  return earlier.length === 0 ? message : forRecipients(message, remaining(message, earlier));
}

function remaining(message: QueuedMessage, attempts: readonly Attempt[]): ReadonlySet<string> {
  const own = attempts.flatMap(({ result }) => result?.recipients ?? []);
  const settled = new Map(own.map((each) => [each.address, each.outcome]));
  const all = message.envelope.recipients.map(({ address }) => address);
  const open = all.filter((address) => !isSettled(settled.get(address)));
  // Where a person has it tried again after all, it is for whoever has not got it.
  return new Set(open.length > 0 ? open : all.filter((address) => settled.get(address) !== 'sent'));
}

function isSettled(outcome: RecipientResult['outcome'] | undefined): boolean {
  return outcome === 'sent' || outcome === 'failed';
}

function forRecipients(message: QueuedMessage, wanted: ReadonlySet<string>): QueuedMessage {
  const recipients = message.envelope.recipients.filter(({ address }) => wanted.has(address));
  if (recipients.length === message.envelope.recipients.length) return message;
  return { ...message, envelope: { ...message.envelope, recipients } };
}

/** Whom an attempt has failed for good, with the reason; undefined when nobody. */
export function failedBy(
  message: QueuedMessage,
  result: AttemptResult,
): { readonly message: QueuedMessage; readonly fault: FaultCode; readonly result: AttemptResult } | undefined {
  const own = result.recipients ?? [];
  const failed = own.filter(({ outcome }) => outcome === 'failed');
  const others = new Set(own.map(({ address }) => address));
  const wanted = new Set(failed.map(({ address }) => address));
  if (result.outcome === 'failed')
    for (const { address } of message.envelope.recipients) if (!others.has(address)) wanted.add(address);
  if (wanted.size === 0) return undefined;
  const [first] = failed;
  const told = forRecipients(message, wanted);
  if (result.outcome === 'failed') return { message: told, fault: result.fault, result };
  const answer = first?.answer ?? result.answer;
  return { message: told, fault: first?.fault ?? 'recipient-refused', result: { ...result, answer } };
}
