/** `mailroom credential install`: a certificate that an authority has signed comes into use. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { MicrosoftConnectorConfig } from '../../config/schema.ts';
import { credentialOf, keepingOf, nextPlaceOf } from '../../connector-credential.ts';
import type { RenewableCredential } from '../../setup/renewal/registration.ts';
import type { NewCertificate } from '../../setup/renewal/renew-credential.ts';
import { chosenRegistration } from '../chosen-connector.ts';
import { type CommandContext, readConfig } from '../context.ts';
import { CommandError } from '../exit-codes.ts';
import { type SigningInOptions, switchCredential } from './renew.ts';

export interface InstallOptions extends SigningInOptions {
  readonly registered?: boolean;
}

export async function installCertificate(
  context: CommandContext,
  options: InstallOptions,
  file: string,
): Promise<void> {
  const { config } = readConfig(context, options);
  const connector = chosenRegistration(config, options.connector);
  const { credential } = connector;
  if (credential.kind !== 'certificate')
    throw new CommandError('config', `The connector ${connector.name} has no certificate in the configuration.`);
  const keeping = keepingOf(connector);
  if ('why' in keeping) throw new CommandError('config', keeping.why);
  const given = readGiven(file, credential);
  const old = existing(connector);
  const keep = (made: RenewableCredential) => {
    keeping.keep(made);
    nextPlaceOf(credential.key).remove();
  };
  await switchCredential(context, options, {
    config,
    connector,
    days: 0,
    keep,
    given: { ...given, isRegistered: options.registered ?? false },
    ...(old ? { old } : {}),
  });
}

function readGiven(
  file: string,
  { key }: Extract<MicrosoftConnectorConfig['credential'], { kind: 'certificate' }>,
): Omit<NewCertificate, 'isRegistered'> {
  const certificatePem = read(() => readFileSync(file, 'utf8'), `${file} cannot be read`);
  const privateKeyPem = read(
    () => nextPlaceOf(key).read(),
    'There is no key that waits for a certificate. Make it with its request: mailroom credential csr',
  );
  const certificate = read(
    () => new X509Certificate(certificatePem),
    `${file} is no certificate in PEM (-----BEGIN CERTIFICATE-----)`,
  );
  if (!certificate.checkPrivateKey(createPrivateKey(privateKeyPem)))
    throw new CommandError(
      'usage',
      `The certificate in ${file} does not belong to the key of the last request. Install the one that was signed for it, or make a new request.`,
    );
  const endsAt = certificate.validToDate.getTime();
  if (endsAt < Date.now()) throw new CommandError('usage', `The certificate in ${file} has ended already.`);
  return { certificatePem, privateKeyPem, endsAt };
}

function read<T>(reading: () => T, sentence: string): T {
  try {
    return reading();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError('usage', `${sentence} (${why}).`, { cause: error });
  }
}

/** The first certificate of a connector has none before it. */
function existing(connector: MicrosoftConnectorConfig): RenewableCredential | undefined {
  try {
    const credential = credentialOf(connector);
    return credential.kind === 'certificate' ? credential : undefined;
  } catch {
    return undefined;
  }
}
