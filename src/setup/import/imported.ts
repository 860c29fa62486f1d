/**
 * What the settings of another program become: a configuration of Mailroom, and in words what could not be carried. No
 * secret is carried: the configuration names a variable, and the list says which value belongs into it.
 */
import { z } from 'zod';

export interface Imported {
  /** The configuration, as it is written into YAML. */
  readonly configuration: {
    readonly smtp?: readonly object[];
    readonly clients?: readonly object[];
    readonly connectors: readonly object[];
    readonly hostname?: string;
  };
  /** What is still to be done, in the order in which to do it. */
  readonly todo: readonly string[];
  /** What the other program did and this configuration does not, with the reason where there is one. */
  readonly notCarried: readonly string[];
}

/** The file is not what it was said to be; the message says what is wrong and where. */
export class ImportError extends Error {}

/** Stands where the other program knew nothing of it; refused by `mailroom config check` until it is filled in. */
export const fillIn = {
  clientId: 'FILL IN: Application (client) ID',
  tenantId: 'FILL IN: Directory (tenant) ID',
} as const;

export const registerFirst =
  'Register an app in Entra (mailroom setup does it), and put its Application (client) ID and Directory (tenant) ID into the connector.';

const address = z.string().regex(/^[^\s@,;<>()]+@[^\s@,;<>()]+$/);

export function isAddress(text: string | undefined): text is string {
  return address.safeParse(text).success;
}
