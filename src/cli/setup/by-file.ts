/** The way by file: what an administrator was given, pasted or from files; checked, written as a connector, and proven. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { whyNoToken } from '../../check-connector.ts';
import type { MicrosoftConnectorConfig } from '../../config/schema.ts';
import { checkConnector, conclusion } from '../check.ts';
import type { CommandContext } from '../context.ts';
import { CommandError, exitCodes } from '../exit-codes.ts';
import { readNamed } from '../named-file.ts';
import { type ConnectorDraft, readConnector, writeConnector } from './connector-file.ts';
import { openSecretKeeping } from './secret-keeping.ts';
import { required, type SetupOptions } from './setup-options.ts';

export async function setUpByFile(context: CommandContext, options: SetupOptions): Promise<void> {
  const { out } = context;
  const draft: ConnectorDraft = {
    clientId: required(options.clientId, '--client-id, the Application (client) ID'),
    tenantId: required(options.tenant, '--tenant, the Directory (tenant) ID'),
    userName: required(options.userName, '--user-name, the system account'),
    credential: await credentialOf(context, options),
  };
  const folder = resolve(options.folder);
  const connector = readConnector(draft, options, folder);
  await proveBeforeReplacing(connector, draft, join(folder, 'connector.yaml'));
  const file = writeConnector(draft, options, folder, openSecretKeeping(context, options));
  out.write(`The connector stands in ${file}. What holds of it:\n`);
  const forbidden = options.forbidden === undefined ? [] : [options.forbidden];
  const reports = await checkConnector(out, connector, { send: false, forbidden, waitMs: 0 });
  out.write(`\n${conclusion(reports)}\n`);
  if (reports.some(({ state }) => state === 'fail')) context.exitCode = exitCodes.bad[0];
}

/** A connector that stands already sends: what takes its place must get a token first. @throws CommandError */
async function proveBeforeReplacing(
  connector: MicrosoftConnectorConfig,
  { credential }: ConnectorDraft,
  file: string,
): Promise<void> {
  if (!existsSync(file)) return;
  const why = await whyNoToken(connector);
  if (why === undefined) return;
  const what = credential.kind === 'secret' ? 'The client secret' : 'The certificate';
  throw new CommandError('bad', `${what} is not proven, and the connector in ${file} stays as it was: ${why}`);
}

async function credentialOf(
  context: CommandContext,
  { certificate, key, secretFile }: SetupOptions,
): Promise<ConnectorDraft['credential']> {
  if (certificate !== undefined) {
    const pair = {
      certificate: readNamed(certificate, '--certificate'),
      key: readNamed(required(key, '--key, the PEM file with the private key of the certificate'), '--key'),
    };
    checkPair(pair);
    return { kind: 'certificate', ...pair };
  }
  const secret = secretFile === undefined ? await pastedSecret(context) : readNamed(secretFile, '--secret-file');
  if (secret.trim() === '')
    throw new CommandError(
      'usage',
      secretFile === undefined
        ? 'No secret came. Paste the Value of the client secret when it is asked for, or name a file that holds it (--secret-file).'
        : `${secretFile} is empty. Put the Value of the client secret into it.`,
    );
  return { kind: 'secret', secret };
}

/** @throws CommandError when the two could prove nothing */
function checkPair({ certificate, key }: { readonly certificate: string; readonly key: string }): void {
  const read = <T>(reading: () => T, option: string, begin: string): T => {
    try {
      return reading();
    } catch {
      throw new CommandError('usage', `${option} is no PEM text that can be read: it begins with ${begin}.`);
    }
  };
  const parsed = read(() => new X509Certificate(certificate), '--certificate', '-----BEGIN CERTIFICATE-----');
  const privateKey = read(() => createPrivateKey(key), '--key', '-----BEGIN PRIVATE KEY----- and has no passphrase');
  if (!parsed.checkPrivateKey(privateKey))
    throw new CommandError('usage', 'The key in --key is not that of the certificate in --certificate.');
}

/** From standard input and not from an option: what is typed as an option stands in the list of processes. */
async function pastedSecret({ stdin, out }: CommandContext): Promise<string> {
  out.write('Paste the Value of the client secret, and press Enter: ');
  const lines = createInterface({ input: stdin });
  const line = await new Promise<string>((tell) => {
    lines.once('line', tell);
    lines.once('close', () => tell(''));
  });
  lines.close();
  out.write('\n');
  return line;
}
