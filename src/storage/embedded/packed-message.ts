/**
 * The short form of an accepted message, in the journal and in the index: lists of values by place, without names.
 *
 * A message comes in two parts. What the configuration decided about it (client, listener, route) is the same for thousands
 * of messages, and the index keeps it once; what is its own is small. By places and not by names a record takes less than
 * half, and is written and read faster.
 *
 * The order of the places is part of the format on disk: it stays, and what is new goes to the end, absent where it does not
 * apply.
 */
import type { Recipient } from '../../domain/envelope.ts';
import type { AcceptedMessage, HeaderSummary, Origin, Redaction, RouteDecision } from '../../domain/message.ts';
import type { AcceptedRecord, BodyFile } from './records.ts';

/** A truth in one character. */
type Flag = 0 | 1;

type PackedRoute = readonly [
  route: string,
  connector: string,
  sender: string,
  form: RouteDecision['form'],
  fromHeader: RouteDecision['fromHeader'],
  saveToSentItems: Flag,
  fallBack?: RouteDecision['fallBack'],
];

/** What the configuration decided. */
export type SharedPart = readonly [
  client: string,
  priority: AcceptedMessage['priority'],
  initialState: AcceptedMessage['initialState'],
  ingress: Origin['ingress'],
  listener: string,
  tls: Flag,
  route: PackedRoute,
  redaction?: Redaction,
];

/** What few messages have. */
interface Extras {
  readonly returnContent?: 'full' | 'headers';
  readonly envelopeId?: string;
  readonly smtpUtf8?: true;
  readonly conversation?: string;
  readonly idempotency?: AcceptedMessage['idempotency'];
  readonly file?: BodyFile;
}

/** What is the message's own, but for its id, its times and its subject. */
export type OwnPart = readonly [
  size: number,
  remoteAddress: string,
  /** 0: none was said. */
  helo: string | 0,
  mailFrom: string,
  /** One without wishes is its address alone. */
  recipients: readonly (string | Recipient)[],
  messageId: string,
  /** 0: the reverse path, and nobody else. */
  from: 0 | readonly string[],
  extras?: Extras,
];

/** The JSON part of the record that accepts a message. */
export type PackedAccepted = readonly [
  id: string,
  acceptedAt: number,
  expiresAt: number,
  subject: string,
  own: OwnPart,
  shared: SharedPart,
];

export function packAccepted({ message, file }: AcceptedRecord): PackedAccepted {
  return [
    message.id,
    message.acceptedAt,
    message.expiresAt,
    message.summary.subject,
    packOwn(message, file),
    packShared(message),
  ];
}

function packShared(message: AcceptedMessage): SharedPart {
  const { client, priority, initialState, redaction } = message;
  const { ingress, listener, tls } = message.origin;
  const { route, connector, sender, form, fromHeader, saveToSentItems, fallBack } = message.route;
  const way = [route, connector, sender, form, fromHeader, saveToSentItems ? 1 : 0] as const;
  const part = [
    ...([client, priority, initialState, ingress, listener] as const),
    tls ? 1 : 0,
    fallBack ? ([...way, fallBack] as const) : way,
  ] as const;
  return redaction ? [...part, redaction] : part;
}

function packOwn(message: AcceptedMessage, file: BodyFile | undefined): OwnPart {
  const { size, idempotency } = message;
  const { remoteAddress, helo } = message.origin;
  const { mailFrom, recipients, returnContent, envelopeId, smtpUtf8 } = message.envelope;
  const { messageId, from, conversation } = message.summary;
  const extras: Extras = {
    ...(returnContent === undefined ? undefined : { returnContent }),
    ...(envelopeId === undefined ? undefined : { envelopeId }),
    ...(smtpUtf8 ? { smtpUtf8 } : undefined),
    ...(conversation === undefined ? undefined : { conversation }),
    ...(idempotency === undefined ? undefined : { idempotency }),
    ...(file === undefined ? undefined : { file }),
  };
  const part = [
    size,
    remoteAddress,
    helo ?? 0,
    mailFrom,
    recipients.map((recipient) =>
      recipient.notify === undefined && recipient.originalRecipient === undefined ? recipient.address : recipient,
    ),
    messageId,
    from.length === 1 && from[0] === mailFrom ? 0 : from,
  ] as const;
  return Object.keys(extras).length > 0 ? [...part, extras] : part;
}

export function unpackAccepted([id, acceptedAt, expiresAt, subject, own, shared]: PackedAccepted): AcceptedRecord {
  const [size, remoteAddress, helo, mailFrom, recipients, messageId, from, extras = {}] = own;
  const [client, priority, initialState, ingress, listener, tls, way, redaction] = shared;
  const { returnContent, envelopeId, smtpUtf8, conversation, idempotency, file } = extras;
  const summary: HeaderSummary = {
    subject,
    messageId,
    from: from === 0 ? [mailFrom] : from,
    ...(conversation === undefined ? undefined : { conversation }),
  };
  return {
    message: {
      id,
      acceptedAt,
      expiresAt,
      client,
      priority,
      origin: { ingress, listener, remoteAddress, tls: tls === 1, ...(helo === 0 ? undefined : { helo }) },
      envelope: {
        mailFrom,
        recipients: recipients.map((recipient) => (typeof recipient === 'string' ? { address: recipient } : recipient)),
        ...(returnContent === undefined ? undefined : { returnContent }),
        ...(envelopeId === undefined ? undefined : { envelopeId }),
        smtpUtf8: smtpUtf8 === true,
      },
      route: unpackRoute(way),
      summary,
      size,
      initialState,
      ...(redaction === undefined ? undefined : { redaction }),
      ...(idempotency === undefined ? undefined : { idempotency }),
    },
    ...(file === undefined ? undefined : { file }),
  };
}

function unpackRoute([route, connector, sender, form, fromHeader, saved, fallBack]: PackedRoute): RouteDecision {
  return {
    ...{ route, connector, sender, form, fromHeader },
    saveToSentItems: saved === 1,
    ...(fallBack === undefined ? undefined : { fallBack }),
  };
}
