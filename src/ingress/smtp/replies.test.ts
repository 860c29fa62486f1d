import { expect, it } from 'vitest';
import { catalogue, isFaultCode } from '../../domain/catalogue.ts';
import { faultReply } from './replies.ts';

it('text-of-a-fault-cannot-become-a-second-reply', () => {
  expect(faultReply({ code: 'command-unknown', text: 'a\r\n250 2.0.0 Ok\r\nß\0' })).toBe(
    '500 5.5.2 a 250 2.0.0 Ok \r\n',
  );
});

it('every-fault-of-the-catalogue-is-a-reply-whose-class-fits-its-enhanced-code', () => {
  const codes = Object.keys(catalogue).filter(isFaultCode);
  for (const code of codes) {
    const [, reply = '', enhanced] = /^(\d)\d\d (\d)\.\d{1,3}\.\d{1,3} [ -~]+\r\n$/.exec(faultReply(code)) ?? [];
    expect([code, reply]).toEqual([code, enhanced]);
    expect(['4', '5']).toContain(reply);
  }
  expect(codes.length).toBeGreaterThan(40);
});
