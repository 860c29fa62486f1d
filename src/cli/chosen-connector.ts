/** The connector that a command is about: the one that was named, or the first that can be meant. */
import type { Config, MicrosoftConnectorConfig } from '../config/schema.ts';
import { CommandError } from './exit-codes.ts';

/** @throws CommandError when there is none of this name, or it is a smart host, which knows no app registration. */
export function chosenRegistration(config: Config, wanted: string | undefined): MicrosoftConnectorConfig {
  const found = config.connectors.find(({ name, kind }) => (wanted === undefined ? kind !== 'smtp' : name === wanted));
  if (!found)
    throw new CommandError(
      'usage',
      wanted === undefined
        ? 'The configuration has no connector to Microsoft 365.'
        : `The configuration has no connector ${wanted}.`,
    );
  if (found.kind === 'smtp')
    throw new CommandError(
      'usage',
      `The connector ${found.name} is a smart host, without an app registration. Name another.`,
    );
  return found;
}
