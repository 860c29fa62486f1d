/**
 * What an automatic set-up has done so far: enough to go on where it stopped, and to take it back. It holds no secret: a
 * credential stands in a file of its own, and the administrator's token nowhere.
 */
import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { z } from 'zod';
import { readRecord } from '../record-file.ts';

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
  /** Permissions beside Mail.Send that are listed in the registration, and that are granted. */
  furtherRequired: z.array(z.string()).optional(),
  furtherGranted: z.array(z.string()).optional(),
  /** The app owns its registration, so that it may renew its client secret. */
  isOwner: z.boolean().optional(),
  configurationFile: z.string().optional(),
});
export type SetupState = z.infer<typeof stateSchema>;

/** What was done before, if anything. @throws DamagedRecordError */
export function readSetupState(file: string): SetupState | undefined {
  return readRecord(
    file,
    stateSchema,
    'Move it away to begin anew; the app registration that it told of stays in the tenant, and can be deleted there.',
  );
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
