/**
 * What an automatic set-up has done so far: enough to go on where it stopped, and to take it back. It holds no secret: a
 * credential stands in a file of its own, and the administrator's token nowhere.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { z } from 'zod';

const stateSchema = z.strictObject({
  format: z.literal(1),
  tenantId: z.string(),
  /** Object id and client id of the app registration. */
  application: z.strictObject({ id: z.string(), appId: z.string() }).optional(),
  servicePrincipalId: z.string().optional(),
  credential: z
    .strictObject({
      kind: z.enum(['certificate', 'secret']),
      /** The certificate and its key, or the secret. */
      kept: z.array(z.union([z.strictObject({ file: z.string() }), z.strictObject({ vault: z.string() })])),
      endsAt: z.number(),
    })
    .optional(),
  roleRequired: z.boolean().optional(),
  roleGranted: z.boolean().optional(),
  /** The app owns its registration, so that it may renew its client secret. */
  isOwner: z.boolean().optional(),
  configurationFile: z.string().optional(),
});
export type SetupState = z.infer<typeof stateSchema>;

/** What was done before, if anything. @throws Error when the file is no such state */
export function readSetupState(file: string): SetupState | undefined {
  if (!existsSync(file)) return undefined;
  const read = stateSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (read.success) return read.data;
  throw new Error(`${file} is not the record of a set-up. Move it away to begin anew.`);
}

/** Written after each step, whole, beside the old one: a crash leaves the one or the other. */
export function writeSetupState(file: string, state: SetupState): void {
  const handle = openSync(`${file}.new`, 'w', 0o600);
  try {
    writeSync(handle, `${JSON.stringify(state, undefined, 2)}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(`${file}.new`, file);
}
