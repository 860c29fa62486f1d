/** A code of the catalogue with what it means and what to do. */
import { z } from 'zod';
import { catalogueRow, isFaultCode } from '../../domain/catalogue.ts';

export const faultSchema = z.object({ code: z.string(), meaning: z.string(), remedy: z.string() });

/** What an administrator reads about a code. A code that a newer Mailroom has put on record has no row here. */
export function faultView(code: string): z.output<typeof faultSchema> {
  if (!isFaultCode(code)) return { code, meaning: '', remedy: '' };
  const { meaning, remedy } = catalogueRow(code);
  return { code, meaning, remedy };
}
