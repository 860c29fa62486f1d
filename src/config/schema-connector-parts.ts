/** What connectors of every kind have. */
import { z } from 'zod';
import { address, count, name, path, size } from './schema-values.ts';
import type { SecretSurroundings } from './secret.ts';

interface LimitDefaults {
  readonly concurrency: number;
  readonly messagesPerMinute: number;
  readonly recipientsPerDay: number;
}

/** What Microsoft documents for one application and one mailbox; the same numbers as `documentedLimits` of the queue. */
export const limits = (standard: LimitDefaults) =>
  z
    .union(
      [
        z.literal('unlimited'),
        z.strictObject({
          concurrency: count(1, 1_000).default(standard.concurrency).describe('Requests or connections at a time.'),
          messagesPerMinute: count().default(standard.messagesPerMinute).describe('Messages in any minute.'),
          requestsPer10Minutes: count().default(10_000).describe('Requests in any ten minutes.'),
          uploadBytesPer5Minutes: size()
            .prefault('150 MiB')
            .describe('Bytes of requests in any five minutes, base64 included.'),
          recipientsPerDay: count().default(standard.recipientsPerDay).describe('Recipients in any 24 hours.'),
        }),
      ],
      { error: 'must be unlimited, or a group of limits.' },
    )
    .describe('Limits for each sending mailbox.');

export const connectorName = () =>
  name().default('default').describe('Name of the connector in routes, logs and metrics.');

export const userName = () => address().describe('User Name: the system account, the mailbox that sends.');

export const uncertainRule = () =>
  z
    .enum(['retry', 'hold'])
    .default('retry')
    .describe(
      'Mail of which nobody knows whether it was sent: send again under the same Message-ID, or wait for a person.',
    );

export const caFile = (surroundings: SecretSurroundings) =>
  path(surroundings)
    .optional()
    .describe(
      'PEM file with certificate authorities to trust besides the usual ones: a proxy that looks into TLS, or a practice tenant.',
    );
