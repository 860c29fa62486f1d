/**
 * The parameters of MAIL FROM and RCPT TO that the listener announces: SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8
 * (RFC 6531), AUTH (RFC 4954 §5, read and not believed) and those of delivery status notifications (RFC 3461).
 */
import type { FaultCode } from '../../domain/catalogue.ts';
import type { NotifyOn, Recipient } from '../../domain/envelope.ts';
import type { Parameter } from './mail-path.ts';

export interface MailParameters {
  /** Octets that the client announced; undefined when it did not. */
  readonly size?: number;
  readonly smtpUtf8: boolean;
  readonly returnContent?: 'full' | 'headers';
  readonly envelopeId?: string;
}

type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: FaultCode };

/** xtext of RFC 3461 §4; what is outside ASCII may stand there with SMTPUTF8 (RFC 6533 §3). */
const xtext = /^(?:[!-*,-<>-~\u0080-\uffff]|\+[\dA-F]{2})*$/;

const refuse = (fault: FaultCode) => ({ ok: false, fault }) as const;

export function readMailParameters(parameters: readonly Parameter[]): Read<MailParameters> {
  const found: { -readonly [K in keyof MailParameters]: MailParameters[K] } = { smtpUtf8: false };
  for (const { name, value } of parameters) {
    switch (name) {
      case 'SIZE':
        if (!value || !/^\d{1,20}$/.test(value)) return refuse('command-syntax');
        found.size = Number(value);
        break;
      case 'BODY':
        if (!/^(?:7BIT|8BITMIME)$/i.test(value ?? '')) return refuse('parameter-not-implemented');
        break;
      case 'SMTPUTF8':
        if (value !== undefined) return refuse('command-syntax');
        found.smtpUtf8 = true;
        break;
      case 'AUTH':
        break;
      case 'RET':
        if (!/^(?:FULL|HDRS)$/i.test(value ?? '')) return refuse('command-syntax');
        found.returnContent = value?.toUpperCase() === 'FULL' ? 'full' : 'headers';
        break;
      case 'ENVID':
        if (!value || value.length > 100 || !xtext.test(value)) return refuse('command-syntax');
        found.envelopeId = value;
        break;
      default:
        return refuse('parameter-not-implemented');
    }
  }
  return { ok: true, value: found };
}

export function readRecipientParameters(address: string, parameters: readonly Parameter[]): Read<Recipient> {
  const found: { -readonly [K in keyof Recipient]: Recipient[K] } = { address };
  for (const { name, value } of parameters) {
    switch (name) {
      case 'NOTIFY': {
        const notify = readNotify(value ?? '');
        if (!notify) return refuse('command-syntax');
        found.notify = notify;
        break;
      }
      case 'ORCPT':
        if (!value || value.length > 500 || !/^[\w-]+;/.test(value) || !xtext.test(value.slice(value.indexOf(';') + 1)))
          return refuse('command-syntax');
        found.originalRecipient = value;
        break;
      default:
        return refuse('parameter-not-implemented');
    }
  }
  return { ok: true, value: found };
}

function readNotify(value: string): readonly NotifyOn[] | undefined {
  const wishes: NotifyOn[] = [];
  for (const word of value.toLowerCase().split(',')) {
    if (word !== 'never' && word !== 'success' && word !== 'failure' && word !== 'delay') return undefined;
    wishes.push(word);
  }
  // NEVER stands alone (RFC 3461 §4.1).
  return wishes.includes('never') && wishes.length > 1 ? undefined : wishes;
}
