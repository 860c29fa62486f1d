/** Times as options have them. */
import { InvalidArgumentError } from 'commander';

/** Up to a day. @throws InvalidArgumentError */
export function minutes(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1440))
    throw new InvalidArgumentError('It must be a number of minutes, up to 1440.');
  return value;
}

/** Up to an hour. @throws InvalidArgumentError */
export function seconds(text: string): number {
  const value = Number(text);
  if (!(value >= 1 && value <= 3600)) throw new InvalidArgumentError('It must be a number of seconds, from 1 to 3600.');
  return value;
}
