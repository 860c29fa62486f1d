/**
 * The state file: the tenants' directories and the certificate authority, kept from one start to the next. It holds
 * practice secrets and a private key, hence mode 0600; it is written whole beside the old one, which it then replaces, so
 * that a crash leaves one or the other.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { z } from 'zod';
import { directoryStateSchema } from '../directory/directory-state.ts';
import { SeedError } from './seed.ts';

const stateSchema = z.object({
  format: z.literal(1),
  authority: z.object({ caPem: z.string(), privateKeyPem: z.string() }),
  tenants: z.array(directoryStateSchema).min(1),
});
export type KeptState = z.infer<typeof stateSchema>;

/** What was kept, or undefined when there is no such file yet. @throws SeedError when it cannot be read as a state */
export function readState(file: string): KeptState | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return stateSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : error instanceof Error ? error.message : error;
    throw new SeedError(`${file} is not a state of the practice tenant (${why}). Move it away to begin anew.`);
  }
}

export function writeState(file: string, state: KeptState): void {
  const fresh = `${file}.new`;
  const handle = openSync(fresh, 'w', 0o600);
  try {
    writeSync(handle, `${JSON.stringify(state)}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(fresh, file);
}
