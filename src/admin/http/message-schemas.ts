/** Messages as the console shows them. */
import { z } from 'zod';
import {
  type Attempt,
  type MessageTrail,
  messageStates,
  type QueuedMessage,
  type Redaction,
} from '../../domain/message.ts';
import { faultSchema, faultView } from './fault-view.ts';

export const messageRowSchema = z.object({
  id: z.string(),
  acceptedAt: z.number(),
  changedAt: z.number(),
  dueAt: z.number(),
  state: z.enum(messageStates),
  client: z.string(),
  connector: z.string(),
  sender: z.string(),
  mailFrom: z.string(),
  recipients: z.array(z.string()),
  /** May be more than are listed. */
  recipientCount: z.number(),
  subject: z.string(),
  messageId: z.string(),
  bytes: z.number(),
  attempts: z.number(),
  lastFault: z.string().optional(),
});

/** Recipients of one row; a list of a thousand messages with a thousand recipients each would be no list. */
const mostRecipients = 50;

export function messageRow(message: QueuedMessage, most = mostRecipients): z.output<typeof messageRowSchema> {
  const { envelope, route, summary } = message;
  return {
    id: message.id,
    acceptedAt: message.acceptedAt,
    changedAt: message.changedAt,
    dueAt: message.dueAt,
    state: message.state,
    client: message.client,
    connector: route.connector,
    sender: route.sender,
    mailFrom: envelope.mailFrom,
    recipients: envelope.recipients.slice(0, most).map(({ address }) => address),
    recipientCount: envelope.recipients.length,
    subject: summary.subject,
    messageId: summary.messageId,
    bytes: message.size,
    attempts: message.attempts,
    ...(message.lastFault === undefined ? {} : { lastFault: message.lastFault }),
  };
}

const attemptSchema = z.object({
  number: z.number(),
  startedAt: z.number(),
  finishedAt: z.number().optional(),
  connector: z.string(),
  sender: z.string(),
  clientRequestId: z.string(),
  outcome: z.enum(['sent', 'deferred', 'failed', 'uncertain', 'under-way']),
  fault: faultSchema.optional(),
  answer: z
    .object({
      status: z.number().optional(),
      code: z.string().optional(),
      message: z.string().optional(),
      requestId: z.string().optional(),
    })
    .optional(),
  notes: z.array(z.string()),
});

export const trailSchema = z.object({
  message: messageRowSchema.extend({
    route: z.string(),
    expiresAt: z.number(),
    priority: z.string(),
    ingress: z.string(),
    listener: z.string(),
    remoteAddress: z.string(),
    tls: z.boolean(),
    maybeSent: z.boolean(),
    /** The rule that keeps its content from being shown. */
    redaction: z.object({ rule: z.string(), deletes: z.boolean() }).optional(),
  }),
  attempts: z.array(attemptSchema),
  events: z.array(z.object({ at: z.number(), kind: z.string(), by: z.string(), detail: z.string().optional() })),
});

export function trailView(
  { message, attempts, events }: MessageTrail,
  redaction: Redaction | undefined,
): z.input<typeof trailSchema> {
  const { origin } = message;
  return {
    message: {
      ...messageRow(message, 1_000),
      route: message.route.route,
      expiresAt: message.expiresAt,
      priority: message.priority,
      ingress: origin.ingress,
      listener: origin.listener,
      remoteAddress: origin.remoteAddress,
      tls: origin.tls,
      maybeSent: message.maybeSent,
      redaction,
    },
    attempts: attempts.map(attemptView),
    events: [...events],
  };
}

function attemptView({ result, ...attempt }: Attempt): z.input<typeof attemptSchema> {
  if (!result) return { ...attempt, outcome: 'under-way', notes: [] };
  return {
    ...attempt,
    outcome: result.outcome,
    ...(result.outcome === 'sent' ? {} : { fault: faultView(result.fault) }),
    answer: result.answer,
    notes: [...result.notes],
  };
}
