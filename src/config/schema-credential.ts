/** What a connector to Microsoft proves itself with: exactly one of the keys that may hold it. */
import { z } from 'zod';
import { type IdentityEndpoint, identityEndpointOf } from './identity-endpoint.ts';
import { address, count, duration, path, pem, refuse, secret } from './schema-values.ts';
import { isGuid, type Secret, type SecretSurroundings } from './secret.ts';
import type { TextPlace } from './text-place.ts';

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
  federated: z
    .strictObject({
      tokenFile: path(surroundings)
        .optional()
        .describe(
          'File in which the platform puts its token, read anew for each token of Entra. Default: what AZURE_FEDERATED_TOKEN_FILE names.',
        ),
    })
    .transform(({ tokenFile = surroundings.env['AZURE_FEDERATED_TOKEN_FILE'] }, context) => {
      if (tokenFile) return { tokenFile };
      refuse(
        context,
        'is missing, and AZURE_FEDERATED_TOKEN_FILE is not set either. Name the file in which the platform puts its token.',
        ['tokenFile'],
      );
      return z.NEVER;
    })
    .optional()
    .describe(
      'A federated credential (workload identity) in place of the secret: nothing to keep and nothing to renew.',
    ),
  managedIdentity: z
    .strictObject({
      clientId: z
        .string()
        .refine(isGuid, {
          error: 'must be the Client ID of a user-assigned identity, a GUID; leave it out for the system-assigned one.',
        })
        .optional()
        .describe('Client ID of a user-assigned identity. Default: the system-assigned one of the machine.'),
      endpoint: z
        .string()
        .regex(/^http:\/\/[^/\s]+$/, { error: 'must be an origin such as http://169.254.169.254.' })
        .optional()
        .describe(
          'Origin of the instance metadata service. Default: what the platform says, else http://169.254.169.254.',
        ),
    })
    .transform(({ clientId, endpoint }) => ({
      ...(clientId === undefined ? {} : { clientId }),
      endpoint: identityEndpointOf(surroundings.env, endpoint),
    }))
    .optional()
    .describe('The managed identity of a machine in Azure in place of the secret; oauthClientId is its client ID.'),
});

/** When and how the server renews the credential by itself, where it may. */
export const renewal = () =>
  z.strictObject({
    automatic: z.boolean().default(true).describe('Renew it without being asked, where the app may.'),
    before: duration(3_600_000).prefault('30 d').describe('How long before its end it is renewed.'),
    days: count(1, 730)
      .default(365)
      .describe('Days that a new one is good for; fewer where the credential policy of the tenant says so.'),
    removeAfter: duration()
      .prefault('2 d')
      .describe('How long the old one stays beside the new one, for servers that share it.'),
    proofTo: address()
      .optional()
      .describe('Who gets the message that proves a new one. Default: the system account itself.'),
    endsOn: z.iso
      .date({ error: 'must be the date in the column Expires of the portal, such as 2028-11-24.' })
      .transform((text) => Date.parse(text))
      .optional()
      .describe(
        'Day on which a client secret ends, as the portal shows it: for an app that may not look there itself.',
      ),
    objectId: z
      .string()
      .refine(isGuid, { error: 'must be the Object ID of the app registration, a GUID, from its Overview.' })
      .optional()
      .describe(
        'Object ID of the app registration: with it an app renews its certificate that may not read its registration.',
      ),
  });

type Issues = Parameters<typeof refuse>[0];
type Keys = {
  readonly [Key in keyof ReturnType<typeof credentialKeys>]?: z.output<ReturnType<typeof credentialKeys>[Key]>;
};

export type CredentialConfig =
  | { readonly kind: 'secret'; readonly secret: Secret }
  | { readonly kind: 'certificate'; readonly certificate: TextPlace; readonly key: TextPlace }
  | { readonly kind: 'federated'; readonly tokenFile: string }
  | { readonly kind: 'managed-identity'; readonly clientId?: string; readonly endpoint: IdentityEndpoint };

/** One credential out of the keys that may hold one. */
export function withCredential<Rest extends object>(
  { secret: value, certificate, federated, managedIdentity, ...rest }: Rest & Keys,
  context: Issues,
) {
  const named = Object.entries({ secret: value, certificate, federated, managedIdentity })
    .filter(([, each]) => each !== undefined)
    .map(([key]) => key);
  const [first, second] = named;
  if (first !== undefined && second !== undefined) {
    refuse(context, `stands beside ${second}. Keep one of the two.`, [first]);
    return z.NEVER;
  }
  const credential = ((): CredentialConfig | undefined => {
    if (value !== undefined) return { kind: 'secret', secret: value };
    if (certificate !== undefined) return { kind: 'certificate', ...certificate };
    if (federated !== undefined) return { kind: 'federated', ...federated };
    if (managedIdentity !== undefined) return { kind: 'managed-identity', ...managedIdentity };
    return undefined;
  })();
  if (credential) return { ...rest, credential };
  refuse(
    context,
    'is missing: the connector has no credential. Add secret (the value of the client secret), certificate, federated or managedIdentity.',
    ['secret'],
  );
  return z.NEVER;
}
