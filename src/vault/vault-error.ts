/** Why the vault did not do what was asked. Its message is one sentence for people and holds no secret. */

export type VaultFault =
  /** The key has no place, cannot be read, or is no key. */
  | 'no-key'
  /** The vault was sealed with another key. */
  | 'wrong-key'
  /** The file or an entry in it is not what was written. */
  | 'damaged'
  | 'no-entry'
  | 'bad-name'
  | 'too-long'
  /** The file cannot be read or written. */
  | 'unreadable'
  /** Another process holds the vault and does not let go. */
  | 'busy';

export class VaultError extends Error {
  readonly fault: VaultFault;
  constructor(fault: VaultFault, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.name = 'VaultError';
    this.fault = fault;
  }
}

/** The code of a failed file operation, or its words. */
export function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
