/** A file that an option names. */
import { readFileSync } from 'node:fs';
import { CommandError } from './exit-codes.ts';

/** @throws CommandError naming the option */
export function readNamed(file: string, option: string, encoding: 'utf8' | 'latin1' = 'utf8'): string {
  try {
    return readFileSync(file, encoding);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError('usage', `${file} cannot be read (${why}). Correct ${option}.`);
  }
}
