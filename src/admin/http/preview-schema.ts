/** What a preview says, apart from how it is made: its libraries are read by the thread that makes one. */
import { z } from 'zod';

/** Larger messages are for downloading, bytes. */
export const largestPreview = 10 * 1024 * 1024;

export const previewSchema = z.object({
  subject: z.string(),
  from: z.string(),
  to: z.string(),
  cc: z.string(),
  date: z.string(),
  headers: z.array(z.object({ name: z.string(), value: z.string() })),
  text: z.string(),
  hasHtml: z.boolean(),
  /** Pictures and styles of other hosts that were left out. */
  blocked: z.number(),
  attachments: z.array(z.object({ name: z.string(), type: z.string(), bytes: z.number() })),
});
