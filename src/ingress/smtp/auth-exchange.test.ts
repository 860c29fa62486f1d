import { describe, expect, it } from 'vitest';
import { beginAuth } from './auth-exchange.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const credentials = { kind: 'credentials', login: 'ada', password: 'geheim: ß' };

describe('AUTH PLAIN', () => {
  it('is-read-with-and-without-an-identity', () => {
    expect(beginAuth('plain', base64('\0ada\0geheim: ß'))?.step).toEqual(credentials);
    expect(beginAuth('PLAIN', base64('ada\0ada\0geheim: ß'))?.step).toEqual(credentials);
    const begun = beginAuth('PLAIN', undefined);
    expect(begun?.step).toEqual({ kind: 'challenge', text: '' });
    expect(begun?.exchange(base64('\0ada\0geheim: ß'))).toEqual(credentials);
  });

  it.each(['*', '=', '', '!', base64('ada'), base64('ada\0geheim'), base64('\0a\0b\0c'), base64('other\0ada\0geheim')])(
    'is-not-guessed: %s',
    (line) => expect(beginAuth('PLAIN', line)?.step).toEqual({ kind: 'aborted' }),
  );
});

describe('AUTH LOGIN', () => {
  it('asks-as-every-client-knows-it', () => {
    const begun = beginAuth('login', undefined);
    expect(begun?.step).toEqual({ kind: 'challenge', text: base64('Username:') });
    expect(begun?.exchange(base64('ada'))).toEqual({ kind: 'challenge', text: base64('Password:') });
    expect(begun?.exchange(base64('geheim: ß'))).toEqual(credentials);
  });

  it('can-be-broken-off-at-each-line', () => {
    expect(beginAuth('LOGIN', undefined)?.exchange('*')).toEqual({ kind: 'aborted' });
    expect(beginAuth('LOGIN', base64('ada'))?.exchange('*')).toEqual({ kind: 'aborted' });
  });
});

it('mechanism-that-is-not-offered-is-none', () => {
  expect(beginAuth('CRAM-MD5', undefined)).toBeUndefined();
  expect(beginAuth('XOAUTH2', 'eA==')).toBeUndefined();
});
