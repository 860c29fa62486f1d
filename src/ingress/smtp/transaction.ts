/** One mail transaction: from MAIL FROM to the answer to its message. */
import type { Fault, FaultCode } from '../../domain/catalogue.ts';
import type { Recipient } from '../../domain/envelope.ts';
import type { Origin } from '../../domain/message.ts';
import { canonicalAddress } from '../../mime/addresses.ts';
import type { Gate, KnownClient } from '../../policy/gate.ts';
import type { SubmissionStart } from '../intake.ts';
import { type MailParameters, readMailParameters, readRecipientParameters } from './envelope-parameters.ts';
import { parsePathArgument } from './mail-path.ts';

export class Transaction {
  readonly client: KnownClient;
  readonly mailFrom: string;
  readonly parameters: MailParameters;
  /** RCPT TO was said, whether it was taken or not. */
  sawRecipient = false;
  /** By canonical address: a recipient that is given twice gets one copy. */
  readonly recipients = new Map<string, Recipient>();

  constructor(client: KnownClient, mailFrom: string, parameters: MailParameters) {
    this.client = client;
    this.mailFrom = mailFrom;
    this.parameters = parameters;
  }

  submission(origin: Origin): SubmissionStart {
    const { smtpUtf8, returnContent, envelopeId } = this.parameters;
    return {
      client: this.client,
      origin,
      envelope: {
        mailFrom: this.mailFrom,
        recipients: [...this.recipients.values()],
        smtpUtf8,
        ...(returnContent === undefined ? {} : { returnContent }),
        ...(envelopeId === undefined ? {} : { envelopeId }),
      },
    };
  }
}

export type OpenedTransaction =
  | { readonly ok: true; readonly transaction: Transaction }
  | { readonly ok: false; readonly fault: Fault };

/** Reads `FROM:<…>` with its parameters and asks the gate whether this client may use that sender. */
export function openTransaction(
  argument: string,
  client: KnownClient,
  gate: Gate,
  maxMessageBytes: number,
): OpenedTransaction {
  const refuse = (fault: Fault | FaultCode): OpenedTransaction => ({
    ok: false,
    fault: typeof fault === 'string' ? { code: fault } : fault,
  });
  const text = /^FROM\s*:(.*)$/i.exec(argument)?.[1];
  if (text === undefined) return refuse('command-syntax');
  const path = parsePathArgument(text);
  if (!path) return refuse('sender-syntax');
  const parameters = readMailParameters(path.parameters);
  if (!parameters.ok) return refuse(parameters.fault);
  if (!parameters.value.smtpUtf8 && isInternational(path.address)) return refuse('address-needs-smtputf8');
  if ((parameters.value.size ?? 0) > maxMessageBytes) return refuse('message-too-large');
  const fault = gate.checkMailFrom(client, path.address);
  const most = gate.largestMessage();
  if (!fault && (parameters.value.size ?? 0) > most)
    return refuse({
      code: 'message-too-large-for-connector',
      detail: `SIZE=${parameters.value.size}; no connector takes more than ${most}.`,
      text: `Message of ${parameters.value.size} bytes is larger than the ${most} bytes that the way out can take.`,
    });
  return fault ? refuse(fault) : { ok: true, transaction: new Transaction(client, path.address, parameters.value) };
}

/** Reads `TO:<…>` with its parameters into the transaction. */
export function addRecipient(transaction: Transaction, argument: string, limit: number): Fault | undefined {
  transaction.sawRecipient = true;
  const text = /^TO\s*:(.*)$/i.exec(argument)?.[1];
  if (text === undefined) return { code: 'command-syntax' };
  const path = parsePathArgument(text);
  if (!path || path.address === '') return { code: 'recipient-syntax' };
  const recipient = readRecipientParameters(path.address, path.parameters);
  if (!recipient.ok) return { code: recipient.fault };
  if (!transaction.parameters.smtpUtf8 && isInternational(path.address)) return { code: 'address-needs-smtputf8' };
  const key = canonicalAddress(path.address);
  if (transaction.recipients.has(key)) return undefined;
  if (transaction.recipients.size >= limit) return { code: 'too-many-recipients' };
  transaction.recipients.set(key, recipient.value);
  return undefined;
}

function isInternational(address: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the question is whether anything but ASCII is there.
  return !/^[\x00-\x7f]*$/.test(address);
}
