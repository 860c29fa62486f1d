/** `mailroom credential csr`: a key that never leaves this machine, and the request that an authority signs. */
import { writeFileSync } from 'node:fs';
import { nextPlaceOf } from '../../connector-credential.ts';
import { createCertificateRequest } from '../../microsoft/app-certificate.ts';
import { chosenRegistration } from '../chosen-connector.ts';
import { type CommandContext, type CommonOptions, readConfig } from '../context.ts';
import { CommandError } from '../exit-codes.ts';

export interface RequestOptions extends CommonOptions {
  readonly connector?: string;
  readonly subject: string;
  readonly output?: string;
}

export async function requestCertificate(context: CommandContext, options: RequestOptions): Promise<void> {
  const { config } = readConfig(context, options);
  const connector = chosenRegistration(config, options.connector);
  const { credential } = connector;
  if (credential.kind !== 'certificate')
    throw new CommandError(
      'config',
      `The connector ${connector.name} has no certificate in the configuration. Write certificate: { certificate: { vault: app.crt }, key: { vault: app.key } } in place of its ${credential.kind === 'secret' ? 'secret' : 'credential'}; it goes on with what it has until its next start.`,
    );
  const { requestPem, privateKeyPem } = await createCertificateRequest(options.subject);
  nextPlaceOf(credential.key).write(privateKeyPem);
  if (options.output === undefined) return context.out.write(`${requestPem}\n`);
  writeFileSync(options.output, `${requestPem}\n`);
  context.out.write(
    `The request stands in ${options.output}; its key waits here. Let your authority sign it for client authentication, then:\n  mailroom credential install <the certificate>\n`,
  );
}
