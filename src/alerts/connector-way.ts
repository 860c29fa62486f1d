/**
 * Tells alerts by mail of another connector, through the queue: told means on record there, and what becomes of it stands in
 * its trail. It says nothing of the connector that it goes by.
 */

import type { AcceptedMessage } from '../domain/message.ts';
import { newMessageId } from '../domain/message-id.ts';
import { alertMail } from './alert-mail.ts';
import type { AlertWay, ToldAlert, WayAnswer } from './alert-way.ts';

export interface ConnectorWayOptions extends Pick<AlertWay, 'name' | 'events' | 'quietMs'> {
  readonly connector: string;
  /** Mailbox that it sends as. */
  readonly sender: string;
  readonly to: readonly string[];
  /** The client that mail of Mailroom itself belongs to. */
  readonly client: string;
  readonly lifetimeMs: number;
  readonly now: () => number;
  readonly submit: (message: AcceptedMessage, bytes: Buffer) => Promise<void>;
}

export function connectorWay(options: ConnectorWayOptions): AlertWay {
  const { name, events, quietMs, connector, sender, to, client, lifetimeMs, now, submit } = options;
  return {
    name,
    kind: 'connector',
    events,
    quietMs,
    dependsOn: connector,
    async send(told: ToldAlert): Promise<WayAnswer> {
      const mail = await alertMail(told, name, sender, to);
      const at = now();
      const id = newMessageId(at);
      try {
        await submit(
          {
            id,
            acceptedAt: at,
            expiresAt: at + lifetimeMs,
            client,
            priority: 'high',
            origin: { ingress: 'notice', listener: 'alert', remoteAddress: '', tls: false },
            envelope: { mailFrom: '', recipients: to.map((address) => ({ address })), smtpUtf8: false },
            route: {
              route: 'alert',
              connector,
              sender,
              form: 'mime',
              fromHeader: 'keep',
              saveToSentItems: true,
            },
            summary: { subject: mail.subject, messageId: `<${mail.messageId}>`, from: [sender] },
            size: mail.bytes.length,
            initialState: 'queued',
          },
          mail.bytes,
        );
        return { taken: true, answer: `on record as ${id}` };
      } catch (error) {
        return { taken: false, why: error instanceof Error ? error.message : String(error) };
      }
    },
    close: () => Promise.resolve(),
  };
}
