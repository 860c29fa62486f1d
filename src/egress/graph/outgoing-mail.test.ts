import { expect, test } from 'vitest';
import type { ExchangeBody } from '../../microsoft/exchange.ts';
import { delivery } from '../delivery.sample.ts';
import { makeOutgoingMail } from './outgoing-mail.ts';

function bytesOf(body: ExchangeBody): Buffer {
  return body.kind === 'whole' ? body.bytes : Buffer.concat([...body.pieces]);
}

test.each([0, 1, 2, 3, 4, 10_000, 48 * 1024 - 60, 48 * 1024, 100_000, 100_001])(
  'a-body-of-%i-bytes-arrives-whole-however-long-the-header-is',
  async (size) => {
    const { message } = delivery();
    const to = message.envelope.recipients.map(({ address }) => address).join(', ');
    for (const subject of ['', 'x', 'xx', 'xxx']) {
      const stored = Buffer.from(
        `From: ${message.route.sender}\r\nTo: ${to}\r\nSubject: ${subject}\r\n\r\n${'äb'.repeat(size).slice(0, size)}`,
        'latin1',
      );
      const mail = await makeOutgoingMail(message, stored);
      if (!mail.fit) throw new Error(mail.why);
      // Twice, since it is asked for again when the token was refused.
      for (const body of [mail.body(), mail.body()]) {
        const sent = bytesOf(body);
        expect(sent.length).toBe(mail.size);
        expect(sent.toString('latin1')).toBe(stored.toString('base64'));
      }
    }
  },
);
