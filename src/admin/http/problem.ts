/** Refusals of the console's interface, as problem details (RFC 9457). */
import { z } from 'zod';
import { catalogueRow, type Fault, FaultError } from '../../domain/catalogue.ts';

export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  code: z.string(),
  detail: z.string().optional(),
  remedy: z.string(),
  /** What is wrong with single values, each going on after its name. */
  fields: z.array(z.object({ field: z.string(), sentence: z.string() })).optional(),
});

export type Problem = z.output<typeof problemSchema>;

/** The problem that tells of a fault; its `detail` is for the log and stays there. */
export function problemOf({ code, text }: Fault): Problem {
  const row = catalogueRow(code);
  return {
    type: `/docs/reference/errors.md#${code}`,
    title: row.text,
    status: row.http ?? 400,
    code,
    ...(text === undefined ? {} : { detail: text }),
    remedy: row.remedy,
  };
}

/** The fault behind whatever was thrown. */
export function faultOf(error: unknown): Fault {
  if (error instanceof FaultError) return error.fault;
  if (error instanceof z.ZodError) {
    const [first] = error.issues;
    return { code: 'request-invalid', text: `${first?.path.join('.') ?? ''} ${first?.message ?? ''}`.trim() };
  }
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status < 500) return { code: 'request-invalid', text: 'The request cannot be read.' };
  return { code: 'internal-error', detail: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
