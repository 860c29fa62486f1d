/** A number of minutes as an option has it. */
import { InvalidArgumentError } from 'commander';

/** Up to a day. @throws InvalidArgumentError */
export function minutes(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1440))
    throw new InvalidArgumentError('It must be a number of minutes, up to 1440.');
  return value;
}
