/**
 * Ids of messages: 10 characters of time and 14 of chance in Crockford's base 32, so that they sort by time of acceptance
 * and can be read out over the telephone. An id belongs to the message and never to the connection it came by: with the
 * latter, the second message of a kept-open connection overwrites the first.
 */
import { randomBytes } from 'node:crypto';
import type { MessageId } from './message.ts';

const digits = '0123456789abcdefghjkmnpqrstvwxyz';
const timeLength = 10;
const chanceLength = 14;

const pattern = new RegExp(`^[${digits}]{${timeLength + chanceLength}}$`);

/** A new id for a message accepted at `now` (ms since the epoch). 70 bits of chance: no two of one millisecond meet. */
export function newMessageId(now: number): MessageId {
  if (drawn.length < chanceLength) drawn = randomBytes(chanceLength * idsPerDraw);
  let chance = '';
  for (const byte of drawn.subarray(0, chanceLength)) chance += digits.charAt(byte & 31);
  drawn = drawn.subarray(chanceLength);
  return timePart(now) + chance;
}

/** Chance for so many ids is drawn at once: a call to the system for each costs as much as all the rest of an id. */
const idsPerDraw = 128;
let drawn: Uint8Array = new Uint8Array(0);

/** What ids of messages accepted at `at` (ms since the epoch) begin with; no id of an earlier one sorts behind it. */
export function timePart(at: number): string {
  let time = '';
  let rest = Math.min(Math.max(0, Math.floor(at)), 32 ** timeLength - 1);
  for (let place = 0; place < timeLength; place += 1) {
    time = digits.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  return time;
}

/** Whether a string has the shape of a message id; asked before it is used in a look-up or a file name. */
export function isMessageId(text: string): text is MessageId {
  return pattern.test(text);
}
