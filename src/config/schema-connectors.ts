/**
 * Connectors: the ways out. Each kind has the keys that it needs, and no others. `oauthClientId`, `tenantId`, `userName` and
 * `secret` are the four fields that an administrator fills in, under the names that the set-up manuals of other products use.
 */
import { z } from 'zod';
import { graphConnector, smtpOauthConnector } from './schema-connector-microsoft.ts';
import { smtpConnector } from './schema-connector-smtp.ts';
import type { SecretSurroundings } from './secret.ts';

export function connector(surroundings: SecretSurroundings) {
  return z.discriminatedUnion('kind', [
    graphConnector(surroundings),
    smtpOauthConnector(surroundings),
    smtpConnector(surroundings),
  ]);
}
