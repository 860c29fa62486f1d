/**
 * What the load generator is told and what it reports: the two ends of its process, as schemas.
 */
import { z } from 'zod';

export const loadPlan = z.strictObject({
  port: z.int().positive(),
  sessions: z.int().positive(),
  /** Size of each message, header and all, in bytes. */
  bytes: z.int().min(400),
  /** `kept`: a session sends message after message. `new`: each message has a connection of its own. */
  connections: z.enum(['kept', 'new']),
  /** STARTTLS before the first message of each connection. */
  startTls: z.boolean().default(false),
  /** AUTH PLAIN with these. */
  auth: z.strictObject({ user: z.string(), password: z.string() }).optional(),
  /** Send MAIL, RCPT and DATA in one write. Off: each waits for the reply to the one before, as most clients do. */
  pipelining: z.boolean().default(false),
  mailFrom: z.string(),
  rcptTo: z.string(),
  /** By HTTPS and not by SMTP, on kept connections: the message as it is, or as JSON with a text of that size. */
  http: z.strictObject({ form: z.enum(['mime', 'json']), apiKey: z.string() }).optional(),
  /** Not counted: caches warm, sessions up. */
  warmUpMs: z.int().nonnegative(),
  measureMs: z.int().positive(),
  /** Stop after so many messages, warm-up included, whatever the time. */
  maxMessages: z.int().positive().optional(),
});

export type LoadPlan = z.infer<typeof loadPlan>;

export const loadReport = z.strictObject({
  /** Messages answered 250 in the measured time. */
  accepted: z.int(),
  /** Messages answered 250 in all, the warm-up and the stragglers after the end included. */
  acceptedInAll: z.int(),
  /** When the measured part began, in ms since the epoch, with fractions. */
  startedAt: z.number(),
  /** ms that the measured part took. */
  elapsedMs: z.number(),
  messagesPerSecond: z.number(),
  /** From the first byte of a message's first command (on a new connection: from the connect) to its 250. */
  p50Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
  /** µs of CPU that the generator took for one message: when this nears one core, the generator is what was measured. */
  generatorCpuMicros: z.number().nullable(),
  /** The first thing that went wrong, in words. Nothing may. */
  failure: z.string().nullable(),
});

export type LoadReport = z.infer<typeof loadReport>;
