/**
 * A sample request of Microsoft's documentation, as the files beside this one write it. Address, method, fields, status and
 * the shape of the answer are the page's; the values are contoso's. `{name}` in any text stands for something that the
 * tenant was given, or that an earlier sample of the same file kept.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const texts = z.record(z.string(), z.string());
const sampleSchema = z.strictObject({
  name: z.string(),
  /** The page of the documentation. */
  page: z.url(),
  /** `POST /users/{sender}/sendMail`; `login/…` is the sign-in host, and a kept address stands by itself. */
  request: z.string().regex(/^(?:GET|POST|PATCH|PUT|DELETE) \S+/),
  /** Whose token goes along. */
  as: z.enum(['app', 'admin', 'nobody']).default('app'),
  headers: texts.default({}),
  json: z.unknown().optional(),
  form: texts.optional(),
  text: z.string().optional(),
  /** A text that goes out as base64. */
  base64: z.string().optional(),
  /** The administrator opens the address and accepts what it asks; the answer is the parameters of the address where that ends. */
  ends: z.literal(true).optional(),
  /** The administrator enters this code at the address. */
  enters: z.string().optional(),
  status: z.int(),
  /** What the answer holds at least; `*` is anything but nothing. */
  holds: z.unknown().optional(),
  /** Headers of the answer. */
  answers: texts.default({}),
  /** Name → where it stands in the answer: `id`, `value.0.id`, or `header location`. */
  keep: texts.default({}),
});
export type Sample = z.infer<typeof sampleSchema>;

/** All samples, by the file that they stand in. @throws Error for a file that is not as written above */
export function readSamples(): { readonly file: string; readonly samples: readonly Sample[] }[] {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.yaml'));
  return files.sort().map((name) => {
    const read = z.array(sampleSchema).safeParse(parse(readFileSync(join(import.meta.dirname, name), 'utf8')));
    if (!read.success) throw new Error(`${name} holds no samples: ${z.prettifyError(read.error)}`);
    return { file: basename(name, '.yaml'), samples: read.data };
  });
}
