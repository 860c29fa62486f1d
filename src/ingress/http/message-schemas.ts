/** What the HTTP interface takes and gives. Types, checks and the OpenAPI document come from these schemas. */
import { z } from 'zod';
import { messageStates } from '../../domain/message.ts';
import { isMailbox } from '../smtp/mail-path.ts';

/** Control characters have no place in a header; a line end in one would begin another field. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused.
const oneLine = /^[^\x00-\x1f\x7f\u2028\u2029]*$/;

const line = (most: number) =>
  z.string().max(most).regex(oneLine, { error: 'must be one line without control characters' });

/** An address with the name to show beside it. */
export interface NamedAddress {
  readonly name: string;
  readonly address: string;
}

/** `ada@contoso.com`, or `Ada <ada@contoso.com>`. Whatever could be read in two ways is refused. */
export function readNamedAddress(text: string): NamedAddress | undefined {
  const found = /^\s*(?:([^<>]*?)\s*<([^<>]*)>|([^<>]*))\s*$/.exec(text);
  const address = (found?.[2] ?? found?.[3] ?? '').trim();
  if (!isMailbox(address)) return undefined;
  return { name: (found?.[1] ?? '').replace(/^"(.*)"$/, '$1').replace(/\\(.)/g, '$1'), address };
}

const namedAddress = z
  .union([line(1_000), z.strictObject({ name: line(500).default(''), address: line(320) })], {
    error: 'must be an address, Name <address>, or { name, address }',
  })
  .transform((value, context): NamedAddress => {
    const read = typeof value === 'string' ? readNamedAddress(value) : value;
    if (read && isMailbox(read.address)) return read;
    context.addIssue({ code: 'custom', message: 'must be an address such as ada@contoso.com, or Name <address>' });
    return z.NEVER;
  })
  .describe('`ada@contoso.com`, `Ada <ada@contoso.com>`, or an object with `name` and `address`.');

const addresses = z
  .union([z.array(namedAddress), namedAddress])
  .transform((value): readonly NamedAddress[] => [value].flat())
  .default([]);

/** Fields with a place of their own in the request, and fields that describe the structure of the message. */
const ownFields =
  /^(?:from|sender|to|cc|bcc|reply-to|subject|date|message-id|mime-version|content-.*|received|return-path|resent-.*|dkim-signature|arc-.*)$/i;

/** A field name of RFC 5322 §3.6.8. */
const fieldName = z
  .string()
  .max(76)
  .regex(/^[!-9;-~]+$/, { error: 'must be the name of a header field' })
  .refine((name) => !ownFields.test(name), {
    error: 'cannot be set here; it has a place of its own, or is made by Mailroom',
  });

const attachment = z.strictObject({
  filename: line(255).min(1).describe('Name of the file.'),
  contentType: z
    .string()
    .max(200)
    .regex(/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:;\s*[\w!#$&^.+-]+=(?:[\w!#$&^.+-]+|"[\w !#$&^.+:/-]*"))*$/, {
      error: 'must be a media type such as application/pdf',
    })
    .default('application/octet-stream')
    .describe('Media type.'),
  content: z.base64().describe('The bytes, in base64.'),
  contentId: z
    .string()
    .max(200)
    .regex(/^[\w.!#$%&'*+/=?^`{|}~@-]+$/, { error: 'must be a content id without angle brackets' })
    .optional()
    .describe('For `cid:` links in the HTML.'),
  inline: z.boolean().default(false).describe('Shown in the text and not beside it.'),
});

/** A message as JSON. */
export const jsonMessage = z
  .strictObject({
    from: namedAddress,
    to: addresses.describe('Recipients.'),
    cc: addresses.describe('Recipients of a copy.'),
    bcc: addresses.describe('Recipients that no other recipient sees. They stand in the envelope alone.'),
    replyTo: addresses.describe('Where answers go.'),
    subject: line(2_000).default('').describe('Subject.'),
    text: z.string().optional().describe('The body as plain text.'),
    html: z.string().optional().describe('The body as HTML.'),
    headers: z
      .record(fieldName, line(10_000))
      .default({})
      .describe('More header fields, such as `In-Reply-To`, `List-Unsubscribe` or `X-Ticket`.'),
    attachments: z.array(attachment).max(1_000).default([]),
    priority: z.enum(['high', 'normal', 'low']).optional().describe('Never above the priority of the client.'),
  })
  .meta({ id: 'Message' });

export type JsonMessage = z.output<typeof jsonMessage>;

const queryAddress = line(320).refine(isMailbox, { error: 'must be an address such as ada@contoso.com' });

/** The envelope of a ready message. */
export const envelopeQuery = z.strictObject({
  from: z.union([z.literal(''), queryAddress], { error: 'must be an address, or empty for a notice' }),
  to: z
    .union([queryAddress, z.array(queryAddress).min(1)], { error: 'must be an address; repeat it for more' })
    .transform((value): readonly string[] => [value].flat()),
  priority: z.enum(['high', 'normal', 'low']).optional(),
});

export const idempotencyKey = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[\x21-\x7e]+$/, { error: 'must be 1 to 255 printable ASCII characters without spaces' });

/** The answer to an accepted message. */
export const acceptedAnswer = z
  .strictObject({
    id: z.string().describe('Id of the message.'),
    statusUrl: z.string().describe('Where its fate can be asked for.'),
  })
  .meta({ id: 'Accepted' });

const time = z.iso.datetime();

/** The fate of a message. */
export const statusAnswer = z
  .strictObject({
    id: z.string(),
    state: z.enum(messageStates).describe('`sent`, `failed` and `cancelled` are final.'),
    acceptedAt: time,
    changedAt: time.describe('When the state last changed.'),
    nextAttemptAt: time.optional().describe('For `queued`.'),
    expiresAt: time.describe('When it is given up. Stands still while the way out is paused.'),
    priority: z.enum(['high', 'normal', 'low']),
    subject: z.string(),
    messageId: z.string(),
    size: z.int().describe('Bytes.'),
    from: z.string().describe('Envelope sender; empty for a notice.'),
    recipients: z.array(z.string()),
    attempts: z.array(
      z.strictObject({
        number: z.int(),
        startedAt: time,
        finishedAt: time.optional(),
        durationMs: z.number().optional(),
        outcome: z.enum(['sent', 'deferred', 'failed', 'uncertain']).optional().describe('Absent while it runs.'),
        fault: z.string().optional().describe('Code of the error catalogue.'),
        status: z.int().optional().describe('What the service answered.'),
        code: z.string().optional(),
        message: z.string().optional(),
        requestId: z.string().optional().describe("Microsoft's `request-id`."),
        clientRequestId: z.string(),
        notes: z.array(z.string()).describe('What was changed or left out on the way.'),
      }),
    ),
    events: z.array(z.strictObject({ at: time, kind: z.string(), by: z.string(), detail: z.string().optional() })),
  })
  .meta({ id: 'Status' });

export type StatusAnswer = z.output<typeof statusAnswer>;

/** RFC 9457, with the code of the error catalogue. */
export const problem = z
  .strictObject({
    type: z.string().describe('Page of the error catalogue.'),
    title: z.string(),
    status: z.int(),
    code: z.string().describe('Stable code of the error catalogue.'),
    detail: z.string().optional(),
    errors: z
      .array(z.strictObject({ pointer: z.string().describe('JSON pointer (RFC 6901).'), detail: z.string() }))
      .optional()
      .describe('What is wrong with which field.'),
  })
  .meta({ id: 'Problem' });

export type Problem = z.output<typeof problem>;
