/** Each limit on sending: on as documented, met where it is lowered, and gone where it is null. */
import { describe, expect, it } from 'vitest';
import { ada, jsonMessage, mailUnderTest, sender, world } from '../graph/mail/mail-under-test.sample.ts';
import { type Profile, profiles } from '../profile.ts';

const mib = 1024 * 1024;
const to = (...addresses: string[]) => ({ toRecipients: addresses.map((address) => ({ emailAddress: { address } })) });

/** Limit, value as documented, value for the test, recipients of the second message, what it meets. */
const rows: readonly [keyof Profile, number, number, readonly string[], string][] = [
  ['concurrency', 4, 1, [ada], '429 ApplicationThrottled'],
  ['requestsPer10Minutes', 10_000, 1, [ada], '429 TooManyRequests'],
  ['uploadBytesPer5Minutes', 150 * mib, 200, [ada], '429 ApplicationThrottled'],
  ['messagesPerMinute', 30, 1, [ada], '202, a minute later'],
  ['recipientsPerDay', 10_000, 1, [ada], '202 and a report'],
  ['externalRecipientsPerDay', 10_000, 1, [world, 'eve@world.example'], '202 and a report'],
  ['recipientsPerMessage', 500, 1, [ada, world], '202 and a report'],
  ['requestBytes', 4 * mib, 100, [ada], '413 RequestEntityTooLarge'],
  ['maxSendBytes', 35 * mib, 100, [ada], '202 and a report'],
];

/** What the second of two messages meets; both are under way at once. */
async function second(limits: Partial<Profile>, recipients: readonly string[]): Promise<string> {
  const { ask, copies, clock } = mailUnderTest(limits);
  const send = (message: object) => ask('POST', '/sendMail', { body: { message } });
  const [, answer] = await Promise.all([
    send(jsonMessage()),
    send(jsonMessage({ subject: 'second', ...to(...recipients) })),
  ]);
  if (answer.status !== 202) return `${answer.status} ${answer.code}`;
  if (copies(sender, 'inbox').length > 0) return '202 and a report';
  const hasArrived = () => copies(recipients[0] ?? '', 'inbox').some(({ subject }) => subject === 'second');
  if (hasArrived()) return '202';
  clock.advance(60_000);
  return hasArrived() ? '202, a minute later' : '202 and lost';
}

describe('a limit on sending', () => {
  it.each(rows)(
    '%s is %d as documented, met where it is %d, and gone where it is null',
    async (name, value, low, recipients, meets) => {
      expect(profiles.documented[name]).toBe(value);
      expect(await second({}, recipients)).toBe('202');
      expect(await second({ [name]: low }, recipients)).toBe(meets);
      expect(await second({ [name]: null }, recipients)).toBe('202');
    },
  );
});
