/** What a connector to Microsoft proves itself with: exactly one of the keys that may hold it. */
import { z } from 'zod';
import { pem, refuse, secret } from './schema-values.ts';
import { isGuid, type SecretSurroundings } from './secret.ts';

export const credentialKeys = (surroundings: SecretSurroundings) => ({
  secret: secret(surroundings, (value) =>
    isGuid(value)
      ? 'is a GUID, which is the ID of a client secret and not its value. In Entra, Certificates & secrets: copy Value, not Secret ID; it is shown only right after the secret was made, so make a new one if it has gone.'
      : undefined,
  )
    .optional()
    .describe('Public Key (secret): the value of the client secret.'),
  certificate: z
    .strictObject({
      certificate: pem(surroundings).describe(
        'PEM file with the certificate that the app registration holds, or { vault: name }.',
      ),
      key: pem(surroundings).describe('PEM file with its private key, readable by Mailroom alone, or { vault: name }.'),
    })
    .optional()
    .describe('A certificate in place of the secret; the better choice.'),
});

type Issues = Parameters<typeof refuse>[0];

/** One credential out of the keys that may hold one. */
export function withCredential<Secret, Certificate extends object, Rest extends object>(
  {
    secret: value,
    certificate,
    ...rest
  }: Rest & { secret?: Secret | undefined; certificate?: Certificate | undefined },
  context: Issues,
) {
  if (value !== undefined && certificate === undefined)
    return { ...rest, credential: { kind: 'secret', secret: value } as const };
  if (certificate !== undefined && value === undefined)
    return { ...rest, credential: { kind: 'certificate', ...certificate } as const };
  refuse(
    context,
    certificate === undefined
      ? 'is missing: the connector has no credential. Add secret (the value of the client secret) or certificate.'
      : 'stands beside certificate. Keep one of the two.',
    ['secret'],
  );
  return z.NEVER;
}
