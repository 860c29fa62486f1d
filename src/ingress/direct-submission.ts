/**
 * Submissions that come neither by SMTP nor by HTTP: the operator's test message, and Mailroom's own notices. They go
 * through the intake like all others.
 */
import type { Fault } from '../domain/catalogue.ts';
import type { MessageId } from '../domain/message.ts';
import type { Intake } from './intake.ts';

export interface DirectSubmission {
  /** Acts as this client; the first one of the configuration when not given. */
  readonly client: string | undefined;
  readonly from: string;
  readonly to: readonly string[];
  readonly bytes: Buffer;
}

export type Submit = (submission: DirectSubmission) => Promise<{ readonly id: MessageId } | Fault>;

export function createSubmit(parts: { readonly intake: Intake; readonly clients: () => readonly string[] }): Submit {
  return async ({ client = parts.clients()[0], from, to, bytes }) => {
    if (client === undefined || !parts.clients().includes(client))
      return { code: 'not-found', text: `There is no client ${client ?? ''} in the configuration.` };
    const begun = parts.intake.begin({
      client: { name: client, priority: 'high' },
      envelope: { mailFrom: from, recipients: to.map((address) => ({ address })), smtpUtf8: true },
      origin: { ingress: 'sendmail', listener: 'control', remoteAddress: 'local', tls: false },
    });
    if ('code' in begun) return begun;
    await begun.write(bytes);
    const result = await begun.finish();
    return result.accepted ? { id: result.id } : result.fault;
  };
}
