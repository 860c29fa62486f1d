import { describe, expect, it } from 'vitest';
import { readMailParameters, readRecipientParameters } from './envelope-parameters.ts';
import { parsePathArgument } from './mail-path.ts';

const parameters = (text: string) => parsePathArgument(`<a@x.example> ${text}`)?.parameters ?? [];
const mail = (text: string) => readMailParameters(parameters(text));
const recipient = (text: string) => readRecipientParameters('b@y.example', parameters(text));

describe('parameters of MAIL FROM', () => {
  it('all-that-is-announced-is-read', () => {
    expect(mail('SIZE=12 BODY=8bitmime SMTPUTF8 AUTH=<> RET=full ENVID=a+20b')).toEqual({
      ok: true,
      value: { size: 12, smtpUtf8: true, returnContent: 'full', envelopeId: 'a+20b' },
    });
    expect(mail('')).toEqual({ ok: true, value: { smtpUtf8: false } });
  });

  it.each([
    ['SIZE', 'command-syntax'],
    ['SIZE=-1', 'command-syntax'],
    ['SMTPUTF8=yes', 'command-syntax'],
    ['RET=SOME', 'command-syntax'],
    [`ENVID=${'x'.repeat(101)}`, 'command-syntax'],
    ['ENVID=a+zz', 'command-syntax'],
    ['BODY=BINARYMIME', 'parameter-not-implemented'],
    ['HOLDFOR=10', 'parameter-not-implemented'],
  ])('is-not-dropped-in-silence: %s', (text, fault) => expect(mail(text)).toEqual({ ok: false, fault }));
});

describe('parameters of RCPT TO', () => {
  it('wishes-for-notices-reach-the-envelope', () => {
    expect(recipient('NOTIFY=Success,DELAY ORCPT=rfc822;b+2By@y.example')).toEqual({
      ok: true,
      value: { address: 'b@y.example', notify: ['success', 'delay'], originalRecipient: 'rfc822;b+2By@y.example' },
    });
    expect(recipient('ORCPT=utf-8;用户@y.example')).toMatchObject({ ok: true });
  });

  it.each([
    'NOTIFY',
    'NOTIFY=NEVER,DELAY',
    'NOTIFY=SUCCESS,',
    'ORCPT=b@y.example',
    'ORCPT=rfc822;+',
    `ORCPT=rfc822;${'x'.repeat(500)}`,
  ])('is-not-guessed: %s', (text) => expect(recipient(text)).toEqual({ ok: false, fault: 'command-syntax' }));
});
