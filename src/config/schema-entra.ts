/** Sign-in to the console with Entra. */
import { z } from 'zod';
import { clientId, cloud } from './schema-connector-microsoft.ts';
import { caFile } from './schema-connector-parts.ts';
import { secret } from './schema-values.ts';
import { isGuid, type SecretSurroundings } from './secret.ts';

export function entraSignIn(surroundings: SecretSurroundings) {
  return z.strictObject({
    cloud: cloud().default('global').describe('Which Microsoft cloud the tenant belongs to.'),
    tenantId: z
      .string()
      .trim()
      .refine(isGuid, { error: 'must be the Directory (tenant) ID, a GUID, from Overview of the app registration.' })
      .describe('Directory (tenant) ID; people of no other tenant get in.'),
    oauthClientId: clientId().describe(
      'Application (client) ID of an app registration of its own, with the app roles Administrator, Operator and Viewer.',
    ),
    secret: secret(surroundings).describe('Client secret of that app registration.'),
    caFile: caFile(surroundings),
  });
}
