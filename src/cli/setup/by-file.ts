/** The way by file: what an administrator was given, pasted or from files; checked, written as a connector, and proven. */
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { checkConnector, conclusion } from '../check.ts';
import type { CommandContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
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
  const file = writeConnector(draft, options, folder, openSecretKeeping(context, options));
  out.write(`The connector stands in ${file}. What holds of it:\n`);
  const forbidden = options.forbidden === undefined ? [] : [options.forbidden];
  const reports = await checkConnector(out, connector, { send: false, forbidden, waitMs: 0 });
  out.write(`\n${conclusion(reports)}\n`);
  if (reports.some(({ state }) => state === 'fail')) context.exitCode = exitCodes.bad[0];
}

async function credentialOf(
  context: CommandContext,
  { certificate, key, secretFile }: SetupOptions,
): Promise<ConnectorDraft['credential']> {
  if (certificate !== undefined)
    return {
      kind: 'certificate',
      certificate: readNamed(certificate, '--certificate'),
      key: readNamed(required(key, '--key, the PEM file with the private key of the certificate'), '--key'),
    };
  if (secretFile === undefined) return { kind: 'secret', secret: await pastedSecret(context) };
  return { kind: 'secret', secret: readNamed(secretFile, '--secret-file') };
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
